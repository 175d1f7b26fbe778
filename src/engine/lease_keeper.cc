#include "engine/lease_keeper.h"

#include <memory>
#include <string>
#include <utility>

namespace treaty {
namespace {

// Of the lease's length: renewed four times before it ends, and believed in for a little less.
constexpr int kRenewals = 4;
constexpr int kMarginPart = 12;
constexpr Duration kRetryDelay = std::chrono::milliseconds(200);

}  // namespace

LeaseKeeper::LeaseKeeper(LeaseTerms terms, Ports ports)
    : terms_(std::move(terms)), ports_(std::move(ports)) {}

Status LeaseKeeper::Begin() {
  const Time asked = ports_.store->clock().Now();
  Status status = ports_.store->BeginLease(terms_);
  if (status.ok()) ports_.lease->ExtendTo(asked + terms_.length - terms_.length / kMarginPart);
  return status;
}

void LeaseKeeper::Start() {
  ports_.loop->Post([this] { Renew(); });
}

void LeaseKeeper::Renew() {
  if (ending_) return;
  ports_.blocking->Post([this] {
    const Time asked = ports_.store->clock().Now();
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
  if (status.ok()) ports_.lease->ExtendTo(asked + terms_.length - terms_.length / kMarginPart);
  if (status.ok() && !held) ports_.regained();
  ports_.loop->After(status.ok() ? terms_.length / kRenewals : kRetryDelay, [this] { Renew(); });
}

void LeaseKeeper::Note(const Status& status) {
  if (status.ok() || std::exchange(failing_, true)) {
    failing_ = !status.ok();
    return;
  }
  ports_.log->Write(LogLevel::kWarn, "",
                    "lease: not renewed, no calls are made after its end: " + status.message());
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
