#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "core/repeats.h"
#include "engine/bulk_reads.h"
#include "engine/census.h"
#include "engine/lane.h"
#include "engine/lease_keeper.h"
#include "engine/patience.h"
#include "engine/plain_store.h"
#include "engine/reading.h"
#include "engine/reset_round.h"
#include "engine/scanner.h"
#include "engine/topic_book.h"
#include "engine/turns.h"

namespace treaty {
namespace {

Answer Stopping() {
  return {Answer::Kind::kUnavailable, "the coordinator is stopping; use another instance"};
}

// It ends by itself after kAnswerWithin, but for a read that the store keeps.
constexpr Duration kResetWithin = kAnswerWithin + std::chrono::milliseconds(500);

}  // namespace

class Engine::Impl {
 public:
  Impl(EngineConfig config, const EnginePorts& ports);

  Lane& LaneOf(const std::string& gid) {
    return *lanes_[std::hash<std::string>()(gid) % lanes_.size()];
  }

  // Runs `work` on the lane of `gid`, unless the engine is stopping; after what came before it.
  template <typename Work>
  void OnLane(const std::string& gid, const AnswerFn& answer, Work work) {
    const Time asked = shared_.Now();
    if (turns_.AreFree()) return Post(gid, asked, answer, std::move(work));
    turns_.Run(gid, [this, gid, asked, answer, work = std::move(work)] {
      Post(gid, asked, answer, work);
    });
  }

  template <typename Work>
  void Post(const std::string& gid, Time asked, const AnswerFn& answer, Work work) {
    Lane& lane = LaneOf(gid);
    lane.loop().Post([this, &lane, asked, answer, work = std::move(work)]() mutable {
      if (shared_.stopping) return answer(Stopping());
      lane.Serve(asked, work);
    });
  }

  using Method = void (Lane::*)(TxnRequest, AnswerFn);
  void Hand(TxnRequest request, const AnswerFn& answer, Method method);
  // The same, with the request's topics expanded.
  void Expand(TxnRequest request, const AnswerFn& answer, Method method);
  static auto Handing(TxnRequest request, const AnswerFn& answer, Method method);

  // Reads and tells at once; refuses beyond the limit, and whom the store keeps waiting, on the
  // first lane's loop.
  template <typename T>
  void Show(std::function<Result<T>()> read, std::function<void(Result<T>)> done) {
    if (!TakeWaitingRead(shared_)) {
      return lanes_.front()->loop().Post([done = std::move(done)] { done(TooManyReads()); });
    }
    const Time asked = shared_.Now();
    auto is_mine = patience_.Await(kAnswerWithin, [done] { done(ReadTooLate()); });
    shows_.Add([this, asked, is_mine, read = std::move(read), done = std::move(done)] {
      const bool late = shared_.Now() >= asked + kReadWithin;
      Result<T> found = late ? Result<T>(ReadTooLate()) : read();
      if (is_mine()) done(std::move(found));
      shared_.waiting_reads.fetch_sub(1);
    });
  }

  std::unique_ptr<LeaseKeeper> MakeLeaseKeeper(const EnginePorts& ports);
  void DriveAll();
  void Start(std::vector<std::string> crashed_on, std::function<void()> counted);
  void Stop(Duration grace, std::function<void()> done);

  EngineMeters meters_;
  PlainStore store_;
  RecordReads records_;
  Shared shared_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  const std::unique_ptr<LeaseKeeper> lease_keeper_;  // Null without a lease.
  Scanner scanner_;
  Turns turns_;
  TopicBook topics_;
  Census census_;
  Patience patience_;
  BulkReads shows_;
  ReadyCheck ready_;
};

Engine::Impl::Impl(EngineConfig config, const EnginePorts& ports)
    : store_(*ports.store, *ports.log),
      records_(*ports.reads, store_),
      shared_{
          config,
          &store_,
          records_,
          ports.reads,
          ports.log,
          ports.alerts,
          ports.lease,
          meters_,
          Committer({ports.commit_loop, &store_, ports.commit_random, ports.log, &meters_.commit},
                    config.limits.batch_writes),
          ports.lanes.size()},
      lease_keeper_(MakeLeaseKeeper(ports)),
      scanner_(
          shared_, *ports.lanes.front().loop,
          [this](const std::string& gid) -> Lane& { return LaneOf(gid); }, lease_keeper_.get()),
      topics_(shared_, ports.lanes.front(), ports.topics),
      census_(shared_, *ports.lanes.front().loop, lanes_),
      patience_(*ports.lanes.front().loop, store_.clock()),
      shows_(*ports.reads),
      ready_(*ports.reads, [this] { return store_.CheckWritable(); }) {
  for (const LanePorts& lane : ports.lanes) lanes_.push_back(std::make_unique<Lane>(shared_, lane));
}

std::unique_ptr<LeaseKeeper> Engine::Impl::MakeLeaseKeeper(const EnginePorts& ports) {
  if (ports.lease == nullptr) return nullptr;
  const EngineConfig& config = shared_.config;
  LeaseKeeper::Ports of_keeper{.loop = ports.lanes.front().loop,
                               .blocking = ports.lease_loop,
                               .store = ports.store,
                               .lease = ports.lease,
                               .log = ports.log,
                               .regained = [this] { DriveAll(); },
                               .lost = ports.lost_lease,
                               .reaped = [this] { scanner_.LookNow(); }};
  return std::make_unique<LeaseKeeper>(
      LeaseTerms{config.instance, config.owner, config.lease_length}, config.is_only_start,
      std::move(of_keeper));
}

void Engine::Impl::DriveAll() {
  for (auto& lane : lanes_) {
    lane->loop().Post([&lane = *lane] { lane.DriveAll(); });
  }
}

auto Engine::Impl::Handing(TxnRequest request, const AnswerFn& answer, Method method) {
  return [request = std::move(request), answer = answer, method](Lane& lane) mutable {
    (lane.*method)(std::move(request), std::move(answer));
  };
}

void Engine::Impl::Hand(TxnRequest request, const AnswerFn& answer, Method method) {
  const std::string gid = request.body->gid;
  OnLane(gid, answer, Handing(std::move(request), answer, method));
}

void Engine::Impl::Expand(TxnRequest request, const AnswerFn& answer, Method method) {
  if (TopicNames(*request.body).empty()) return Hand(std::move(request), answer, method);
  const std::string gid = request.body->gid;
  const Time asked = shared_.Now();
  const Turns::Place place = turns_.Take(gid);
  topics_.Expand(std::move(request),
                 [this, gid, asked, place, answer, method](TxnRequest expanded) {
                   auto work = Handing(std::move(expanded), answer, method);
                   turns_.Fill(gid, place, [this, gid, asked, answer, work = std::move(work)] {
                     Post(gid, asked, answer, work);
                   });
                 });
}

// What former processes crashed on is counted before anything is driven again.
void Engine::Impl::Start(std::vector<std::string> crashed_on, std::function<void()> counted) {
  if (lease_keeper_) lease_keeper_->Start();
  auto open = std::make_shared<std::atomic<std::size_t>>(crashed_on.size() + 1);
  const auto count = [this, open, counted = std::move(counted)] {
    if (--*open > 0) return;
    counted();
    scanner_.Start();
    census_.Start();
  };
  for (std::string& gid : crashed_on) {
    Lane& lane = LaneOf(gid);
    lane.loop().Post([&lane, gid = std::move(gid), count] { lane.CountCrash(gid, count); });
  }
  lanes_.front()->loop().Post(count);
}

void Engine::Impl::Stop(Duration grace, std::function<void()> done) {
  shared_.stopping = true;
  auto open = std::make_shared<std::atomic<std::size_t>>(lanes_.size() + 1);
  const auto stopped = [this, open, done = std::move(done)] {
    if (--*open > 0) return;
    if (!lease_keeper_) return done();
    lanes_.front()->loop().Post([this, done] { lease_keeper_->End(done); });
  };
  for (auto& lane : lanes_) {
    lane->loop().Post([&lane = *lane, grace, stopped] { lane.Stop(grace, stopped); });
  }
  lanes_.front()->loop().Post([this, stopped] { topics_.Stop(stopped); });
}

Engine::Engine(EngineConfig config, EnginePorts ports)
    : impl_(std::make_unique<Impl>(std::move(config), ports)) {}

Engine::~Engine() = default;

Result<bool> Engine::TryToBeginLease() {
  return impl_->lease_keeper_ ? impl_->lease_keeper_->TryToBegin() : Result<bool>(true);
}

void Engine::Start(std::vector<std::string> crashed_on, std::function<void()> counted) {
  impl_->Start(std::move(crashed_on), std::move(counted));
}

void Engine::Stop(Duration grace, std::function<void()> done) {
  impl_->Stop(grace, std::move(done));
}

void Engine::Prepare(TxnRequest request, AnswerFn answer) {
  impl_->Expand(std::move(request), answer, &Lane::Prepare);
}

void Engine::Submit(TxnRequest request, AnswerFn answer) {
  impl_->Expand(std::move(request), answer, &Lane::Submit);
}

void Engine::EditTopic(TopicEdit edit, AnswerFn answer) {
  impl_->lanes_.front()->loop().Post([impl = impl_.get(), edit = std::move(edit), answer] {
    if (impl->shared_.stopping) return answer(Stopping());
    impl->topics_.Edit(edit, answer);
  });
}

void Engine::Abort(AbortRequest request, AnswerFn answer) {
  const std::string gid = request.gid;
  impl_->OnLane(gid, answer, [request = std::move(request), answer](Lane& lane) mutable {
    lane.Abort(std::move(request), std::move(answer));
  });
}

void Engine::Register(RegisterRequest request, AnswerFn answer) {
  const std::string gid = request.gid;
  impl_->OnLane(gid, answer, [request = std::move(request), answer](Lane& lane) mutable {
    lane.Register(std::move(request), std::move(answer));
  });
}

void Engine::PrepareWorkflow(TxnRequest request, RecordFn done) {
  const std::string gid = request.body->gid;
  const AnswerFn refuse = [done](Answer answer) { done(std::move(answer), {}); };
  impl_->OnLane(gid, refuse, [request = std::move(request), done](Lane& lane) mutable {
    lane.PrepareWorkflow(std::move(request), std::move(done));
  });
}

void Engine::EndWorkflow(WorkflowEndRequest request, AnswerFn answer) {
  const std::string gid = request.gid;
  impl_->OnLane(gid, answer, [request = std::move(request), answer](Lane& lane) mutable {
    lane.EndWorkflow(std::move(request), std::move(answer));
  });
}

void Engine::ForceStop(std::string gid, std::string who, std::string why, AnswerFn answer) {
  impl_->OnLane(gid, answer,
                [gid, event = ForceStopped{std::move(who), std::move(why)}, answer](Lane& lane) {
                  lane.ForceStop(gid, event, answer);
                });
}

void Engine::ResetNextCronTime(std::string gid, AnswerFn answer) {
  impl_->OnLane(gid, answer, [gid, answer](Lane& lane) {
    lane.ResetDue(gid, [gid, answer](const Result<ResetOutcome>& reset) {
      if (!reset.ok()) return answer(StoreTrouble(reset.status()));
      answer(*reset == ResetOutcome::kAbsent ? UnknownGid(gid) : Answer{});
    });
  });
}

void Engine::ResetCronTime(Duration timeout, std::size_t limit,
                           std::function<void(Result<ResetReport>)> done) {
  const auto lane_of = [impl = impl_.get()](const std::string& gid) -> Lane& {
    return impl->LaneOf(gid);
  };
  auto is_mine = impl_->patience_.Await(kResetWithin, [done] { done(ReadTooLate()); });
  std::make_shared<ResetRound>(impl_->shared_, impl_->lanes_.front()->loop(), lane_of, limit)
      ->Start(timeout, [is_mine, done = std::move(done)](Result<ResetReport> report) {
        if (is_mine()) done(std::move(report));
      });
}

void Engine::Query(std::string gid, std::function<void(Result<std::optional<StoredTxn>>)> done) {
  impl_->Show<std::optional<StoredTxn>>(
      [store = impl_->shared_.store, gid = std::move(gid)] { return store->Load(gid); },
      std::move(done));
}

void Engine::List(ListFilter filter, std::function<void(Result<ListPage>)> done) {
  impl_->Show<ListPage>(
      [store = impl_->shared_.store, filter = std::move(filter)] { return store->List(filter); },
      std::move(done));
}

void Engine::ListKv(KvFilter filter, std::function<void(Result<KvPage>)> done) {
  impl_->Show<KvPage>(
      [store = impl_->shared_.store, filter = std::move(filter)] { return store->ListKv(filter); },
      std::move(done));
}

void Engine::CheckReady(std::function<void(Status)> done) {
  Shared& shared = impl_->shared_;
  if (shared.stopping) return done({Code::kUnavailable, "the coordinator is stopping"});
  auto is_mine = impl_->patience_.Await(kAnswerWithin, [done] { done(ReadTooLate()); });
  impl_->ready_.Add([is_mine, done = std::move(done)](const Status& status) {
    if (is_mine()) done(status);
  });
}

Engine::Counts Engine::counts() const {
  const Shared& shared = impl_->shared_;
  return {shared.live_txns, shared.live_bytes, shared.calls_in_flight, shared.committer.pending(),
          shared.waiting_reads};
}

const EngineMeters& Engine::meters() const { return impl_->meters_; }

}  // namespace treaty
