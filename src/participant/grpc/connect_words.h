// Why a destination cannot be connected to, which the gRPC library does not say: found out by one
// more connection, over which no call is sent.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "participant/grpc/grpc_participant.h"
#include "runtime/asio_loop.h"
#include "runtime/connect_trial.h"
#include "runtime/lookup_threads.h"
#include "wire/url.h"

namespace treaty {

// Used on its lane's thread only.
class ConnectWords {
 public:
  using Done = std::function<void(const BranchReply& reply)>;

  ConnectWords(const GrpcParticipantConfig& config, AsioLoop& loop)
      : config_(config), loop_(loop) {}

  // Tells `done` on the loop, never before this has returned: kNotSent where this machine lacked
  // something, kUnknown else. Whoever asks about a destination that
  // is being tried waits for that. Nobody is told after the end of this object.
  void Ask(const wire::Url& url, const Addresses::value_type& address, Done done);

 private:
  Status NeedTls();
  void Answer(const std::string& name, const BranchReply& reply);

  const GrpcParticipantConfig& config_;
  AsioLoop& loop_;
  TlsContextPtr tls_;  // From the first time that it is needed.
  std::unordered_map<std::string, std::vector<Done>> asked_;
  const std::shared_ptr<ConnectWords*> self_ = std::make_shared<ConnectWords*>(this);
};

}  // namespace treaty
