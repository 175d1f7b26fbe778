// A network between a client and a server that a test can break.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace treaty::test {

class TcpProxy {
 public:
  // Listens on a port of its own and forwards to 127.0.0.1:`target`.
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();

  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const { return port_; }

  // Ends every connection, and returns when none is left; new ones are taken.
  void Cut();

  // While set, nothing passes in either direction and connections stay open.
  void Swallow(bool on) { swallow_ = on; }

  // The next time that a client sends `words`, they still reach the server; its reply does not
  // reach the client, and the connection ends.
  void LoseReplyTo(const std::string& words);

  // How many replies were lost so.
  int lost() const { return lost_; }

 private:
  void Accept();
  void Forward(int client);
  bool Pump(int from, int to, bool request, bool& losing);
  bool IsToLose(const std::string& bytes);

  const std::uint16_t target_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> ending_{false};
  std::atomic<bool> swallow_{false};
  std::atomic<int> epoch_{0};
  std::atomic<int> open_{0};
  std::atomic<int> lost_{0};
  std::mutex mutex_;
  std::string words_;                 // Guarded by mutex_.
  std::vector<std::thread> threads_;  // Of the accepting thread; joined after it.
  std::thread acceptor_;
};

}  // namespace treaty::test
