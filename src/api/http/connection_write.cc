// What goes out to a client, and whether it is still there to take it.

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "api/http/connection.h"
#include "api/http/reply_memory.h"
#include "api/http/response.h"

namespace treaty::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// A buffer that a large reply has left behind is given back.
constexpr std::size_t kKeptBuffer = 64 << 10;
// A large reply is written in pieces of that size, and its client must have taken one more by the
// end of each write time-out.
constexpr std::size_t kPiece = 64 << 10;
// How often a client that has finished sending is asked whether it is still there, and how long one
// that cannot be asked is waited for.
constexpr Duration kProbePeriod = std::chrono::seconds(10);
// So long a record waits for the other requests of its batch.
constexpr Duration kHeldTime = std::chrono::seconds(2);
constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// So few bytes always fit into the empty socket buffer of a client that waits for them.
void Connection::SendContinue() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.write_some(asio::buffer(kContinue, sizeof(kContinue) - 1), ignored);
}

// What the request has taken is given back only when the reply has its own.
void Connection::OnReply(HttpReply reply) {
  if (phase_ == Phase::kClosed) return;
  held_ = nullptr;
  if (shard_.draining()) close_after_ = true;
  if (!reply.memory) {
    auto memory = TakeReplyMemory(reply.body.size(), state_->memory());
    if (!memory.ok()) return Refuse(503, memory.status().message());
    reply.memory = *std::move(memory);
  }
  if (reply.memory) reply.memory->Shrink(reply.body.capacity());
  Send(std::move(reply));
}

void Connection::Send(HttpReply reply) {
  memory_.Shrink(0);
  written_ = writing_ = 0;
  const ResponseShape shape{close_after_, http_1_0_, no_body_};
  if (reply.body.size() <= kSmallReply) {
    FormatResponse(reply, shape, out_);
  } else {
    FormatHead(reply, shape, out_);
    if (!no_body_) reply_ = std::move(reply);
  }
  write_begun_ = Steady::now();
  Write();
}

// What is left of the head, and the next piece of the body.
void Connection::Write() {
  SetDeadline(Phase::kWriting, state_->config().write_timeout);
  writing_ = std::min(reply_.body.size() - written_, kPiece);
  const std::array<asio::const_buffer, 2> piece = {
      asio::buffer(out_), asio::buffer(reply_.body.data() + written_, writing_)};
  asio::async_write(socket_, piece,
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      if (self->phase_ == Phase::kClosed) return;
                      if (error) return self->Close();
                      self->OnWritten();
                    });
}

void Connection::OnWritten() {
  written_ += std::exchange(writing_, 0);
  if (written_ == reply_.body.size()) return OnSent();
  out_.clear();
  Write();
}

void Connection::OnSent() {
  if (out_.capacity() > kKeptBuffer) std::string().swap(out_);  // An assignment keeps the room.
  if (!reply_.body.empty()) reply_ = {};
  if (close_after_) return Linger();
  if (EndsNow()) return Close();
  BeginRequest();
  if (buffer_.size() > 0) return Consume();
  Read();
}

bool Connection::ReadsTooSlowly(Steady::time_point now) const {
  if (phase_ != Phase::kWriting) return false;
  const auto elapsed = std::chrono::duration_cast<Duration>(now - write_begun_);
  if (elapsed < state_->config().write_timeout) return false;
  const auto due = static_cast<std::size_t>(elapsed.count()) * state_->config().min_reply_rate;
  return (written_ + writing_) * 1'000 < due;
}

void Connection::LookAtReply(Steady::time_point now) {
  if (held_ && now - handling_begun_ >= kHeldTime) held_->Shed();
}

// A client that has gone must not keep its place while its request is under way, possibly for an
// hour. That it sends no more does not say that it has gone: it may have ended its direction only.
// So it is sent an interim response, which every client of HTTP/1.1 skips; one that has gone
// answers it with a reset.
void Connection::LookAtPeer(Steady::time_point now) {
  pollfd peer{socket_.native_handle(), POLLRDHUP, 0};
  if (::poll(&peer, 1, 0) <= 0) return;
  if ((peer.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return Close();
  if (!finished_) {
    finished_ = now;
    next_probe_ = now;
  }
  if (http_1_0_ && now - *finished_ >= kProbePeriod) return Close();
  if (http_1_0_ || now < next_probe_) return;
  next_probe_ = now + kProbePeriod;
  SendContinue();
}

}  // namespace treaty::api
