// A client that sends any bytes, in any pieces, reads what comes, and goes.
//
// Goal: the server answers or closes, and no connection is left behind when its client has gone, or
// waits in silence for an answer. The server is the real one, with limits and times so small that
// short inputs meet them, over the real handlers and an engine in virtual time.

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/http/server.h"
#include "base/check.h"
#include "engine/world.h"
#include "fuzz/met.h"
#include "fuzz/pieces.h"
#include "runtime/asio_loop.h"

namespace treaty::fuzz {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

constexpr std::size_t kMemory = 20 << 10;
constexpr std::size_t kMostHead = 2 << 10;
constexpr std::size_t kMostBody = 16 << 10;
constexpr Duration kPatience = std::chrono::milliseconds(40);

api::HandlerConfig HandlersOf(const std::shared_ptr<MemoryBudget>& memory) {
  api::HandlerConfig config;
  config.targets.allow_loopback = true;
  config.memory = memory;
  config.max_steps = 4;
  config.max_payload_bytes = 64;
  config.max_payload_total_bytes = 128;
  return config;
}

api::HttpServerConfig ServerOf(const std::shared_ptr<MemoryBudget>& memory) {
  api::HttpServerConfig config;
  config.memory = memory;
  config.max_header_bytes = kMostHead;
  config.max_body_bytes = kMostBody;
  config.header_timeout = config.body_timeout = kPatience;
  config.idle_timeout = config.write_timeout = kPatience;
  return config;
}

Met& met() {
  static auto* met = [] {
    auto* made = new Met();
    for (const char* limit : {"the header is too large", "too many header fields",
                              "the body is too large", "too many large requests at once",
                              "took too long to arrive", "are too large", "nothing but empty lines",
                              "Limits.Steps", "Limits.PayloadBytes", "Limits.PayloadTotalBytes"}) {
      made->Expect(limit);
    }
    return made;
  }();
  return *met;
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
    if (pieces.waits()) AwaitAnswer(client);
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

  // Whether the server has ended the connection.
  static bool Drain(Tcp::socket& client) {
    char bytes[4096];
    for (;;) {
      const auto got = recv(client.native_handle(), bytes, sizeof(bytes), MSG_DONTWAIT);
      if (got <= 0) return got == 0 || errno != EAGAIN;
      met().Note({bytes, static_cast<std::size_t>(got)});
    }
  }

  // Whatever has been sent: the server ends it by itself.
  void AwaitAnswer(Tcp::socket& client) {
    StepUntil([&] { return Drain(client); });
  }
  void AwaitEnd() {
    StepUntil([&] { return server_.connections() == 0; });
  }
  void StepUntil(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      Step();
      TREATY_CHECK(std::chrono::steady_clock::now() < limit);
    }
  }

  asio::io_context client_context_;
  testing::World world_;
  testing::Counter random_{7};
  testing::SilentLog log_;
  AsioLoop loop_;
  const std::shared_ptr<MemoryBudget> memory_ = std::make_shared<MemoryBudget>(kMemory);
  api::Handlers handlers_{HandlersOf(memory_), *world_.engine, world_.clock, random_};
  api::HttpServer server_{ServerOf(memory_), handlers_, log_, std::vector<AsioLoop*>{&loop_}};
};

}  // namespace
}  // namespace treaty::fuzz

extern "C" bool TreatyFuzzMetAll() { return treaty::fuzz::met().All(); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* door = new treaty::fuzz::Door();
  door->Serve({data, size});
  return 0;
}
