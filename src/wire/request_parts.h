// The lists and maps within a request: steps with their payloads, and headers.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "wire/json_reader.h"
#include "wire/txn_request.h"

namespace treaty::wire {

inline constexpr std::size_t kMaxHeaders = 32;
inline constexpr std::size_t kMaxOp = 45;
inline constexpr std::size_t kMaxWorkflowName = 128;

// 1 to 128 characters of the set for gids.
Status CheckBranchId(std::string_view id, const RequestRules& rules);

// Printable characters without quotes and the like: of ASCII, or of UTF-8 too.
Status CheckCharacters(std::string_view id, std::string_view key, bool utf8);

// An id of an XA becomes part of SQL at its participants: it never has more than the ASCII set,
// whatever the rules allow for the others.
Status CheckIdOf(Model model, std::string_view id, std::string_view key);

// A word that becomes the parameter `op` of a call: 1 to `most` characters, none a control.
Status CheckOpName(std::string_view name, std::string_view key, std::size_t most);

// A URL that is not empty: its form, where it leads, and what its protocol asks of it.
Status CheckTarget(std::string_view url, std::string_view protocol, const TargetPolicy& policy);

struct StepSource {
  const Element* steps = nullptr;  // Null: absent.
  const std::vector<std::string_view>& payloads;
  std::string_view protocol;
  Model model = Model::kSaga;
};

// A list of texts; null is an empty one.
Status ReadPayloads(const Element& value, std::vector<std::string_view>& payloads);

Status ReadSteps(const StepSource& source, const RequestRules& rules, std::vector<Step>& steps,
                 LeniencySet& leniencies);

Status ReadBranchHeaders(const Element& value, std::vector<Header>& headers);

// Copies the request's headers that `names` lists; those it does not have are left out.
Status CopyHeaders(const Element& names, const HeaderLookup& header, std::vector<Header>& headers);
Status CopyHeader(std::string_view name, const HeaderLookup& header, std::vector<Header>& headers);

// The limits on everything that is added to a branch's call.
Status CheckHeaders(const Terms& terms);

}  // namespace treaty::wire
