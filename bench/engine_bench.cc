// The engine on its real store and real threads, without any network: what is left of a saga's
// cost when requests appear in memory and participants agree at once.
//
// treaty_engine_bench [clients] [seconds] [branches] [progress: durable|behind] [path]

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "runtime/asio_loop.h"
#include "store/sqlite/sqlite_store.h"

namespace {

using treaty::AsioLoop;

class NoLog final : public treaty::Log {
 public:
  bool Enabled(treaty::LogLevel level) const override { return level >= treaty::LogLevel::kWarn; }
  void Write(treaty::LogLevel, std::string_view gid, std::string_view message) override {
    std::fprintf(stderr, "%.*s %.*s\n", static_cast<int>(gid.size()), gid.data(),
                 static_cast<int>(message.size()), message.data());
  }
};

class SeededRandom final : public treaty::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// Says SUCCESS in the next turn of the loop.
class Agreeing final : public treaty::Participant {
 public:
  explicit Agreeing(treaty::Loop& loop) : loop_(loop) {}
  void Call(treaty::BranchCall, std::function<void(treaty::BranchReply)> done) override {
    loop_.Post([done = std::move(done)] { done({treaty::Outcome::kSuccess, ""}); });
  }
  void CancelAll() override {}

 private:
  treaty::Loop& loop_;
};

struct Lane {
  explicit Lane(std::uint64_t seed) : participant(loop), random(seed) {}
  AsioLoop loop;
  Agreeing participant;
  SeededRandom random;
};

struct Shape {
  int clients = 64;
  double seconds = 3;
  int branches = 2;
  treaty::ProgressMode progress = treaty::ProgressMode::kDurable;
  std::string path = "engine_bench.db";
};

class Clients {
 public:
  Clients(treaty::Engine& engine, const Shape& shape) : engine_(engine), shape_(shape) {
    treaty::Terms terms;
    terms.wait_result = true;
    terms.progress = shape.progress;
    terms_ = std::make_shared<const treaty::Terms>(terms);
  }

  void Start() {
    for (int i = 0; i < shape_.clients; ++i) SubmitOne();
  }
  void Stop() { stopping_ = true; }
  std::uint64_t done() const { return done_; }
  bool idle() const { return open_ == 0; }

 private:
  void SubmitOne() {
    treaty::Body body;
    body.gid = "bench-" + std::to_string(next_++);
    for (int i = 0; i < shape_.branches; ++i) {
      body.steps.push_back({"http://127.0.0.1:36800/a", "http://127.0.0.1:36800/c", "{\"v\":30}"});
    }
    treaty::TxnRequest request;
    request.body = std::make_shared<const treaty::Body>(std::move(body));
    request.terms = terms_;
    request.has_steps = true;
    ++open_;
    engine_.Submit(std::move(request), [this](const treaty::Answer& answer) {
      if (answer.kind == treaty::Answer::Kind::kSuccess) ++done_;
      if (!stopping_) SubmitOne();
      --open_;
    });
  }

  treaty::Engine& engine_;
  Shape shape_;
  std::shared_ptr<const treaty::Terms> terms_;
  std::atomic<std::uint64_t> next_ = 1;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<int> open_ = 0;
  std::atomic<bool> stopping_ = false;
};

double CpuSeconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Shape ShapeOf(int argc, char** argv) {
  Shape shape;
  if (argc > 1) shape.clients = std::atoi(argv[1]);
  if (argc > 2) shape.seconds = std::atof(argv[2]);
  if (argc > 3) shape.branches = std::atoi(argv[3]);
  if (argc > 4 && std::string_view(argv[4]) == "behind") {
    shape.progress = treaty::ProgressMode::kBehind;
  }
  if (argc > 5) shape.path = argv[5];
  return shape;
}

void Measure(treaty::Engine& engine, const Shape& shape) {
  Clients clients(engine, shape);
  const double cpu = CpuSeconds();
  clients.Start();
  std::this_thread::sleep_for(std::chrono::duration<double>(shape.seconds));
  const std::uint64_t done = clients.done();
  const double used = CpuSeconds() - cpu;
  clients.Stop();
  while (!clients.idle()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto count = static_cast<double>(done);
  std::printf("%.0f sagas/s, %.1f us of CPU each\n", count / shape.seconds, used * 1e6 / count);
}

}  // namespace

int main(int argc, char** argv) {
  const Shape shape = ShapeOf(argc, argv);
  NoLog log;
  auto store = treaty::OpenSqliteStore({shape.path}, log);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().message().c_str());
    return 1;
  }
  AsioLoop commit;
  AsioLoop read;
  SeededRandom commit_random(1);
  std::vector<std::unique_ptr<Lane>> lanes;
  treaty::EnginePorts ports;
  for (std::uint64_t i = 0; i < 2; ++i) {
    lanes.push_back(std::make_unique<Lane>(i + 2));
    ports.lanes.push_back({&lanes[i]->loop, &lanes[i]->participant, &lanes[i]->random});
  }
  ports.commit_loop = &commit;
  ports.commit_random = &commit_random;
  ports.reads = &read;
  ports.store = store->get();
  ports.log = &log;
  treaty::EngineConfig config;
  config.owner = "engine-bench-" + std::to_string(::getpid());
  treaty::Engine engine(config, ports);
  std::vector<std::thread> threads;
  threads.reserve(lanes.size() + 2);
  for (auto& lane : lanes) threads.emplace_back([&lane] { lane->loop.Run("lane"); });
  threads.emplace_back([&commit] { commit.Run("commit"); });
  threads.emplace_back([&read] { read.Run("read"); });
  engine.Start();
  Measure(engine, shape);
  std::atomic<bool> stopped = false;
  engine.Stop(std::chrono::seconds(1), [&stopped] { stopped = true; });
  while (!stopped) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (auto& lane : lanes) lane->loop.Stop();
  commit.Stop();
  read.Stop();
  for (std::thread& thread : threads) thread.join();
  return 0;
}
