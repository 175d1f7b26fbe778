// A client that sends any bytes, in any pieces, reads what comes, and goes.
//
// Goal: the server answers or closes, and no connection is left behind when its client has gone.
// The server is the real one, over the real handlers and an engine in virtual time.

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/http/server.h"
#include "base/check.h"
#include "engine/world.h"
#include "fuzz/pieces.h"
#include "runtime/asio_loop.h"

namespace treaty::fuzz {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

api::HandlerConfig HandlersOf() {
  api::HandlerConfig config;
  config.targets.allow_loopback = true;
  return config;
}

class Door {
 public:
  Door() { TREATY_CHECK(server_.Listen().ok()); }

  void Serve(Pieces pieces) {
    Tcp::socket client(client_context_);
    client.connect({asio::ip::address_v4::loopback(), server_.port()});
    client.non_blocking(true);
    Step();
    while (!pieces.empty()) {
      const std::string_view piece = pieces.Take();
      boost::system::error_code error;
      asio::write(client, asio::buffer(piece.data(), piece.size()), error);
      Step();
      Drain(client);
      if (error) break;
    }
    if (pieces.ends_by_reset()) client.set_option(Tcp::socket::linger(true, 0));
    client.close();
    AwaitEnd();
  }

 private:
  void Step() {
    loop_.context().restart();
    loop_.context().poll();
    world_.Run(std::chrono::milliseconds(10));
    loop_.context().restart();
    loop_.context().poll();
  }

  static void Drain(Tcp::socket& client) {
    char bytes[4096];
    while (recv(client.native_handle(), bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
  }

  void AwaitEnd() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_.connections() > 0) {
      Step();
      TREATY_CHECK(std::chrono::steady_clock::now() < limit);
    }
  }

  asio::io_context client_context_;
  testing::World world_;
  testing::Counter random_{7};
  testing::SilentLog log_;
  AsioLoop loop_;
  api::Handlers handlers_{HandlersOf(), *world_.engine, world_.clock, random_};
  api::HttpServer server_{{}, handlers_, log_, std::vector<AsioLoop*>{&loop_}};
};

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* door = new treaty::fuzz::Door();
  door->Serve({data, size});
  return 0;
}
