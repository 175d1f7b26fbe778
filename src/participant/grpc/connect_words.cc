#include "participant/grpc/connect_words.h"

#include <system_error>
#include <utility>

#include "participant/shortage.h"
#include "runtime/tls_context.h"

namespace treaty {
namespace {

BranchReply ReplyOf(const TrialEnd& end, const boost::asio::ip::tcp::endpoint& tried) {
  if (end.trouble.empty()) return {Outcome::kUnknown, "cannot connect"};
  if (IsShortage(end.error, tried.data(), static_cast<socklen_t>(tried.size()))) {
    return {Outcome::kNotSent, "cannot connect: " + std::generic_category().message(end.error)};
  }
  return {Outcome::kUnknown, "cannot connect: " + end.trouble};
}

}  // namespace

Status ConnectWords::NeedTls() {
  if (tls_) return {};
  auto made = MakeClientTlsContext(config_.ca_file);
  if (made.ok()) tls_ = std::make_shared<TlsContextPtr::element_type>(*std::move(made));
  return made.status();
}

void ConnectWords::Ask(const wire::Url& url, const Addresses::value_type& address, Done done) {
  const bool secure = url.scheme == wire::Url::Scheme::kGrpcs;
  const std::string name =
      (secure ? "grpcs " : "grpc ") + url.host + " " + std::to_string(url.port);
  std::vector<Done>& waiting = asked_[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  const std::weak_ptr<ConnectWords*> self = self_;
  const Status status = secure ? NeedTls() : Status();
  if (!status.ok()) {
    return loop_.Post([self, name, why = status.message()] {
      if (const auto alive = self.lock()) (*alive)->Answer(name, {Outcome::kNotSent, why});
    });
  }
  TrialOptions options;
  options.endpoint = {address, url.port};
  if (secure) options.tls = tls_;
  options.server_name = url.host;
  if (options.server_name.ends_with('.')) options.server_name.pop_back();
  options.server_is_address = url.host_is_address;
  options.descriptors = config_.descriptors;
  const auto tried = options.endpoint;
  TryToConnect(loop_, std::move(options), [self, name, tried](const TrialEnd& end) {
    if (const auto alive = self.lock()) (*alive)->Answer(name, ReplyOf(end, tried));
  });
}

void ConnectWords::Answer(const std::string& name, const BranchReply& reply) {
  const auto asked = asked_.extract(name);
  for (const Done& done : asked.mapped()) done(reply);
}

}  // namespace treaty
