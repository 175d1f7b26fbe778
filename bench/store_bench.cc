// What one write costs in the embedded store: CPU and wall time per insert, progress update and
// end, in group commits of a given size, on a real file.
//
//   treaty_store_bench [PATH [TRANSACTIONS [BATCH [random|ordered]]]]

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/gid.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty {
namespace {

class NoLog final : public Log {
 public:
  bool Enabled(LogLevel) const override { return false; }
  void Write(LogLevel, std::string_view, std::string_view message) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
};

class SeededRandom final : public Random {
 public:
  std::uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_{1};
};

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Txn MakeSaga(std::string gid, Time now) {
  auto body = std::make_shared<Body>();
  body->gid = std::move(gid);
  for (int i = 0; i < 2; ++i) {
    body->steps.push_back({"http://127.0.0.1:18080/busi/TransOut",
                           "http://127.0.0.1:18080/busi/TransOutRevert",
                           "{\"amount\":30,\"user\":1}"});
  }
  Txn txn;
  txn.body = std::move(body);
  Terms terms;
  terms.wait_result = true;
  txn.terms = std::make_shared<Terms>(std::move(terms));
  txn.status = TxnStatus::kSubmitted;
  txn.branches.resize(2);
  txn.created = txn.updated = now;
  return txn;
}

struct Phase {
  const char* name;
  double cpu = 0;
  double wall = 0;
  std::size_t writes = 0;
  std::size_t commits = 0;
};

void Run(Store& store, const std::vector<Write>& writes, Phase& phase) {
  std::vector<Verdict> verdicts(writes.size());
  const double cpu = Seconds(CLOCK_THREAD_CPUTIME_ID);
  const double wall = Seconds(CLOCK_MONOTONIC);
  const Status status = store.Commit(writes, verdicts);
  phase.cpu += Seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
  phase.wall += Seconds(CLOCK_MONOTONIC) - wall;
  phase.writes += writes.size();
  ++phase.commits;
  for (const Verdict verdict : verdicts) {
    if (status.ok() && verdict == Verdict::kStored) continue;
    std::fprintf(stderr, "refused: %s\n", status.message().c_str());
    std::exit(1);
  }
}

std::vector<Write> Prepare(std::vector<Txn>& txns, Write::Kind kind, Random& random) {
  std::vector<Write> writes;
  for (Txn& txn : txns) {
    ++txn.version;
    const std::string owner = txn.IsFinished() ? "" : "127.0.0.1:36789-01JDXYZ";
    writes.push_back({.kind = kind, .txn = &txn, .write_id = random.Next(), .owner = owner});
  }
  return writes;
}

void Print(const Phase& phase) {
  std::printf("%-9s %8zu writes %7zu commits  %6.2f us CPU  %6.2f us wall  each\n", phase.name,
              phase.writes, phase.commits, phase.cpu * 1e6 / static_cast<double>(phase.writes),
              phase.wall * 1e6 / static_cast<double>(phase.writes));
}

void Bench(Store& store, std::size_t count, std::size_t batch, bool ordered) {
  SeededRandom random;
  Phase insert{"insert"}, progress{"progress"}, end{"end"};
  for (std::size_t done = 0; done < count; done += batch) {
    std::vector<Txn> txns;
    const Time now = store.clock().Now();
    for (std::size_t i = 0; i < batch; ++i) {
      const std::string gid = NewGid(ordered ? now : Time(Duration(random.Next() >> 20)), random);
      txns.push_back(MakeSaga(gid, now));
    }
    Run(store, Prepare(txns, Write::Kind::kInsert, random), insert);
    for (Txn& txn : txns) {
      txn.updated = now;
      txn.branches[0] = {.action = BranchStatus::kSucceed, .called = true, .action_time = now};
    }
    Run(store, Prepare(txns, Write::Kind::kUpdate, random), progress);
    for (Txn& txn : txns) {
      txn.branches[1] = txn.branches[0];
      txn.status = TxnStatus::kSucceed;
      txn.finished = now;
    }
    Run(store, Prepare(txns, Write::Kind::kUpdate, random), end);
  }
  for (const Phase& phase : {insert, progress, end}) Print(phase);
}

}  // namespace
}  // namespace treaty

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "store_bench.db";
  const std::size_t count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100'000;
  const std::size_t batch = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 30;
  const bool ordered = argc <= 4 || std::string(argv[4]) != "random";
  treaty::NoLog log;
  auto store = treaty::OpenSqliteStore({path}, log);
  if (!store.ok() || batch == 0) {
    std::fprintf(stderr, "%s\n", store.status().message().c_str());
    return 1;
  }
  treaty::Bench(**store, count, batch, ordered);
  const double start = treaty::Seconds(CLOCK_MONOTONIC);
  store->reset();
  std::printf("close     %.1f ms", (treaty::Seconds(CLOCK_MONOTONIC) - start) * 1e3);
  const double again = treaty::Seconds(CLOCK_MONOTONIC);
  store = treaty::OpenSqliteStore({path}, log);
  std::printf("   open %.1f ms   file %.1f MB\n", (treaty::Seconds(CLOCK_MONOTONIC) - again) * 1e3,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  return 0;
}
