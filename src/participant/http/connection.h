// One connection to a participant: dials, then makes one exchange at a time.

#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/at_work_on.h"
#include "base/status.h"
#include "participant/http/reply_reader.h"
#include "runtime/descriptors.h"

namespace treaty {

class Connection;

struct Reply {
  int status = 0;
  ReadBody body;           // Valid during the call of OnReply.
  RetryAfter retry_after;  // The same.
  bool keep_alive = true;  // The connection can take the next exchange.
};

enum class Fault : std::uint8_t {
  kPeers,  // Or the network's.
  kOurs,   // This machine lacks what it takes, and nothing was sent.
};

// Told about each event at most once per exchange, never from inside a method of Connection.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void OnDialed(Connection& connection) = 0;
  virtual void OnReply(Connection& connection, const Reply& reply) = 0;
  virtual void OnBroken(Connection& connection, const std::string& why) = 0;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  using Steady = std::chrono::steady_clock;
  using Endpoint = boost::asio::ip::tcp::endpoint;

  struct Options {
    boost::asio::ssl::context* tls = nullptr;  // Null: plain.
    std::string server_name;                   // Verified with TLS.
    bool server_is_address = false;
    std::size_t max_reply_bytes = 0;
    Descriptors* descriptors = nullptr;  // Null: they are not looked after.
  };

  Connection(boost::asio::io_context& context, ConnectionOwner& owner, Options options);

  // Tries the endpoints in turn until `deadline`; each gets its share of the time left.
  void Dial(std::vector<Endpoint> endpoints, Steady::time_point deadline);

  // Gives up on the endpoint being tried when its share is used up and another is left.
  void CheckAttempt(Steady::time_point now);

  // Reports OnBroken soon.
  void FailLater(std::string why, Fault fault = Fault::kPeers);

  // Sends head() and `payload`, which `owner` keeps alive, and reads one reply meanwhile: one that
  // comes before everything is sent is the reply too, and the end of the exchange.
  // kResourceExhausted: there is no memory for it, and nothing was sent.
  Status Exchange(std::shared_ptr<const void> owner, std::string_view payload);

  // The peer has neither closed nor said anything since the last reply, or since it was dialled.
  bool IsQuiet();

  // The exchange is over: what it has taken is given back, but for small buffers.
  void Rest();

  void Close();  // Nothing is reported any more.

  std::string& head() { return head_; }
  bool closed() const { return closed_; }
  bool dialing() const { return dialing_; }
  bool heard() const { return reader_.heard(); }  // A byte of this exchange's reply has come.
  Fault fault() const { return fault_; }          // When OnBroken is told.

  // The owner's notes.
  void* job = nullptr;
  std::shared_ptr<const std::string> gid;  // Whose call it makes; noted during every event.
  bool reused = false;
  Steady::time_point idle_since;

 private:
  using Error = boost::system::error_code;
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;
  using Tls = boost::asio::ssl::stream<Socket&>;

  void TryNext();
  void Connected(const Error& error);
  void Handshake();
  void Send(std::string_view payload);
  void SendRest(std::string_view payload, std::size_t sent);
  void SendTls();
  void Read();
  void Received(const Error& error, std::size_t bytes);
  void GoOn(ReplyReader::State state);
  void Deliver();
  void Broken(const std::string& why);

  // Runs what an event of Asio asks for, on behalf of the call it is made for.
  template <typename Event>
  void Run(Event event) {
    if (closed_) return;
    const auto noted_gid = gid;  // The call may end meanwhile.
    const AtWorkOn noted(noted_gid.get());
    event();
  }

  boost::asio::io_context& context_;
  ConnectionOwner& owner_;
  Options options_;
  Socket socket_;
  std::optional<Tls> tls_;

  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  Steady::time_point deadline_;
  Steady::time_point attempt_until_;
  std::string why_;
  bool short_of_means_ = true;  // Every endpoint so far failed for want of something of ours.
  Fault fault_ = Fault::kPeers;

  std::shared_ptr<const void> sending_;  // Keeps the payload while it is being sent.
  std::string head_;
  ReplyReader reader_;
  bool writing_ = false;
  bool dialing_ = false;
  bool closed_ = false;
};

}  // namespace treaty
