#include "participant/by_url.h"

#include <utility>

#include "wire/url.h"

namespace treaty {

ParticipantByUrl::ParticipantByUrl(std::unique_ptr<Participant> http,
                                   std::unique_ptr<Participant> grpc)
    : http_(std::move(http)), grpc_(std::move(grpc)) {}

void ParticipantByUrl::Call(BranchCall call, std::function<void(BranchReply)> done) {
  Participant& own = wire::IsHttpUrl(call.url()) ? *http_ : *grpc_;
  own.Call(std::move(call), std::move(done));
}

void ParticipantByUrl::CancelAll() {
  http_->CancelAll();
  grpc_->CancelAll();
}

}  // namespace treaty
