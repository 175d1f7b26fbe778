#include "participant/grpc/grpc_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/validate_service_config.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace treaty {
namespace {

constexpr int kKeepaliveMs = 60'000;  // Dead connections are found out; servers allow one in five
                                      // minutes without calls, any number with.
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kReconnectMs = 1'000;

bool IsSecure(const wire::Url& url) { return url.scheme == wire::Url::Scheme::kGrpcs; }

// Without the dot that may end a name.
std::string HostOf(const wire::Url& url) {
  return url.host.substr(0, url.host.size() - (url.host.ends_with('.') ? 1 : 0));
}

std::string Authority(const wire::Url& url) {
  const std::string host = HostOf(url);
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(url.port);
}

}  // namespace

GrpcChannel::GrpcChannel(const GrpcParticipantConfig& config, const wire::Url& url)
    : config_(config), url_(url) {}

// An authority's file that cannot be read is not to be replaced by the system's authorities.
Status GrpcChannel::NeedCredentials() {
  if (credentials_) return {};
  if (!IsSecure(url_)) {
    credentials_ = grpc::InsecureChannelCredentials();
    return {};
  }
  grpc::SslCredentialsOptions options;
  if (!config_.ca_file.empty()) {
    std::ifstream file(config_.ca_file, std::ios::binary);
    options.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
    // Without any, the library would trust the system's.
    if (!file || options.pem_root_certs.empty()) {
      return {Code::kUnavailable, "cannot read " + config_.ca_file};
    }
  }
  credentials_ = grpc::SslCredentials(options);
  return {};
}

Status GrpcChannel::Use(const Addresses& addresses) {
  if (Status status = NeedCredentials(); !status.ok()) return status;
  if (addresses == known_ && !allowed_.empty()) return {};
  Addresses allowed;
  Status refusal;
  for (const auto& address : addresses) {
    Status status = CheckAddress(config_.targets, address.to_string(), url_.port);
    if (status.ok()) {
      allowed.push_back(address);
    } else {
      refusal = std::move(status);
    }
  }
  if (allowed.empty()) return refusal;
  known_ = addresses;
  std::ranges::sort(allowed);  // Names are often answered in another order each time.
  if (allowed != allowed_) Close();
  allowed_ = std::move(allowed);
  return {};
}

// A name of both families may be served in one of them only: the other gets the next try.
void GrpcChannel::Connect() {
  if (HasFailed()) {
    prefers_v6_ = !prefers_v6_;
    Close();
  }
  if (!channel_) {
    channel_ = Make();
    stub_ = std::make_shared<grpc::GenericStub>(channel_);
  }
  channel_->GetState(/*try_to_connect=*/true);
}

void GrpcChannel::Close() {
  stub_.reset();
  channel_.reset();
}

bool GrpcChannel::UsesV6() const {
  const auto is_v6 = [](const auto& address) { return address.is_v6(); };
  const bool has_v6 = std::ranges::any_of(allowed_, is_v6);
  const bool has_v4 = !std::ranges::all_of(allowed_, is_v6);
  return has_v6 && (prefers_v6_ || !has_v4);
}

const Addresses::value_type& GrpcChannel::address() const {
  const bool v6 = UsesV6();
  return *std::ranges::find_if(allowed_, [v6](const auto& one) { return one.is_v6() == v6; });
}

// A list of addresses of one family, which is all that the library takes.
std::string GrpcChannel::Target() const {
  const bool v6 = UsesV6();
  std::string target = v6 ? "ipv6:" : "ipv4:";
  const std::size_t prefix = target.size();
  for (const auto& address : allowed_) {
    if (address.is_v6() != v6) continue;
    if (target.size() > prefix) target += ',';
    const std::string text = address.to_string();
    target += (v6 ? "[" + text + "]" : text) + ":" + std::to_string(url_.port);
  }
  return target;
}

// Every channel has connections of its own: a shared one would keep the back-off of its last
// failure, and this one is made to be without.
std::shared_ptr<grpc::Channel> GrpcChannel::Make() const {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, Authority(url_));
  if (IsSecure(url_)) arguments.SetSslTargetNameOverride(HostOf(url_));
  arguments.SetServiceConfigJSON(config_.service_config);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Whether and when a call is repeated is the core's to decide.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10 * kReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Replies that are packed are not unpacked: a few bytes could become gigabytes. But they may be
  // packed: where that is forbidden, the library lets nobody know their status, which is the
  // answer.
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(config_.max_reply_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxReplyMetadataBytes);
#ifdef GRPC_ARG_ABSOLUTE_MAX_METADATA_SIZE  // Since 1.55: beyond the other, some are refused.
  arguments.SetInt(GRPC_ARG_ABSOLUTE_MAX_METADATA_SIZE, kMaxReplyMetadataBytes);
#endif
  return grpc::CreateCustomChannel(Target(), credentials_, arguments);
}

Status CheckServiceConfig(const std::string& json) {
  const std::string mistake = grpc::experimental::ValidateServiceConfigJSON(json);
  return mistake.empty() ? Status() : Status(Code::kInvalidArgument, mistake);
}

}  // namespace treaty
