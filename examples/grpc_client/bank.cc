#include "bank.h"

namespace {

std::string Metadata(const grpc::ServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// Which step of which transaction is called: Treaty says so with every call.
std::pair<std::string, std::string> StepOf(const grpc::ServerContext& context) {
  return {Metadata(context, "dtm-gid"), Metadata(context, "dtm-branch_id")};
}

// ABORTED is a definite no: the saga rolls back. After any other error the call comes again.
grpc::Status Refuse(const std::string& reason) { return {grpc::StatusCode::ABORTED, reason}; }

}  // namespace

Bank::Bank(std::string name, std::int64_t balance) : name_(std::move(name)), balance_(balance) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
}

std::int64_t Bank::balance() {
  const std::lock_guard lock(mutex_);
  return balance_;
}

grpc::Status Bank::Do(const Context& context, std::int64_t change) {
  const std::lock_guard lock(mutex_);
  const auto known = steps_.find(StepOf(context));
  if (known != steps_.end()) {
    return known->second == State::kDone ? grpc::Status::OK : Refuse("this step has been undone");
  }
  if (balance_ + change < 0) return Refuse(name_ + " has only " + std::to_string(balance_));
  balance_ += change;
  steps_[StepOf(context)] = State::kDone;
  return grpc::Status::OK;
}

// Remembered also where it was never done: the action may still arrive.
grpc::Status Bank::Undo(const Context& context, std::int64_t change) {
  const std::lock_guard lock(mutex_);
  const auto known = steps_.find(StepOf(context));
  if (known != steps_.end() && known->second == State::kDone) balance_ -= change;
  steps_[StepOf(context)] = State::kUndone;
  return grpc::Status::OK;
}
