#include "api/http/list_filters.h"

#include <cstdint>
#include <optional>

#include "api/http/parameters.h"
#include "wire/json_text.h"
#include "wire/txn_request.h"

namespace treaty::api {
namespace {

constexpr std::int64_t kLatest = 253'402'300'799'999;  // The end of the year 9999, in ms.

Result<std::optional<TxnStatus>> ReadStatus(std::string_view text) {
  if (text.empty()) return std::optional<TxnStatus>();
  for (const TxnStatus status : {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting,
                                 TxnStatus::kSucceed, TxnStatus::kFailed}) {
    if (text == Name(status)) return std::optional(status);
  }
  return Status(Code::kInvalidArgument,
                "status " + wire::Quoted(text) +
                    " is unknown; use prepared, submitted, aborting, succeed or failed");
}

Result<std::optional<Model>> ReadType(std::string_view text) {
  if (text.empty()) return std::optional<Model>();
  if (const auto model = wire::ParseModel(text)) return model;
  return Status(Code::kInvalidArgument, "transType " + wire::Quoted(text) +
                                            " is unknown; use saga, tcc, xa, msg or workflow");
}

}  // namespace

Status ReadFilters(const Target& target, ListFilter& filter) {
  const auto limit = ReadLimit(target);
  if (!limit.ok()) return limit.status();
  filter.limit = *limit;
  const auto status = ReadStatus(target.Parameter("status"));
  if (!status.ok()) return status.status();
  filter.status = *status;
  const auto from = ReadNumber(target, {"createTimeStart", 0, 0, kLatest});
  if (!from.ok()) return from.status();
  filter.created_from = Time(Duration(*from));
  const auto to = ReadNumber(target, {"createTimeEnd", 0, 0, kLatest});
  if (!to.ok()) return to.status();
  filter.created_to = Time(Duration(*to));
  const auto type = ReadType(target.Parameter("transType"));
  if (!type.ok()) return type.status();
  filter.model = *type;
  return {};
}

}  // namespace treaty::api
