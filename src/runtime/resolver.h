// Names to addresses, with a cache; of one loop.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace treaty {

using Addresses = std::vector<boost::asio::ip::address>;

// Used on the loop's thread only. Look-ups under way when it is destroyed are never reported.
class Resolver {
 public:
  using Done = std::function<void(const Result<Addresses>&)>;

  // `ttl`: how long an answer is used; a failure is not remembered.
  Resolver(boost::asio::io_context& context, Duration ttl);

  // Reports the addresses of `name`, never none. May report before it returns (cache, literal).
  // Look-ups of one name at the same time are one.
  void Resolve(const std::string& name, Done done);

  // The addresses known for `name` do not work: the next Resolve asks anew.
  void Forget(const std::string& name) { cache_.erase(name); }

 private:
  using Tcp =
      boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  struct Known {
    Addresses addresses;
    std::chrono::steady_clock::time_point until;
  };

  void Ask(const std::string& name);
  void Answer(const std::string& name, const Result<Addresses>& answer);

  Duration ttl_;
  std::unordered_map<std::string, Known> cache_;
  std::unordered_map<std::string, std::vector<Done>> waiting_;
  std::shared_ptr<Resolver*> self_;  // What an answer finds its way back by; gone with this.
  Tcp tcp_;
};

}  // namespace treaty
