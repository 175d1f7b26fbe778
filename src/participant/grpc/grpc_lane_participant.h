// The gRPC participant of one lane: calls queued per destination, and what is under way.

#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "participant/grpc/channel_watcher.h"
#include "participant/grpc/connect_words.h"
#include "participant/grpc/grpc_channel.h"
#include "participant/grpc/grpc_participant.h"
#include "participant/grpc/outstanding.h"
#include "participant/turnstile.h"
#include "runtime/resolver.h"

namespace treaty {

class GrpcLaneParticipant final : public Participant {
 public:
  GrpcLaneParticipant(GrpcParticipantConfig config, AsioLoop& loop);
  ~GrpcLaneParticipant() override;
  GrpcLaneParticipant(const GrpcLaneParticipant&) = delete;
  GrpcLaneParticipant& operator=(const GrpcLaneParticipant&) = delete;

  using Done = std::function<void(BranchReply)>;

  void Call(BranchCall call, Done done) override;
  void CancelAll() override;

 private:
  using Steady = std::chrono::steady_clock;
  struct Job;
  struct Destination;
  struct Target;
  using JobPtr = std::shared_ptr<Job>;

  Result<std::shared_ptr<const Target>> FindTarget(const BranchCall& call);
  Result<std::shared_ptr<const Target>> MakeTarget(const BranchCall& call);
  void ReportLater(const BranchCall& call, Done done, BranchReply reply);

  bool MaySend() const { return !config_.may_send || config_.may_send(); }
  void Serve(Destination& destination);
  void ServeAll();
  void Start(Destination& destination);
  void Resolved(const JobPtr& job, const Result<Addresses>& addresses);
  void SendWhenConnected(const JobPtr& job);
  void WatchConnecting(const std::shared_ptr<Destination>& destination);
  bool NeedWatcher();
  void LookAtConnecting();
  void Send(const JobPtr& job);
  void FinishLater(const JobPtr& job, BranchReply reply);
  void FinishWithWords(const JobPtr& job);
  void OnStatus(const JobPtr& job, const grpc::Status& status);
  void Finish(const JobPtr& job, BranchReply reply);

  void SetTick();
  void Tick();
  void TakeLate(Destination& destination, Steady::time_point now, std::deque<JobPtr>& late);
  void DropUnsent(Steady::time_point now);
  void MakeRoom();
  void MakeRoomSoon();

  void CloseIdle(Steady::time_point now);
  Steady::time_point ForgottenUntil(Steady::time_point now) const;
  void CloseIdleChannels();
  bool DescriptorsAreShort() const;
  bool MayMakeChannel();

  const GrpcParticipantConfig config_;
  AsioLoop& loop_;
  Resolver resolver_;
  Turnstile turnstile_;
  std::unordered_map<std::string, std::shared_ptr<const Target>> targets_;  // By URL.
  std::unordered_map<std::string, std::shared_ptr<Destination>> destinations_;
  std::unordered_set<JobPtr> active_;
  std::deque<JobPtr> connecting_;  // Of them.
  const std::shared_ptr<Outstanding> outstanding_;
  const std::shared_ptr<GrpcLaneParticipant*> self_;  // How a report finds its way back.
  bool making_room_ = false;                          // Soon.
  TimerId timer_ = kNoTimer;
  std::optional<ChannelWatcher> watcher_;  // From the first call on.
  ConnectWords connect_words_;
};

}  // namespace treaty
