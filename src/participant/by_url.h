// Sends each call to the participant of its URL's protocol (protocol §4.1).

#pragma once

#include <functional>
#include <memory>

#include "participant/participant.h"

namespace treaty {

// Of one lane, like the two it owns.
class ParticipantByUrl final : public Participant {
 public:
  ParticipantByUrl(std::unique_ptr<Participant> http, std::unique_ptr<Participant> grpc);

  void Call(BranchCall call, std::function<void(BranchReply)> done) override;
  void CancelAll() override;

 private:
  const std::unique_ptr<Participant> http_;
  const std::unique_ptr<Participant> grpc_;
};

}  // namespace treaty
