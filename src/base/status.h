// How a call ended, when it can fail for reasons other than a mistake of ours.
//
// A participant's FAILURE or ONGOING is not a Status but an Outcome (core/txn.h).

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace treaty {

enum class Code {
  kOk,
  kInvalidArgument,     // The request itself is wrong; the message says what to change.
  kNotFound,            // The named thing does not exist.
  kAlreadyExists,       // The name is taken by something else.
  kFailedPrecondition,  // The request is sound, but not in this state.
  kResourceExhausted,   // A named limit was reached; try again later.
  kUnavailable,         // Nothing was done; try again later.
  kBlocked,             // Nothing was done: somebody else holds what it needs.
  kUnknown,             // It may or may not have been done.
  kDataLoss,            // Stored data is damaged or of an unknown version.
  kInternal,            // A mistake of ours.
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                        // NOLINT
  Result(Status status) : status_(std::move(status)) { TREATY_CHECK(!status_.ok()); }  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  const T& operator*() const& { return Checked(); }
  T& operator*() & { return Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  const T* operator->() const { return &Checked(); }
  T* operator->() { return &Checked(); }

 private:
  const T& Checked() const {
    TREATY_CHECK(value_.has_value());
    return *value_;
  }
  T& Checked() {
    TREATY_CHECK(value_.has_value());
    return *value_;
  }

  Status status_;
  std::optional<T> value_;
};

}  // namespace treaty
