#include "engine/lease_keeper.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace treaty {
namespace {

// Of the lease's length: six seconds are renewed after 1.75, and believed in for 5.5. Three
// instances that only look and renew ask the store less than five times a second.
constexpr int kParts = 120;
constexpr int kRenewalParts = 35;
constexpr int kMarginParts = 10;
constexpr Duration kRetryDelay = std::chrono::milliseconds(200);

// A former start that may only be about to end is seen to renew within this time.
constexpr int kFormerParts = 38;

}  // namespace

LeaseKeeper::LeaseKeeper(LeaseTerms terms, bool is_only_start, Ports ports)
    : terms_(std::move(terms)),
      is_only_start_(is_only_start),
      ports_(std::move(ports)),
      watch_(terms_.length) {}

void LeaseKeeper::Extend(Time asked) {
  ports_.lease->ExtendTo(asked + terms_.length - terms_.length * kMarginParts / kParts);
}

Result<bool> LeaseKeeper::TryToBegin() {
  const Time asked = Now();
  Result<std::vector<LeaseRow>> found = ports_.store->FindLeases();
  if (!found.ok()) return found.status();
  std::erase_if(*found, [this](const LeaseRow& row) { return row.instance != terms_.instance; });
  if (former_since_ == kNever) {
    former_ = *found;
    former_since_ = Now();
  }
  for (const LeaseRow& row : *found) {
    const auto before = std::ranges::find(former_, row.owner, &LeaseRow::owner);
    const bool renewed = before == former_.end() || before->renewals != row.renewals;
    if (renewed) {
      return Status(Code::kAlreadyExists, "another treatyd of the InstanceId '" + terms_.instance +
                                              "' works on the store (" + row.owner + ")");
    }
  }
  const int parts = is_only_start_ ? kFormerParts : kParts;
  const bool sure = asked >= former_since_ + terms_.length * parts / kParts;
  if (!found->empty() && !sure) return false;
  return Insert(*found);
}

Result<bool> LeaseKeeper::Insert(const std::vector<LeaseRow>& former) {
  for (const LeaseRow& row : former) {
    const Status reaped = ports_.store->ReapLease(row);
    if (!reaped.ok() && reaped.code() != Code::kFailedPrecondition) return reaped;
  }
  const Time asked = Now();
  if (Status begun = ports_.store->BeginLease(terms_); !begun.ok()) return begun;
  Extend(asked);
  return true;
}

void LeaseKeeper::Start() {
  ports_.loop->Post([this] { Renew(); });
}

void LeaseKeeper::Renew() {
  if (ending_) return;
  ports_.blocking->Post([this] {
    const Time asked = Now();
    auto status = std::make_shared<Status>(ports_.store->RenewLease(terms_));
    ports_.loop->Post([this, asked, status] { OnRenewed(asked, *status); });
  });
}

// A renewal without an answer counts for nothing, though it may have come through.
void LeaseKeeper::OnRenewed(Time asked, const Status& status) {
  if (ending_) return;
  Note(status);
  if (status.code() == Code::kFailedPrecondition) return ports_.lost(status);
  const bool held = ports_.lease->Holds();
  if (status.ok()) Extend(asked);
  if (status.ok() && !held) ports_.regained();
  const Duration delay = status.ok() ? terms_.length * kRenewalParts / kParts : kRetryDelay;
  ports_.loop->After(delay, [this] { Renew(); });
}

void LeaseKeeper::Note(const Status& status) {
  if (status.ok() || std::exchange(failing_, true)) {
    failing_ = !status.ok();
    return;
  }
  ports_.log->Write(LogLevel::kWarn, "",
                    "lease: not renewed, no calls are made after its end: " + status.message());
}

void LeaseKeeper::OnSeen(const std::vector<LeaseRow>& leases, Time asked, Time answered) {
  if (ending_) return;
  for (const LeaseRow& ended : watch_.Take(leases, asked, answered)) {
    if (ended.owner != terms_.owner) Reap(ended);
  }
}

void LeaseKeeper::Reap(const LeaseRow& ended) {
  ports_.blocking->Post([this, ended] {
    const Status status = ports_.store->ReapLease(ended);
    ports_.loop->Post([this, ended, status] { OnReaped(ended, status); });
  });
}

// Where it was renewed after all, or reaped by another, there is nothing to do.
void LeaseKeeper::OnReaped(const LeaseRow& ended, const Status& status) {
  if (!status.ok()) return;
  ports_.log->Write(LogLevel::kWarn, "",
                    "lease: " + ended.owner +
                        " has not renewed it: its transactions are taken over by the others");
  ports_.reaped();
}

void LeaseKeeper::End(std::function<void()> done) {
  ending_ = true;
  ports_.lease->ExtendTo(kNever);
  ports_.blocking->Post([this, done = std::move(done)] {
    const Status status = ports_.store->EndLease(terms_.owner);
    static_cast<void>(status.ok());  // Best effort: it ends by itself.
    ports_.loop->Post(done);
  });
}

}  // namespace treaty
