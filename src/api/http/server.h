// The HTTP server: sockets and HTTP/1 in, requests for the handlers out.
//
// A connection lives on one lane's loop from its first byte to its last; replies that come from
// another thread are carried there.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/http/handlers.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "base/time.h"
#include "runtime/asio_loop.h"
#include "runtime/descriptors.h"

namespace treaty::api {

struct HttpServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port; Listen tells which.
  std::size_t max_body_bytes = 4 << 20;
  std::size_t max_header_bytes = 16 << 10;
  Duration header_timeout = std::chrono::seconds(5);  // From a request's first byte.
  Duration body_timeout = std::chrono::seconds(30);   // From the end of the header.
  std::size_t min_body_rate = 1 << 10;                // Bytes a second, after header_timeout.
  Duration idle_timeout = std::chrono::seconds(75);   // Between requests.
  // How long one that is idle still gets an answer when the server closes: its client, or the load
  // balancer before it, may not have heard of that yet.
  Duration idle_grace{0};
  std::size_t max_connections = 4'096;
  std::size_t max_connections_per_address = 256;  // Loopback is exempt.
  std::size_t max_memory_bytes = 128 << 20;       // Requests and replies, unless `memory` is given.
  std::shared_ptr<ApiMeters> meters = std::make_shared<ApiMeters>();  // Its refusals.
  // A client that takes nothing of its reply for so long is cut off, and so is one that takes it
  // more slowly than that, on average, in bytes a second.
  Duration write_timeout = std::chrono::seconds(30);
  std::size_t min_reply_rate = 16 << 10;
  // Beyond max_connections, for probes and operators; 0: none.
  std::size_t reserved_connections = 0;
  std::shared_ptr<MemoryBudget> memory = nullptr;      // Shared with other servers and handlers.
  std::shared_ptr<Descriptors> descriptors = nullptr;  // Null: they are not looked after.
};

// Thread-safe, except for construction and destruction.
class HttpServer {
 public:
  // `handlers`, `log` and the loops outlive the server.
  HttpServer(HttpServerConfig config, Handlers& handlers, Log& log, std::vector<AsioLoop*> loops);

  // After Close has reported, or after every loop has stopped. The loops themselves are
  // destroyed later than the server.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and begins to accept; returns the bound port. Call once.
  Result<std::uint16_t> Listen();

  std::uint16_t port() const;

  // Closes the listening socket; connections go on.
  void StopAccepting();

  // Stops accepting, closes idle connections (after HttpServerConfig::idle_grace), and every other
  // one after the reply under way; whatever is left after `grace` is cut. Then calls `done` on a
  // loop's thread.
  void Close(Duration grace, std::function<void()> done);

  std::size_t connections() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace treaty::api
