// A participant on its own loop, driven by the test's thread.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "participant/http/http_participant.h"

namespace treaty::test {

class NoLog final : public Log {
 public:
  bool Enabled(LogLevel) const override { return false; }
  void Write(LogLevel, std::string_view, std::string_view) override {}
};

BranchCall CallTo(const std::string& url, const std::string& payload = "{}",
                  Duration timeout = std::chrono::seconds(10));

HttpParticipantConfig LocalConfig();

class World {
 public:
  explicit World(HttpParticipantConfig config = LocalConfig());

  // With a participant of another kind.
  using Make = std::function<std::unique_ptr<Participant>(AsioLoop&)>;
  explicit World(const Make& make) : participant_(make(loop_)) {}

  // Makes one call and runs the loop until it is answered.
  BranchReply Ask(BranchCall call);

  // Makes all calls at once and runs the loop until all are answered; replies in their order.
  std::vector<BranchReply> AskAll(std::vector<BranchCall> calls);

  Participant& participant() { return *participant_; }
  AsioLoop& loop() { return loop_; }

  // Runs the loop until `done` says so; fails the test after 20 s.
  void RunUntil(const std::function<bool()>& done);

 private:
  AsioLoop loop_;
  NoLog log_;
  std::unique_ptr<Participant> participant_;
};

}  // namespace treaty::test
