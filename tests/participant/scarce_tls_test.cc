// TLS that there is no memory for: nothing was sent, and the process lives.

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "participant/identity.h"
#include "participant/tls_server.h"
#include "participant/world.h"
#include "runtime/connect_trial.h"
#include "runtime/tls_context.h"
#include "support/scarce_memory.h"

namespace treaty::test {
namespace {

// A stream has two buffers of 17 KiB.
constexpr std::size_t kTooLittle = 16'000;

class ScarceTls : public ::testing::Test {
 protected:
  const Identity identity_{"DNS:localhost,IP:127.0.0.1"};
  const CaFile ca_{identity_};
  TlsServer server_{identity_};
};

TEST_F(ScarceTls, OfACallIsAsIfItWasNotMade) {
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = ca_.path();
  World world(config);
  {
    const testing::ScarceMemory scarce(kTooLittle);
    EXPECT_EQ(world.Ask(CallTo(server_.url("127.0.0.1"))).outcome, Outcome::kNotSent);
    EXPECT_GT(testing::ScarceMemory::refused(), 0U);
  }
  EXPECT_EQ(world.Ask(CallTo(server_.url("127.0.0.1"))).text, "over TLS");
}

// With TLS the payload is copied behind the head.
TEST_F(ScarceTls, APayloadThatThereIsNoMemoryForWasNotSent) {
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = ca_.path();
  TlsServer server(identity_, [](TlsServer::Stream& peer, int) {
    std::string request;
    boost::system::error_code error;
    while (boost::asio::read_until(peer, boost::asio::dynamic_buffer(request), '!', error) > 0) {
      request.clear();
      TlsServer::Write(peer, HttpReply(409, "over TLS"));
    }
  });
  World world(config);
  const auto ask = [&](std::size_t most) {
    const BranchCall call = CallTo(server.url("127.0.0.1"), std::string(100'000, 'x') + "!");
    const testing::ScarceMemory scarce(most);
    return world.Ask(call);
  };
  EXPECT_EQ(ask(50'000).outcome, Outcome::kNotSent);
  EXPECT_EQ(ask(1 << 20).text, "over TLS");
  EXPECT_EQ(ask(50'000).outcome, Outcome::kNotSent) << "and nothing of it is kept";
}

TEST_F(ScarceTls, OfATrialIsSaid) {
  AsioLoop loop;
  TrialOptions options;
  options.endpoint = {boost::asio::ip::address_v4::loopback(), server_.port()};
  options.tls = std::make_shared<TlsContextPtr::element_type>(*MakeClientTlsContext(ca_.path()));
  std::optional<TrialEnd> end;
  TryToConnect(loop, std::move(options), [&](const TrialEnd& got) { end = got; });
  const testing::ScarceMemory scarce(kTooLittle);
  while (!end) loop.context().run_one();
  EXPECT_EQ(end->error, ENOMEM);
  EXPECT_GT(testing::ScarceMemory::refused(), 0U);
}

}  // namespace
}  // namespace treaty::test
