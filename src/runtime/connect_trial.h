// Finds out why somebody cannot be connected to, where a library does not say.

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "runtime/asio_loop.h"
#include "runtime/descriptors.h"

namespace treaty {

using TlsContextPtr = std::shared_ptr<boost::asio::ssl::context>;

struct TrialOptions {
  boost::asio::ip::tcp::endpoint endpoint;
  TlsContextPtr tls;        // Null: no TLS.
  std::string server_name;  // What the certificate is to be for.
  bool server_is_address = false;
  Duration timeout = std::chrono::seconds(1);
  std::shared_ptr<Descriptors> descriptors;  // Null: they are not looked after.
};

struct TrialEnd {
  std::string trouble;  // Empty: none.
  int error = 0;        // Its errno, where it has one.
};
using TrialDone = std::function<void(const TrialEnd& end)>;

// Connects, sends nothing but what TLS needs, closes, and tells `done` on the loop what went wrong,
// never before it has returned.
void TryToConnect(AsioLoop& loop, TrialOptions options, TrialDone done);

}  // namespace treaty
