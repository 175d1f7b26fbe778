#include "participant/world.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace treaty::test {

BranchCall CallTo(const std::string& url, const std::string& payload, Duration timeout) {
  auto body = std::make_shared<Body>();
  body->gid = "g-1";
  body->steps.push_back({url, url, payload});
  BranchCall call;
  call.step = std::shared_ptr<const Step>(body, &body->steps.front());
  call.body = std::move(body);
  call.terms = std::make_shared<Terms>();
  call.timeout = timeout;
  return call;
}

HttpParticipantConfig LocalConfig() {
  HttpParticipantConfig config;
  config.targets.allow_loopback = true;
  return config;
}

World::World(HttpParticipantConfig config)
    : participant_(MakeHttpParticipant(std::move(config), loop_, log_)) {}

void World::RunUntil(const std::function<bool()>& done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    loop_.context().restart();
    loop_.context().run_one_for(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > limit) {
      FAIL() << "not done after 20 s";
    }
  }
}

std::vector<BranchReply> World::AskAll(std::vector<BranchCall> calls) {
  std::vector<BranchReply> replies(calls.size());
  std::size_t answered = 0;
  bool calling = true;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    participant_->Call(std::move(calls[i]), [&, i](BranchReply reply) {
      EXPECT_FALSE(calling) << "reported before Call had returned";
      replies[i] = std::move(reply);
      ++answered;
    });
  }
  calling = false;
  RunUntil([&] { return answered == replies.size(); });
  EXPECT_EQ(answered, replies.size()) << "reported more than once";
  return replies;
}

BranchReply World::Ask(BranchCall call) {
  std::vector<BranchCall> calls;
  calls.push_back(std::move(call));
  return AskAll(std::move(calls))[0];
}

}  // namespace treaty::test
