// A participant that answers a call with any bytes, in any pieces, and then ends the connection.
//
// Goal: the call ends exactly once, whatever comes. Nothing but the reader of replies is ours to
// judge here: a crash, a report of a sanitizer or a call that never ends is the failure. So little
// of a reply is kept that short ones are searched for the rest.

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "fuzz/met.h"
#include "fuzz/pieces.h"
#include "participant/world.h"

namespace treaty::fuzz {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

// On the loop of the participant that it answers, so that the order of events is the input's.
class Answerer {
 public:
  explicit Answerer(asio::io_context& context)
      : acceptor_(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    Accept();
  }

  void Answer(Pieces pieces) { pieces_ = pieces; }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/a";
  }

 private:
  struct Peer {
    explicit Peer(Tcp::socket accepted) : socket(std::move(accepted)) {}
    Tcp::socket socket;
    std::array<char, 4096> request{};
  };
  using Shared = std::shared_ptr<Peer>;

  void Accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, Tcp::socket socket) {
      if (error) return;
      Read(std::make_shared<Peer>(std::move(socket)));
      Accept();
    });
  }

  void Read(const Shared& peer) {
    peer->socket.async_read_some(asio::buffer(peer->request),
                                 [this, peer](const boost::system::error_code& error, std::size_t) {
                                   if (!error) Write(peer);
                                 });
  }

  void Write(const Shared& peer) {
    if (pieces_.empty()) return End(peer);
    const std::string_view piece = pieces_.Take();
    asio::async_write(peer->socket, asio::buffer(piece.data(), piece.size()),
                      [this, peer](const boost::system::error_code& error, std::size_t) {
                        if (!error) Write(peer);
                      });
  }

  void End(const Shared& peer) {
    boost::system::error_code ignored;
    if (pieces_.ends_by_reset()) peer->socket.set_option(Tcp::socket::linger(true, 0), ignored);
    peer->socket.close(ignored);
  }

  Tcp::acceptor acceptor_;
  Pieces pieces_{nullptr, 0};
};

HttpParticipantConfig ConfigOf() {
  HttpParticipantConfig config = test::LocalConfig();
  config.max_reply_bytes = 256;
  return config;
}

Met& met() {
  static auto* met = [] {
    auto* made = new Met();
    for (const char* limit :
         {"header limit exceeded", "too costly to unpack", "too long to be searched", "interim"}) {
      made->Expect(limit);
    }
    return made;
  }();
  return *met;
}

void RunOne(Pieces pieces) {
  static auto* world = new test::World(ConfigOf());
  static auto* answerer = new Answerer(world->loop().context());
  answerer->Answer(pieces);
  int answers = 0;
  world->participant().Call(test::CallTo(answerer->url()), [&](const BranchReply& reply) {
    met().Note(reply.text);
    ++answers;
  });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (answers == 0) {
    world->loop().context().restart();
    world->loop().context().run_one_for(std::chrono::milliseconds(100));
    TREATY_CHECK(std::chrono::steady_clock::now() < limit);
  }
  world->loop().context().poll();
  TREATY_CHECK(answers == 1);
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" bool TreatyFuzzMetAll() { return treaty::fuzz::met().All(); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::RunOne({data, size});
  return 0;
}
