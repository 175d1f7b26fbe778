// A client that sends bytes exactly as told, and reads replies one by one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace treaty::testing {

struct RawReply {
  int status = 0;    // 0: the connection ended before a whole reply.
  std::string head;  // With the status line.
  std::string body;
};

class RawClient {
 public:
  // With a receive buffer of that size, or as the system has it.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Returns false when the server has closed the connection.
  bool Send(std::string_view bytes);
  // Ends the sending direction only.
  void FinishSending();
  // Reads one reply; gives up after ten seconds.
  RawReply Read();
  // Reads what there is; 0: nothing came, or the server has closed.
  std::size_t ReadSome();
  // The status of the next reply, which is left to be read; 0: none has come, also after ten
  // seconds.
  int PeekStatus();
  // Makes the system tell the server that this end is gone.
  void Reset();
  // Reads until `text` has come; false: the server closed first, or ten seconds passed.
  bool ReadUntil(std::string_view text);
  // Whether the server ends the connection without sending more, within ten seconds.
  bool AtEnd();

 private:
  bool Receive();

  int socket_ = -1;
  std::string buffer_;
};

}  // namespace treaty::testing
