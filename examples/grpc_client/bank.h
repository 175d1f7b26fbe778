// A bank with one account, as a participant that is called by gRPC.

#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "bank.grpc.pb.h"

// In real life `balance` and `steps` are rows of one database, and each call changes both in one
// transaction.
class Bank final : public bank::Bank::Service {
 public:
  Bank(std::string name, std::int64_t balance);

  // Where Treaty calls a method: host:port/package.Service/Method.
  std::string Url(const std::string& method) const { return address_ + "/bank.Bank/" + method; }
  std::int64_t balance();

 private:
  using Context = grpc::ServerContext;
  using Request = bank::Transfer;
  using Reply = google::protobuf::Empty;
  using Step = std::pair<std::string, std::string>;  // gid, branch id
  enum class State { kDone, kUndone };

  grpc::Status Out(Context* context, const Request* request, Reply*) override {
    return Do(*context, -request->amount());
  }
  grpc::Status OutUndo(Context* context, const Request* request, Reply*) override {
    return Undo(*context, -request->amount());
  }
  grpc::Status In(Context* context, const Request* request, Reply*) override {
    return Do(*context, request->amount());
  }
  grpc::Status InUndo(Context* context, const Request* request, Reply*) override {
    return Undo(*context, request->amount());
  }

  grpc::Status Do(const Context& context, std::int64_t change);
  grpc::Status Undo(const Context& context, std::int64_t change);

  const std::string name_;
  std::mutex mutex_;
  std::int64_t balance_;
  std::map<Step, State> steps_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};
