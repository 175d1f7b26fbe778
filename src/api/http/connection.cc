// Beast parses; reading, deadlines and the order of things are ours. No timer is set per
// operation: the shard looks at the deadlines of all its connections now and then.

#include "api/http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <utility>

#include "api/http/ambiguity.h"
#include "api/http/reply.h"
#include "api/http/reserve.h"
#include "api/http/vanished.h"
#include "base/enough_memory.h"

namespace treaty::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadSize = 16 << 10;
// A buffer that a large request has left behind is given back.
constexpr std::size_t kKeptBuffer = 64 << 10;
// So much of a request is part of what a connection costs, and takes nothing of the budget.
constexpr std::size_t kSmallRequest = ArrivingBody::kFirstRoom;
// What a head takes in memory, roughly: it is there twice, as fields of the parser and as strings.
constexpr std::size_t kTimesOfHead = 2;
constexpr std::size_t kBytesOfField = 128;
// One of the reserve must have sent all of its request by then, and takes no longer over all of its
// reply, in however many pieces.
constexpr Duration kReservedTime = std::chrono::seconds(2);
// What a client may still send after a reply that ended the connection.
constexpr std::size_t kMostLingered = 8 << 20;
constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLastChunk = 5;  // "0\r\n\r\n"
constexpr std::size_t kMostFields = 128;
constexpr char kTooManyFields[] = "too many header fields; at most 128";
constexpr char kTooMany[] = "too many connections; try again later";
constexpr char kTooMuchAround[] = "the trailer, or the extensions of chunks, are too large";
constexpr char kBareLineFeed[] =
    "the lines of a request end with a carriage return and a line feed; a bare line feed ended one";

// Without the body. Taken when the head is complete: what a trailer says is no header.
HttpRequest ToRequest(const http::request_header<>& header) {
  HttpRequest request;
  request.method = header.method_string();
  request.target = header.target();
  for (const auto& field : header) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  return request;
}

}  // namespace

Connection::Connection(Socket socket, Peer peer, std::shared_ptr<ServerState> state, Shard& shard)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      state_(std::move(state)),
      shard_(shard),
      extensions_{state_->config().max_header_bytes},
      memory_(state_->memory()) {}

void Connection::ChunkExtensions::operator()(std::uint64_t, boost::beast::string_view text,
                                             error_code& error) {
  seen += text.size();
  if (seen > most) error = http::error::header_limit;
}

void Connection::Start() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  NoticeWhenVanished(socket_.native_handle());
  shard_.Add(shared_from_this());
  BeginRequest();
  if (EndsNow()) return Close();
  Read();
}

// Whether it is not even read from any more. With a grace whoever just sends something is answered.
bool Connection::EndsNow() const {
  return shard_.draining() && state_->config().idle_grace == Duration(0);
}

void Connection::BeginRequest() {
  extensions_.seen = 0;
  empty_ = 0;
  head_bytes_ = 0;
  head_lines_ = 0;
  finished_.reset();
  parser_.emplace();
  parser_->on_chunk_header(extensions_);
  parser_->header_limit(static_cast<std::uint32_t>(state_->config().max_header_bytes));
  parser_->body_limit(state_->config().max_body_bytes);
  header_done_ = false;
  no_body_ = false;
  http_1_0_ = false;
  if (buffer_.size() == 0 && buffer_.capacity() > kKeptBuffer) buffer_ = {};
  const bool ending = shard_.draining();
  SetDeadline(Phase::kIdle, ending ? state_->config().idle_grace : state_->config().idle_timeout);
}

void Connection::SetDeadline(Phase phase, Duration allowed) {
  const bool arrives_still = phase_ < Phase::kHandling && phase < Phase::kHandling;
  const bool goes_on = arrives_still || phase_ == phase;
  phase_ = phase;
  const auto now = Steady::now();
  if (!peer_.reserved) {
    deadline_ = now + allowed;
  } else {
    deadline_ = std::min(now + std::min(allowed, kReservedTime),
                         goes_on ? deadline_ : Steady::time_point::max());
  }
}

void Connection::Read() {
  if (reading_) return;  // One from before a time-out is still waiting.
  reading_ = true;
  const auto space = buffer_.prepare(kReadSize);
  socket_.async_read_some(space,
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->reading_ = false;
                            if (self->phase_ == Phase::kClosed) return;
                            if (error) return self->Close();
                            self->OnRead(bytes);
                          });
}

void Connection::OnRead(std::size_t bytes) {
  if (phase_ == Phase::kLingering) {
    lingered_ += bytes;
    if (lingered_ > kMostLingered) return Close();
    return Read();
  }
  // A reply (to a slow request) is being written: the rest of the request is of no interest.
  if (phase_ == Phase::kWriting) return;
  buffer_.commit(bytes);
  Consume();
}

std::string_view Connection::Unparsed() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

// RFC 9112 §2.2: clients may send empty lines after a body, ahead of the next request. Returns
// whether a request has begun; if not, reads on or refuses.
bool Connection::SkipEmptyLines() {
  if (parser_->got_some()) return true;
  const std::string_view left = Unparsed();
  std::size_t empty = 0;
  while (left.substr(empty).starts_with("\r\n")) empty += 2;
  const bool begun = left.size() > empty && left.substr(empty) != "\r";
  buffer_.consume(empty);
  empty_ += empty;
  if (empty_ > state_->config().max_header_bytes) {
    Refuse(400, "nothing but empty lines");
    return false;
  }
  if (!begun) Read();
  return begun;
}

// The parser's assertions do not expect to see a part of the last chunk twice. Whatever it waits
// for in a body of chunks, as many bytes are still to come, unless it is no such part at all.
bool Connection::AwaitsChunk() const {
  if (!parser_->is_header_done() || !parser_->chunked()) return false;
  const std::string_view left = Unparsed();
  return left.size() < kLastChunk && left.find_first_not_of("0\r\n") != 0;
}

void Connection::Consume() {
  if (!SkipEmptyLines()) return;
  if (phase_ == Phase::kIdle) SetDeadline(Phase::kHeader, state_->config().header_timeout);
  while (!parser_->is_done() && buffer_.size() > 0 && !AwaitsChunk()) {
    const std::size_t before = buffer_.size();
    if (!Parse()) return;
    if (buffer_.size() == before) break;
  }
  if (parser_->is_done()) return Dispatch();
  Read();
}

// Gives the parser what there is, but of a head no more than it may have: it takes lines only as a
// whole, and would count them piece by piece. Returns whether to go on.
bool Connection::Parse() {
  const std::size_t most = state_->config().max_header_bytes;
  const std::size_t there = buffer_.size();
  const std::size_t given = header_done_ ? there : std::min(there, most - head_bytes_);
  error_code error;
  std::size_t used = 0;
  const Status enough = WithinMemory([&] {
    used = parser_->put(asio::buffer(buffer_.data(), given), error);
    return Status();
  });
  if (!enough.ok()) return Refuse(503, enough.message()), false;
  if (!header_done_) NoteHead(used);
  buffer_.consume(used);
  if (head_lines_ > kMostFields + 2) return Refuse(431, kTooManyFields), false;
  const bool in_head = !parser_->is_header_done();
  if (error && in_head && HasBareLineFeed(Unparsed())) return Refuse(400, kBareLineFeed), false;
  if (error && error != http::error::need_more) return Fail(error), false;
  if (parser_->is_header_done() && !header_done_ && !AcceptHeader()) return false;
  if (!header_done_ && head_bytes_ + buffer_.size() >= most) {
    return Fail(http::error::header_limit), false;
  }
  return given < there || AcceptSize();
}

// Each field takes several times its bytes in memory.
void Connection::NoteHead(std::size_t bytes) {
  head_bytes_ += bytes;
  const std::string_view head = Unparsed().substr(0, bytes);
  head_lines_ += static_cast<std::size_t>(std::ranges::count(head, '\n'));
}

// The parser stops at the end of the head for this, and takes all there is from here on.
bool Connection::AcceptHeader() {
  header_done_ = true;
  parser_->eager(true);
  const auto& header = parser_->get();
  http_1_0_ = header.version() < 11;
  no_body_ = header.method() == http::verb::head;
  const std::string_view trouble = FindAmbiguity(header);
  if (!trouble.empty()) {
    Refuse(400, trouble);
    return false;
  }
  request_ = ToRequest(header);
  SetDeadline(Phase::kBody, state_->config().body_timeout);
  body_begun_ = Steady::now();
  const auto expect = header[http::field::expect];
  const bool has_begun = parser_->is_done() || buffer_.size() > 0;
  if (expect.empty() || has_begun || http_1_0_) return true;
  if (!boost::beast::iequals(expect, "100-continue")) {
    Refuse(417, "the only known Expect is \"100-continue\"");
    return false;
  }
  SendContinue();
  return true;
}

// The parser takes the line of a chunk's size and the trailer only as a whole: what it leaves of
// them may not grow for ever.
bool Connection::AcceptSize() {
  const std::size_t left = buffer_.size();
  if (header_done_ && !parser_->is_done() && left > state_->config().max_header_bytes) {
    Refuse(431, kTooMuchAround);
    return false;
  }
  const std::size_t head = kTimesOfHead * head_bytes_ + kBytesOfField * head_lines_;
  const std::size_t size = head + parser_->get().body().capacity() + left;
  if (size <= kSmallRequest || memory_.Grow(size)) return true;
  Refuse(503, "too many large requests at once; try again later");
  return false;
}

void Connection::Fail(const error_code& error) {
  if (error == http::error::header_limit) {
    return Refuse(431, parser_->is_header_done() ? kTooMuchAround : "the header is too large");
  }
  if (error == http::error::body_limit) {
    return Refuse(413, "the body is too large; at most " +
                           std::to_string(state_->config().max_body_bytes) + " bytes");
  }
  if (error == http::error::bad_version) return Refuse(505, "use HTTP/1.1 or HTTP/1.0");
  Refuse(400, "this is no HTTP request: " + error.message());
}

void Connection::Refuse(int status, std::string_view message) {
  close_after_ = true;
  state_->config().meters->refused.Of(status).Add();
  HttpReply reply = ErrorReply(status, message);
  if (status == 503) reply.retry_after = std::chrono::seconds(1);
  Send(reply);
}

void Connection::Dispatch() {
  phase_ = Phase::kHandling;
  auto message = parser_->release();
  close_after_ = !message.keep_alive() || shard_.draining() || peer_.reserved;
  if (peer_.reserved && !EnterAsReserved(message.target())) return Refuse(503, kTooMany);
  // The shard keeps the connection; of one that has ended before its answer nothing is left.
  auto reply = [weak = weak_from_this(), executor = socket_.get_executor()](HttpReply answer) {
    asio::dispatch(executor, [weak, answer = std::move(answer)]() mutable {
      if (const auto self = weak.lock()) self->OnReply(std::move(answer));
    });
  };
  request_.body = std::move(message.body());
  request_.keep = [this](std::shared_ptr<HeldReply> held) {
    held_ = std::move(held);
    handling_begun_ = Steady::now();
  };
  state_->handlers().Handle(std::move(request_), peer_.address, std::move(reply));
}

// Lists of others' leave room to whoever looks after the process.
bool Connection::EnterAsReserved(std::string_view target) {
  const ReserveUse use = UseOfReserve(target);
  if (use == ReserveUse::kList) lists_ = state_->BeginList();
  return use == ReserveUse::kShort || lists_;
}

// Closing with unread input would make the kernel reset the connection, and the client might
// never see the reply.
void Connection::Linger() {
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) return Close();
  buffer_.clear();
  SetDeadline(Phase::kLingering, kLingerTime);
  Read();
}

void Connection::Drain() {
  if (phase_ == Phase::kLingering || (phase_ == Phase::kIdle && EndsNow())) return Close();
  if (phase_ == Phase::kIdle) return SetDeadline(Phase::kIdle, state_->config().idle_grace);
  // A reply that is on its way does not say so any more: the next one will.
  if (phase_ != Phase::kWriting) close_after_ = true;
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  memory_.Shrink(0);
  if (std::exchange(lists_, false)) state_->EndList();
  reply_ = {};
  held_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
  const auto self = shared_from_this();
  shard_.Remove(self);
  if (peer_.reserved) {
    state_->LeaveReserve(peer_.key);
  } else {
    state_->Leave(peer_.key);
  }
}

bool Connection::TooSlow(Steady::time_point now) const {
  if (now >= deadline_ || ReadsTooSlowly(now)) return true;
  if (phase_ != Phase::kBody) return false;
  const auto elapsed = std::chrono::duration_cast<Duration>(now - body_begun_);
  if (elapsed < state_->config().header_timeout) return false;
  const auto due = static_cast<std::size_t>(elapsed.count()) * state_->config().min_body_rate;
  return parser_->get().body().size() * 1'000 < due;
}

void Connection::CheckDeadline(Steady::time_point now) {
  if (phase_ == Phase::kHandling) return LookAtReply(now), LookAtPeer(now);
  if (phase_ == Phase::kClosed || !TooSlow(now)) return;
  if (phase_ != Phase::kHeader && phase_ != Phase::kBody) return Close();
  // The read that is still waiting ends with the connection.
  Refuse(408, "the request took too long to arrive");
}

}  // namespace treaty::api
