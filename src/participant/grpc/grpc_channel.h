// One destination's channel: made of the addresses that the policy allows, and made anew where it
// does not work, so that a participant that came back is called at once.

#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "participant/grpc/grpc_participant.h"
#include "runtime/resolver.h"
#include "wire/url.h"

namespace treaty {

// Used on its lane's thread only.
class GrpcChannel {
 public:
  // `url` is of scheme grpc or grpcs; its host and port count.
  GrpcChannel(const GrpcParticipantConfig& config, const wire::Url& url);

  // Makes the channel fit what a name stands for now. kInvalidArgument: the policy allows none of
  // the addresses; kUnavailable: the authorities' file cannot be read.
  Status Use(const Addresses& addresses);

  // The stub of a channel that is connected or is about to try: one that failed to connect is not
  // waited for. Use came before.
  std::shared_ptr<grpc::GenericStub> Stub();

  // Closes the connections; calls under way end by themselves.
  void Close();

 private:
  Status NeedCredentials();
  std::shared_ptr<grpc::Channel> Make() const;
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
