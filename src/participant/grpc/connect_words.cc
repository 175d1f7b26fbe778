#include "participant/grpc/connect_words.h"

#include <utility>

#include "runtime/tls_context.h"

namespace treaty {

TlsContextPtr ConnectWords::Tls() {
  if (tls_) return tls_;
  auto made = MakeClientTlsContext(config_.ca_file);
  if (made.ok()) tls_ = std::make_shared<TlsContextPtr::element_type>(*std::move(made));
  return tls_;
}

void ConnectWords::Ask(const wire::Url& url, const Addresses::value_type& address, Done done) {
  const bool secure = url.scheme == wire::Url::Scheme::kGrpcs;
  const std::string name =
      (secure ? "grpcs " : "grpc ") + url.host + " " + std::to_string(url.port);
  std::vector<Done>& waiting = asked_[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  TrialOptions options;
  options.endpoint = {address, url.port};
  if (secure) options.tls = Tls();
  options.server_name = url.host;
  if (options.server_name.ends_with('.')) options.server_name.pop_back();
  options.server_is_address = url.host_is_address;
  TryToConnect(loop_, std::move(options), [self = std::weak_ptr(self_), name](std::string why) {
    if (const auto alive = self.lock()) (*alive)->Answer(name, why);
  });
}

void ConnectWords::Answer(const std::string& name, const std::string& why) {
  const auto asked = asked_.extract(name);
  const std::string words = why.empty() ? "cannot connect" : "cannot connect: " + why;
  for (const Done& done : asked.mapped()) done(words);
}

}  // namespace treaty
