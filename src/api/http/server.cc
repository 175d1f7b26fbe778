// Accepts connections and hands them to the loops in turn.

#include "api/http/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "api/http/address_key.h"
#include "api/http/connection.h"
#include "api/http/reply.h"
#include "api/http/response.h"
#include "api/http/server_state.h"

namespace treaty::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

// Often enough that a deadline is overrun by a quarter at most, and never busy.
Duration SweepPeriod(const HttpServerConfig& config) {
  const Duration shortest = std::min(
      {config.header_timeout, config.body_timeout, config.idle_timeout, config.write_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(10), std::chrono::seconds(1));
}

bool SameWhenRetried(const error_code& error) {
  return error == asio::error::operation_aborted || error == asio::error::bad_descriptor;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(HttpServerConfig config, Handlers& handlers, Log& log, std::vector<AsioLoop*> loops);

  Result<std::uint16_t> Listen();
  void StopAccepting();
  void Close(Duration grace, std::function<void()> done);
  void Forget();
  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return state_->connections(); }

 private:
  AsioLoop& first() { return shards_.front()->loop(); }
  Status Open(const tcp::endpoint& endpoint);
  void Accept();
  void HandOver(Socket socket);
  void Admit(Socket socket, Shard& shard);
  bool MayKeep(Socket& socket);
  void TurnAway(Socket& socket);
  void OnEachShard(void (Shard::*what)());

  std::shared_ptr<ServerState> state_;
  std::vector<std::unique_ptr<Shard>> shards_;
  Acceptor acceptor_;  // On the first loop.
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

HttpServer::Impl::Impl(HttpServerConfig config, Handlers& handlers, Log& log,
                       std::vector<AsioLoop*> loops)
    : state_(std::make_shared<ServerState>(std::move(config), handlers, log)),
      acceptor_(loops.front()->context()) {
  for (AsioLoop* loop : loops) {
    shards_.push_back(std::make_unique<Shard>(*loop, SweepPeriod(state_->config())));
  }
}

Status HttpServer::Impl::Open(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) return {};
  return {Code::kUnavailable, "cannot listen on " + endpoint.address().to_string() + " port " +
                                  std::to_string(endpoint.port()) + ": " + error.message()};
}

Result<std::uint16_t> HttpServer::Impl::Listen() {
  error_code error;
  const auto address = asio::ip::make_address(state_->config().address, error);
  if (error) {
    return Status(Code::kInvalidArgument,
                  "cannot listen on '" + state_->config().address + "': use an IP address");
  }
  Status status = Open({address, state_->config().port});
  if (!status.ok()) return status;
  port_ = acceptor_.local_endpoint().port();
  first().Post([self = shared_from_this()] { self->Accept(); });
  return port_;
}

// Moves an accepted socket to the next lane's loop.
void HttpServer::Impl::HandOver(Socket socket) {
  Shard& shard = *shards_[next_++ % shards_.size()];
  error_code error;
  const auto protocol = socket.local_endpoint(error).protocol();
  const auto handle = error ? -1 : socket.release(error);
  if (error) return;
  Socket moved(shard.loop().context());
  moved.assign(protocol, handle, error);
  if (!error) Admit(std::move(moved), shard);
}

void HttpServer::Impl::Accept() {
  if (!acceptor_.is_open()) return;
  // Accepted on the acceptor's own loop and then handed over: a waiting accept must not hold a
  // socket of another loop, which may be gone before it.
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, Socket socket) {
    if (SameWhenRetried(error)) return;
    if (!error) {
      self->HandOver(std::move(socket));
      return self->Accept();
    }
    if (const auto& descriptors = self->state_->config().descriptors) descriptors->NoteNone();
    self->state_->log().Write(LogLevel::kWarn, "", "accept: " + error.message());
    self->first().After(kAcceptPause, [self] { self->Accept(); });
  });
}

void HttpServer::Impl::Admit(Socket socket, Shard& shard) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;  // Gone already.
  AddressKey key(peer.address());
  const bool reserved = !MayKeep(socket) || !state_->Enter(key.text, key.loopback);
  if (reserved && !state_->EnterReserve(key.site, key.loopback)) return TurnAway(socket);
  Peer client{peer.address().to_string(), reserved ? key.site : key.text, reserved};
  auto connection =
      std::make_shared<Connection>(std::move(socket), std::move(client), state_, shard);
  shard.loop().Post([connection] { connection->Start(); });
}

bool HttpServer::Impl::MayKeep(Socket& socket) {
  const auto& descriptors = state_->config().descriptors;
  return !descriptors || descriptors->MayKeep(socket.native_handle());
}

void HttpServer::Impl::TurnAway(Socket& socket) {
  state_->config().meters->refused.Of(503).Add();
  HttpReply reply = ErrorReply(503, "too many connections; try again later");
  reply.retry_after = std::chrono::seconds(1);
  std::string out;
  FormatResponse(reply, {.close = true}, out);
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(out), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
}

void HttpServer::Impl::StopAccepting() {
  first().Post([self = shared_from_this()] {
    error_code ignored;
    self->acceptor_.close(ignored);
  });
}

void HttpServer::Impl::Close(Duration grace, std::function<void()> done) {
  StopAccepting();
  first().Post([self = shared_from_this(), grace, done = std::move(done)]() mutable {
    self->OnEachShard(&Shard::Drain);
    self->first().After(grace, [self] { self->OnEachShard(&Shard::Cut); });
    self->state_->WhenEmpty([self, done = std::move(done)] { self->first().Post(done); });
  });
}

// Has every shard do `what` on its own loop.
void HttpServer::Impl::OnEachShard(void (Shard::*what)()) {
  for (const auto& shard : shards_) {
    shard->loop().Post([self = shared_from_this(), &shard = *shard, what] { (shard.*what)(); });
  }
}

void HttpServer::Impl::Forget() {
  for (const auto& shard : shards_) shard->Forget();
}

HttpServer::HttpServer(HttpServerConfig config, Handlers& handlers, Log& log,
                       std::vector<AsioLoop*> loops)
    : impl_(std::make_shared<Impl>(std::move(config), handlers, log, std::move(loops))) {}

HttpServer::~HttpServer() { impl_->Forget(); }

Result<std::uint16_t> HttpServer::Listen() { return impl_->Listen(); }

std::uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::StopAccepting() { impl_->StopAccepting(); }

void HttpServer::Close(Duration grace, std::function<void()> done) {
  impl_->Close(grace, std::move(done));
}

std::size_t HttpServer::connections() const { return impl_->connections(); }

}  // namespace treaty::api
