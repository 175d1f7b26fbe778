#include "wire/grpc_metadata.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/topic.h"
#include "wire/txn_request.h"
#include "wire/url.h"

namespace treaty::wire {
namespace {

bool IsPrintable(char c) { return c >= ' ' && c <= '~'; }

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// What gRPC keeps for itself, and what says which call it is: nobody may say that otherwise.
bool IsReserved(std::string_view lower) {
  constexpr std::array<std::string_view, 7> kNames = {"content-type",   "user-agent",    "dtm-gid",
                                                      "dtm-trans_type", "dtm-branch_id", "dtm-op",
                                                      "dtm-dtm"};
  return lower.starts_with("grpc-") || std::ranges::find(kNames, lower) != kNames.end();
}

Status Refused(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

bool IsGrpcUrl(const std::string& url) {
  return !url.empty() && !url.starts_with(kTopicScheme) && !IsHttpUrl(url);
}

Status CheckHeaders(const std::vector<Header>& headers) {
  for (const Header& header : headers) {
    if (Status status = CheckMetadata(header); !status.ok()) return status;
  }
  return {};
}

}  // namespace

std::string MetadataKey(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string MetadataText(std::string_view text) {
  if (std::ranges::all_of(text, IsPrintable)) return std::string(text);
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsPrintable(c) && c != '%') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return encoded;
}

Status CheckMetadataText(std::string_view text, std::string_view key) {
  if (std::ranges::all_of(text, IsPrintable)) return {};
  return Refused(std::string(key) + " " + Quoted(text) +
                 " must be printable ASCII, because gRPC calls carry it as metadata");
}

Status CheckMetadata(const Header& header) {
  const auto& [name, value] = header;
  const std::string lower = MetadataKey(name);
  if (name.empty() || !std::ranges::all_of(name, IsKeyCharacter) || IsReserved(lower)) {
    return Refused("the header " + Quoted(name) +
                   " cannot be sent by gRPC; use letters, digits, '-', '_' and '.', and none that "
                   "begins with grpc- or is Treaty's own, as dtm-gid");
  }
  if (lower.ends_with("-bin") || std::ranges::all_of(value, IsPrintable)) return {};
  return Refused("the value of the header " + Quoted(name) +
                 " must be printable ASCII to be sent by gRPC");
}

bool CallsByGrpc(const Step& step) { return IsGrpcUrl(step.action) || IsGrpcUrl(step.compensate); }

bool CallsByGrpc(const Body& body) {
  if (body.protocol == "grpc" || IsGrpcUrl(body.query_prepared)) return true;
  return std::ranges::any_of(body.steps, [](const Step& step) { return CallsByGrpc(step); });
}

Status CheckAllMetadata(const Body& body, const Terms& terms) {
  if (!CallsByGrpc(body)) return {};
  Status status = CheckMetadataText(body.gid, "gid");
  if (status.ok()) status = CheckMetadataText(terms.workflow_name, "custom_data: name");
  if (status.ok()) status = CheckHeaders(terms.branch_headers);
  return status.ok() ? CheckHeaders(terms.passed_headers) : status;
}

}  // namespace treaty::wire
