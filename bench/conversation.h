// The requests of one transaction, built once; each use only puts in its own gid.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "load_options.h"
#include "socket.h"

namespace treaty::bench {

class Conversation {
 public:
  Conversation(const LoadOptions& options, const Address& to);

  // How many requests one transaction takes; the last one is answered with its outcome.
  std::size_t size() const { return requests_.size(); }

  // Returns request `stage` of transaction `number`; valid until the next call for that stage.
  const std::string& Request(std::size_t stage, std::uint64_t number);

 private:
  struct Template {
    std::string text;
    std::size_t digits_at = 0;
  };
  void Add(const std::string& action, const std::string& fields);

  Address to_;
  std::string type_;
  std::string prefix_;
  std::vector<Template> requests_;
};

}  // namespace treaty::bench
