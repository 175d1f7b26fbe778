#include "participant/grpc/grpc_request.h"

#include <grpcpp/support/slice.h>

#include "wire/grpc/messages.h"
#include "wire/grpc_metadata.h"

namespace treaty {
namespace {

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

}  // namespace

gpr_timespec DeadlineIn(std::chrono::steady_clock::duration time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(micros, GPR_TIMESPAN));
}

grpc::ByteBuffer RequestOf(const BranchCall& call) {
  const bool resumes = call.op == Op::kQuery && call.body->model == Model::kWorkflow;
  return BufferOf(resumes ? wire::WriteWorkflowData(call.payload()) : call.payload());
}

void AddMetadata(const BranchCall& call, grpc::ClientContext& context) {
  context.AddMetadata("dtm-gid", wire::MetadataText(call.body->gid));
  context.AddMetadata("dtm-trans_type", std::string(Name(call.body->model)));
  context.AddMetadata("dtm-branch_id", wire::MetadataText(call.branch_id()));
  context.AddMetadata("dtm-op", wire::MetadataText(call.op_name()));
  context.AddMetadata("dtm-dtm", "");
  for (const auto* headers : {&call.terms->branch_headers, &call.terms->passed_headers}) {
    for (const Header& header : *headers) {
      if (!wire::CheckMetadata(header).ok()) continue;
      context.AddMetadata(wire::MetadataKey(header.first), header.second);
    }
  }
}

}  // namespace treaty
