// Sockets without timers of their own. A request usually goes out in one system call, and its
// reply comes in with another.

#include "participant/http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <utility>

#include "participant/http/gunzip.h"
#include "runtime/tls_trouble.h"

namespace treaty {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kLargestBuffer = kMaxReplyHeaderBytes + 4 * 1024;

std::array<asio::const_buffer, 2> Gather(std::string_view head, std::string_view payload) {
  return {asio::buffer(head.data(), head.size()), asio::buffer(payload.data(), payload.size())};
}

}  // namespace

Connection::Connection(asio::io_context& context, ConnectionOwner& owner, Options options)
    : context_(context), owner_(owner), options_(std::move(options)), socket_(context) {}

void Connection::Dial(std::vector<Endpoint> endpoints, Steady::time_point deadline) {
  endpoints_ = std::move(endpoints);
  deadline_ = deadline;
  dialing_ = true;
  TryNext();
}

void Connection::TryNext() {
  if (next_ == endpoints_.size()) return FailLater(why_);
  const auto now = Steady::now();
  const auto left = static_cast<Steady::rep>(endpoints_.size() - next_);
  attempt_until_ = now + (deadline_ - now) / left;
  const Endpoint& endpoint = endpoints_[next_++];
  Error error;
  socket_.close(error);
  socket_.open(endpoint.protocol(), error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (error) {
    why_ = "connect: " + error.message();
    return TryNext();
  }
  socket_.async_connect(endpoint, [self = shared_from_this()](const Error& result) {
    if (!self->closed_) self->Connected(result);
  });
}

void Connection::Connected(const Error& error) {
  if (error) {
    why_ = "connect: " + error.message();
    return TryNext();
  }
  if (options_.tls != nullptr) return Handshake();
  dialing_ = false;
  owner_.OnDialed(*this);
}

void Connection::Handshake() {
  tls_.emplace(socket_, *options_.tls);
  if (!options_.server_is_address) {
    SSL_set_tlsext_host_name(tls_->native_handle(), options_.server_name.c_str());
  }
  Error error;
  tls_->set_verify_callback(asio::ssl::host_name_verification(options_.server_name), error);
  if (error) return FailLater("TLS: " + error.message());
  // No other address is tried from here on: the machine answered.
  dialing_ = false;
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this()](const Error& result) {
                          if (self->closed_) return;
                          if (result) {
                            return self->Broken(TlsTrouble(*self->tls_->native_handle(), result));
                          }
                          self->owner_.OnDialed(*self);
                        });
}

void Connection::CheckAttempt(Steady::time_point now) {
  if (!dialing_ || now < attempt_until_ || next_ == endpoints_.size()) return;
  Error error;
  socket_.cancel(error);
}

void Connection::FailLater(std::string why) {
  asio::post(context_, [self = shared_from_this(), text = std::move(why)] {
    if (!self->closed_) self->Broken(text);
  });
}

void Connection::Exchange(std::shared_ptr<const void> owner, std::string_view payload) {
  sending_ = std::move(owner);
  heard_ = false;
  begin_ = end_ = 0;
  if (in_.empty()) in_.resize(kFirstBuffer);
  parser_.emplace(body_, options_.max_reply_bytes);
  if (tls_) {
    SendTls(payload);
  } else {
    Send(payload);
  }
}

void Connection::Send(std::string_view payload) {
  Error error;
  const std::size_t sent = socket_.write_some(Gather(head_, payload), error);
  if (error == asio::error::would_block || (!error && sent < head_.size() + payload.size())) {
    return SendRest(payload, sent);
  }
  // If sending failed, reading tells why: there may even be a reply.
  Read();
}

void Connection::SendRest(std::string_view payload, std::size_t sent) {
  const std::string_view head = std::string_view(head_).substr(std::min(sent, head_.size()));
  const std::size_t of_payload = sent - (head_.size() - head.size());
  asio::async_write(socket_, Gather(head, payload.substr(of_payload)),
                    [self = shared_from_this(), keep = sending_](const Error&, std::size_t) {
                      if (!self->closed_) self->Read();
                    });
}

void Connection::SendTls(std::string_view payload) {
  head_ += payload;  // One record, and one buffer that lives long enough.
  asio::async_write(*tls_, asio::buffer(head_),
                    [self = shared_from_this()](const Error&, std::size_t) {
                      if (!self->closed_) self->Read();
                    });
}

void Connection::Read() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == in_.size() && begin_ > 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.end(), in_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size()) in_.resize(std::min(2 * in_.size(), kLargestBuffer));
  if (end_ == in_.size()) return FailLater("malformed reply");
  const auto room = asio::buffer(in_.data() + end_, in_.size() - end_);
  auto handler = [self = shared_from_this()](const Error& error, std::size_t bytes) {
    if (!self->closed_) self->Received(error, bytes);
  };
  if (tls_) {
    tls_->async_read_some(room, std::move(handler));
  } else {
    socket_.async_read_some(room, std::move(handler));
  }
}

void Connection::Received(const Error& error, std::size_t bytes) {
  if (error) return Ended(error);
  heard_ = true;
  end_ += bytes;
  Parse();
}

void Connection::Ended(const Error& error) {
  if (error != asio::error::eof) return Broken("read: " + error.message());
  if (!heard_) return Broken("closed without a reply");
  Error incomplete;
  parser_->put_eof(incomplete);
  if (incomplete || !parser_->is_done()) return Broken("closed within the reply");
  Deliver();
}

// Writes the blank that the parser misses, and lets it begin anew.
bool Connection::CompleteStatusLine() {
  const std::string_view got(in_.data() + begin_, end_ - begin_);
  if (!EndsAfterStatus(got) || end_ >= kLargestBuffer) return false;
  if (end_ == in_.size()) in_.push_back('\0');
  const auto blank = in_.begin() + static_cast<std::ptrdiff_t>(begin_ + kStatusLineSize);
  std::copy_backward(blank, in_.begin() + static_cast<std::ptrdiff_t>(end_),
                     in_.begin() + static_cast<std::ptrdiff_t>(end_ + 1));
  *blank = ' ';
  ++end_;
  parser_.emplace(body_, options_.max_reply_bytes);
  return true;
}

void Connection::Parse() {
  while (begin_ < end_) {
    Error error;
    begin_ += parser_->put(asio::buffer(in_.data() + begin_, end_ - begin_), error);
    if (error == boost::beast::http::error::need_more) break;
    if (error == boost::beast::http::error::bad_status && CompleteStatusLine()) continue;
    if (error) return Broken("malformed reply: " + error.message());
    if (parser_->cut()) return Deliver();
    if (!parser_->is_done()) continue;
    const bool interim = parser_->status() < 200 && parser_->status() != 101;
    if (!interim) return Deliver();
    parser_.emplace(body_, options_.max_reply_bytes);
  }
  Read();
}

void Connection::Deliver() {
  Reply reply;
  reply.status = parser_->status();
  reply.keep_alive = parser_->is_done() && parser_->keep_alive() && !parser_->cut() &&
                     begin_ == end_ && reply.status != 101;
  std::optional<std::string> unpacked;
  if (parser_->gzip()) {
    unpacked = Gunzip(body_, options_.max_reply_bytes, parser_->cut());
    reply.readable = unpacked.has_value();
  }
  reply.body = unpacked ? std::string_view(*unpacked) : std::string_view(body_);
  sending_.reset();
  owner_.OnReply(*this, reply);
}

void Connection::Broken(const std::string& why) { owner_.OnBroken(*this, why); }

bool Connection::IsQuiet() {
  if (tls_) return true;  // Session tickets may be waiting; a closed one is found on use.
  char byte = 0;
  const auto got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connection::Close() {
  closed_ = true;
  dialing_ = false;
  Error error;
  socket_.close(error);
}

}  // namespace treaty
