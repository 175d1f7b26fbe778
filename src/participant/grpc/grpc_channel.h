// One destination's channel: made of the addresses that the policy allows, and made anew where it
// does not work, so that a participant that came back is called at once.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "participant/grpc/channel_watcher.h"
#include "participant/grpc/grpc_participant.h"
#include "runtime/resolver.h"
#include "wire/url.h"

namespace treaty {

// Of a reply: headers and trailers, as they are encoded; a refusal's text is among them.
inline constexpr int kMaxReplyMetadataBytes = 1 << 20;

// Used on its lane's thread only.
class GrpcChannel {
 public:
  // `url` is of scheme grpc or grpcs; its host and port count.
  GrpcChannel(const GrpcParticipantConfig& config, const wire::Url& url);

  // Makes the channel fit what a name stands for now. kInvalidArgument: the policy allows none of
  // the addresses; kUnavailable: the authorities' file cannot be read.
  Status Use(const Addresses& addresses);

  // Whether Connect would make a channel.
  bool IsToBeMade() const { return !channel_ || HasFailed(); }

  // Begins to connect, unless it is connected: one that failed is not waited for, but made anew.
  // Use came before.
  void Connect();

  bool IsReady() const { return StateIs(GRPC_CHANNEL_READY); }
  bool HasFailed() const { return StateIs(GRPC_CHANNEL_TRANSIENT_FAILURE); }

  // Of the channel there is, while it is being connected; see ChannelWatcher.
  void Watch(ChannelWatcher& watcher, std::function<void()> changed) {
    watcher.Watch(*channel_, channel_->GetState(/*try_to_connect=*/true), std::move(changed));
  }

  // The first of those that the channel there is was made of.
  const Addresses::value_type& address() const;

  // Of the channel there is.
  const std::shared_ptr<grpc::GenericStub>& stub() const { return stub_; }

  // Closes the connections; calls under way end by themselves.
  void Close();

 private:
  bool StateIs(grpc_connectivity_state state) const {
    return channel_ && channel_->GetState(false) == state;
  }
  Status NeedCredentials();
  std::shared_ptr<grpc::Channel> Make() const;
  bool UsesV6() const;
  std::string Target() const;

  const GrpcParticipantConfig& config_;
  const wire::Url url_;
  Addresses known_;    // As they were resolved.
  Addresses allowed_;  // Of them.
  bool prefers_v6_ = false;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<grpc::GenericStub> stub_;
};

}  // namespace treaty
