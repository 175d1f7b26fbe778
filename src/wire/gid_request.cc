// Reads requests about one transaction that exists.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/rollback_reason.h"
#include "wire/json_reader.h"
#include "wire/txn_fields.h"

namespace treaty::wire {

Result<AbortRequest> ParseAbortRequest(std::string_view json, const RequestRules& rules) {
  constexpr std::array<std::string_view, 4> kNames = {"gid", "trans_type", "rollback_reason",
                                                      "wait_result"};
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  std::array<std::string_view, 3> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!fields.found[i]) continue;
    const auto text = ReadString(fields.values[i], kNames[i]);
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  AbortFields abort{texts[0], texts[1], texts[2]};
  if (fields.found[3]) {
    const auto waits = ReadBool(fields.values[3], kNames[3]);
    if (!waits.ok()) return waits.status();
    abort.wait_result = *waits;
  }
  return BuildAbortRequest(abort, rules);
}

Result<AbortRequest> BuildAbortRequest(const AbortFields& fields, const RequestRules& rules) {
  if (Status status = CheckGid(fields.gid, rules); !status.ok()) return status;
  const std::optional<Model> model = ParseModel(fields.trans_type);
  if (!fields.trans_type.empty() && !model) {
    return Invalid("trans_type " + Quoted(fields.trans_type) +
                   " is unknown; use the transaction's own");
  }
  AbortRequest request{std::string(fields.gid), model, std::string(fields.rollback_reason),
                       fields.wait_result};
  if (!model) Note(request.leniencies, Leniency::kAbortWithoutModel);
  return request;
}

Result<GidRequest> ParseGidRequest(std::string_view json, const RequestRules& rules) {
  constexpr std::array<std::string_view, 3> kNames = {"gid", "reason", "rollback_reason"};
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  std::array<std::string_view, kNames.size()> texts;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!fields.found[i]) continue;
    const auto text = ReadString(fields.values[i], kNames[i]);
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  if (Status status = CheckGid(texts[0], rules); !status.ok()) return status;
  const std::string_view reason = texts[1].empty() ? texts[2] : texts[1];
  return GidRequest{std::string(texts[0]), CutReason(reason)};
}

}  // namespace treaty::wire
