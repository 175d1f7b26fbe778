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
#include <cerrno>
#include <utility>

#include "base/enough_memory.h"
#include "participant/shortage.h"
#include "runtime/open_socket.h"
#include "runtime/tls_context.h"
#include "runtime/tls_trouble.h"

namespace treaty {
namespace {

namespace asio = boost::asio;

std::array<asio::const_buffer, 2> Gather(std::string_view head, std::string_view payload) {
  return {asio::buffer(head.data(), head.size()), asio::buffer(payload.data(), payload.size())};
}

}  // namespace

Connection::Connection(asio::io_context& context, ConnectionOwner& owner, Options options)
    : context_(context),
      owner_(owner),
      options_(std::move(options)),
      socket_(context),
      reader_(options_.max_reply_bytes) {}

void Connection::Dial(std::vector<Endpoint> endpoints, Steady::time_point deadline) {
  endpoints_ = std::move(endpoints);
  deadline_ = deadline;
  dialing_ = true;
  TryNext();
}

void Connection::TryNext() {
  if (next_ == endpoints_.size()) {
    return FailLater(why_, short_of_means_ ? Fault::kOurs : Fault::kPeers);
  }
  const auto now = Steady::now();
  const auto left = static_cast<Steady::rep>(endpoints_.size() - next_);
  attempt_until_ = now + (deadline_ - now) / left;
  const Endpoint& endpoint = endpoints_[next_++];
  Error error;
  socket_.close(error);
  OpenSocket(socket_, endpoint.protocol(), options_.descriptors, error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (error) return Connected(error);
  socket_.async_connect(endpoint, [self = shared_from_this()](const Error& result) {
    self->Run([&] { self->Connected(result); });
  });
}

void Connection::Connected(const Error& error) {
  if (error) {
    why_ = "connect: " + error.message();
    const Endpoint& tried = endpoints_[next_ - 1];
    short_of_means_ = short_of_means_ &&
                      IsShortage(error.value(), tried.data(), static_cast<socklen_t>(tried.size()));
    return TryNext();
  }
  if (options_.tls != nullptr) return Handshake();
  dialing_ = false;
  owner_.OnDialed(*this);
}

void Connection::Handshake() {
  // No other address is tried from here on: the machine answered.
  dialing_ = false;
  const Status begun = BeginTls(socket_, *options_.tls, tls_);
  if (!begun.ok()) return FailLater(begun.message(), Fault::kOurs);
  if (!options_.server_is_address) {
    SSL_set_tlsext_host_name(tls_->native_handle(), options_.server_name.c_str());
  }
  Error error;
  tls_->set_verify_callback(asio::ssl::host_name_verification(options_.server_name), error);
  if (error) return FailLater("TLS: " + error.message());
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this()](const Error& result) {
                          self->Run([&] {
                            if (result) {
                              return self->Broken(TlsTrouble(*self->tls_->native_handle(), result));
                            }
                            self->owner_.OnDialed(*self);
                          });
                        });
}

void Connection::CheckAttempt(Steady::time_point now) {
  if (!dialing_ || now < attempt_until_ || next_ == endpoints_.size()) return;
  Error error;
  socket_.cancel(error);
}

void Connection::FailLater(std::string why, Fault fault) {
  fault_ = fault;
  asio::post(context_, [self = shared_from_this(), text = std::move(why)] {
    self->Run([&] { self->Broken(text); });
  });
}

Status Connection::Exchange(std::shared_ptr<const void> owner, std::string_view payload) {
  if (tls_) {  // One record, and one buffer that lives long enough.
    const Status joined = WithinMemory([&]() -> Status {
      head_ += payload;
      return {};
    });
    if (!joined.ok()) return joined;
  }
  sending_ = std::move(owner);
  reader_.Begin();
  if (tls_) {
    SendTls();
  } else {
    Send(payload);
  }
  Read();
  return {};
}

// If sending fails, reading tells why: there may even be a reply.
void Connection::Send(std::string_view payload) {
  Error error;
  const std::size_t sent = socket_.write_some(Gather(head_, payload), error);
  if (error == asio::error::would_block || (!error && sent < head_.size() + payload.size())) {
    SendRest(payload, sent);
  }
}

void Connection::SendRest(std::string_view payload, std::size_t sent) {
  const std::string_view head = std::string_view(head_).substr(std::min(sent, head_.size()));
  const std::size_t of_payload = sent - (head_.size() - head.size());
  writing_ = true;
  asio::async_write(socket_, Gather(head, payload.substr(of_payload)),
                    [self = shared_from_this(), keep = sending_](const Error&, std::size_t) {
                      self->Run([&] { self->writing_ = false; });
                    });
}

void Connection::SendTls() {
  writing_ = true;
  asio::async_write(*tls_, asio::buffer(head_),
                    [self = shared_from_this()](const Error&, std::size_t) {
                      self->Run([&] { self->writing_ = false; });
                    });
}

void Connection::Read() {
  const auto room = reader_.Room();
  if (room.empty()) return FailLater(kNoMemoryToRead);
  auto handler = [self = shared_from_this()](const Error& error, std::size_t bytes) {
    self->Run([&] { self->Received(error, bytes); });
  };
  if (tls_) {
    tls_->async_read_some(asio::buffer(room.data(), room.size()), std::move(handler));
  } else {
    socket_.async_read_some(asio::buffer(room.data(), room.size()), std::move(handler));
  }
}

void Connection::Received(const Error& error, std::size_t bytes) {
  if (!error) return GoOn(reader_.Take(bytes));
  if (error != asio::error::eof) return Broken("read: " + error.message());
  GoOn(reader_.End());
}

void Connection::GoOn(ReplyReader::State state) {
  switch (state) {
    case ReplyReader::State::kMore:
      return Read();
    case ReplyReader::State::kDone:
      return Deliver();
    case ReplyReader::State::kBroken:
      return Broken(reader_.why());
  }
}

void Connection::Deliver() {
  const Reply reply{.status = reader_.status(),
                    .body = reader_.body(),
                    .retry_after = reader_.retry_after(),
                    .keep_alive = reader_.keep_alive() && !writing_};
  sending_.reset();
  owner_.OnReply(*this, reply);
}

void Connection::Broken(const std::string& why) { owner_.OnBroken(*this, why); }

// With TLS what is waiting may be a ticket for a later session, which reading takes in.
bool Connection::IsQuiet() {
  char byte = 0;
  if (!tls_) {
    const auto got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  Error error;
  tls_->read_some(asio::buffer(&byte, 1), error);
  return error == asio::error::would_block;
}

// With TLS the head held the payload as well.
void Connection::Rest() {
  reader_.Rest();
  if (head_.capacity() > ReplyReader::kKeptBuffer) std::string().swap(head_);
}

void Connection::Close() {
  closed_ = true;
  dialing_ = false;
  Error error;
  socket_.close(error);
}

}  // namespace treaty
