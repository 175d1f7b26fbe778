// The participant of one lane: calls queued per destination, connections given to them, and
// deadlines that end them. Shared by the two files that implement it.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "participant/http/deadlines.h"
#include "participant/http/destination.h"
#include "participant/http/http_participant.h"
#include "participant/http/idle_connections.h"
#include "runtime/resolver.h"

namespace treaty {

using Steady = std::chrono::steady_clock;
using Done = std::function<void(BranchReply)>;

// Of a call that ends without an answer: it was not sent, unless it had come as far as `blamed` at
// any time. Where this machine or the peer kept it from being sent now, it may have been before, on
// a connection that broke.
BranchReply NotAnswered(const Job& job, std::string why, Stage blamed);

// Of a call that is waited for no longer.
BranchReply GivenUp(const Job& job, const std::string& why);

class HttpParticipant final : public Participant, private ConnectionOwner {
 public:
  HttpParticipant(HttpParticipantConfig config, AsioLoop& loop, Log& log);
  ~HttpParticipant() override;
  HttpParticipant(const HttpParticipant&) = delete;
  HttpParticipant& operator=(const HttpParticipant&) = delete;

  void Call(BranchCall call, Done done) override;
  void CancelAll() override;

 private:
  using TargetPtr = std::shared_ptr<const Target>;

  void OnDialed(Connection& connection) override;
  void OnReply(Connection& connection, const Reply& reply) override;
  void OnBroken(Connection& connection, const std::string& why) override;

  Result<TargetPtr> FindTarget(const BranchCall& call);
  Result<TargetPtr> MakeTarget(const std::string& text, const std::string& protocol);
  Result<std::string> RpcBodyOf(const BranchCall& call, const Target& target);
  Status NeedTls();
  void ForgetUnused();
  void ReportLater(const BranchCall& call, Done done, BranchReply reply);

  bool MaySend() const { return !config_.may_send || config_.may_send(); }
  void Serve(Destination& destination);
  void ServeAll();
  void Start(Destination& destination);
  void Give(Job& job, std::shared_ptr<Connection> connection);
  void Dial(Job& job);
  void DialAnew(Job& job);
  void Resolved(Connection& connection, const Result<Addresses>& addresses);
  void Exchange(Job& job);
  Status Send(const Job& job);

  enum class Keep { kConnection, kNothing };
  void Finish(Job& job, BranchReply reply, Keep keep);
  void FinishAll(JobList<ByDeadline> jobs, const char* why);
  void Release(Job& job, Keep keep);

  void Tick();
  void SetTick(Duration interval);
  void CheckLate(Steady::time_point now);
  void CheckDials(Steady::time_point now);
  void Sweep(Steady::time_point now);
  void DropStale(Steady::time_point now);
  bool DescriptorsAreShort() const;

  HttpParticipantConfig config_;
  AsioLoop& loop_;
  Log& log_;
  std::optional<boost::asio::ssl::context> tls_;
  Resolver resolver_;

  // By URL; only those that can be called. The old ones have not been called of late.
  std::unordered_map<std::string, TargetPtr> targets_;
  std::unordered_map<std::string, TargetPtr> old_targets_;
  std::unordered_map<std::string, std::shared_ptr<Destination>> destinations_;
  Turnstile turnstile_;
  std::vector<std::weak_ptr<Connection>> dialing_;
  IdleConnections idle_;
  Steady::time_point next_sweep_;
  Steady::time_point next_forgetting_;
  std::size_t jobs_ = 0;
  Deadlines deadlines_;
  TimerId timer_ = kNoTimer;
  bool ticks_fast_ = false;
  std::uint64_t last_rpc_id_ = std::random_device()();
  bool holding_ = false;  // Nothing starts.
};

}  // namespace treaty
