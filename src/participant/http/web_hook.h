// Posts alerts to an operator's web hook, one after the other, with the connections and the
// outbound policy of participants. On a loop of its own: however long the web hook takes, no
// transaction waits.

#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "participant/alerts.h"
#include "participant/http/connection.h"
#include "participant/http/request_head.h"
#include "runtime/asio_loop.h"
#include "runtime/resolver.h"
#include "wire/target_policy.h"

namespace treaty {

struct WebHookConfig {
  std::string url;
  wire::TargetPolicy targets;
  std::string ca_file;                         // Empty: the system's.
  std::size_t queued = 1'000;                  // Alerts waiting; beyond: dropped.
  int tries = 3;                               // Of one alert, as far as anything was sent.
  Duration timeout = std::chrono::seconds(5);  // Of one try.
  Duration pause = std::chrono::seconds(1);    // Before the second try; then doubled.
};

// Everything but Raise and the meters happens on the loop; destroyed after that has stopped.
class WebHook final : public AlertSink, private ConnectionOwner {
 public:
  // `loop` and `log` outlive it. kInvalidArgument: the URL is none, or not allowed.
  static Result<std::unique_ptr<WebHook>> Make(WebHookConfig config, AsioLoop& loop, Log& log);
  ~WebHook() override;

  void Raise(Alert alert) override;
  const AlertMeters& meters() const { return meters_; }

 private:
  using Steady = std::chrono::steady_clock;
  using Tls = std::optional<boost::asio::ssl::context>;

  WebHook(WebHookConfig config, wire::Url url, Tls tls, AsioLoop& loop, Log& log);

  void OnDialed(Connection& connection) override;
  void OnReply(Connection& connection, const Reply& reply) override;
  void OnBroken(Connection& connection, const std::string& why) override;

  void Drop();
  void Next();
  void Try();
  void Resolved(const Result<Addresses>& addresses);
  void Tick();
  void EndTry(const std::string& trouble);
  bool MayTryAgain(bool unsent);
  void GiveUp(const std::string& trouble);

  const WebHookConfig config_;
  const wire::Url url_;
  const RequestTemplate request_;
  Tls tls_;
  AsioLoop& loop_;
  Log& log_;
  Resolver resolver_;
  AlertMeters meters_;

  std::atomic<bool> overflowing_{false};  // And the log has been told.

  // Of the loop alone.
  std::deque<std::shared_ptr<const std::string>> queue_;  // Bodies; the first is being sent.
  bool busy_ = false;
  int tries_ = 0;
  int unsent_ = 0;  // Tries in which nothing was sent, for want of something of ours.
  bool resolved_ = false;
  Steady::time_point deadline_;
  TimerId timer_ = kNoTimer;
  std::shared_ptr<Connection> connection_;
};

}  // namespace treaty
