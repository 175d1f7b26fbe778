// One client's connection: reads requests one after the other, answers each before the next.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/arriving_body.h"
#include "api/http/message.h"
#include "api/http/server_state.h"
#include "base/memory_budget.h"

namespace treaty::api {

using Executor = boost::asio::io_context::executor_type;
// With the concrete executor: the type-erased one costs allocations.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

// Who is at the other end.
struct Peer {
  std::string address;
  std::string key;        // An AddressKey's; of the reserve its site.
  bool reserved = false;  // The connection is one of the reserve.
};

// Used on its shard's loop only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Steady = std::chrono::steady_clock;

  // `peer` has been counted in by `state`, and is counted out when the connection closes.
  Connection(Socket socket, Peer peer, std::shared_ptr<ServerState> state, Shard& shard);

  void Start();
  // Closes soon if no request is under way, otherwise after its reply.
  void Drain();
  void Cut() { Close(); }
  void CheckDeadline(Steady::time_point now);

 private:
  enum class Phase : std::uint8_t {  // In the order in which a request goes through them.
    kIdle,
    kHeader,
    kBody,
    kHandling,
    kWriting,
    kLingering,
    kClosed
  };

  using Parser = boost::beast::http::request_parser<ArrivingBody>;

  // The parser calls it for the head of each chunk; fails when the extensions are too long
  // together.
  struct ChunkExtensions {
    std::size_t most;
    std::size_t seen = 0;
    void operator()(std::uint64_t size, boost::beast::string_view text,
                    boost::system::error_code& error);
  };

  void BeginRequest();
  void Read();
  void OnRead(std::size_t bytes);
  bool AwaitsChunk() const;
  void Consume();
  bool SkipEmptyLines();
  std::string_view Unparsed() const;
  bool Parse();
  void NoteHead(std::size_t bytes);
  bool AcceptHeader();
  bool AcceptSize();
  void Fail(const boost::system::error_code& error);
  void Refuse(int status, std::string_view message);
  void SendContinue();
  void Dispatch();
  bool EnterAsReserved(std::string_view target);
  void OnReply(HttpReply reply);
  void Send(HttpReply reply);
  void Write();
  void OnWritten();
  void OnSent();
  void Linger();
  bool EndsNow() const;
  void Close();
  void SetDeadline(Phase phase, Duration allowed);
  bool TooSlow(Steady::time_point now) const;
  bool ReadsTooSlowly(Steady::time_point now) const;
  void LookAtReply(Steady::time_point now);
  void LookAtPeer(Steady::time_point now);

  Socket socket_;
  const Peer peer_;
  const std::shared_ptr<ServerState> state_;
  Shard& shard_;
  Phase phase_ = Phase::kIdle;
  Steady::time_point deadline_ = Steady::time_point::max();
  Steady::time_point body_begun_;
  boost::beast::flat_buffer buffer_;
  ChunkExtensions extensions_;
  std::optional<Parser> parser_;  // Refers to extensions_.
  std::string out_;               // The reply's head; of a small one all of it.
  HttpReply reply_;               // A large one, while it is being written.
  std::size_t written_ = 0;       // Bytes of its body.
  std::size_t writing_ = 0;       // Of them, those that are under way.
  Steady::time_point write_begun_;
  MemoryShare memory_;               // Of this request.
  std::size_t head_bytes_ = 0;       // Parsed of this request's head.
  std::size_t head_lines_ = 0;       // Of them, ends of lines.
  HttpRequest request_;              // Its head, once that is complete.
  std::shared_ptr<HeldReply> held_;  // While the request is being handled.
  Steady::time_point handling_begun_;
  std::optional<Steady::time_point> finished_;  // When the client was seen to send no more.
  Steady::time_point next_probe_;
  std::size_t lingered_ = 0;  // Bytes thrown away since the last reply.
  std::size_t empty_ = 0;     // Bytes of empty lines ahead of this request.
  bool reading_ = false;
  bool header_done_ = false;
  bool close_after_ = false;
  bool http_1_0_ = false;
  bool no_body_ = false;  // The request is a HEAD.
  bool lists_ = false;    // It is one of the reserve's lists.
};

}  // namespace treaty::api
