// The lists and maps within a request: steps with their payloads, and headers.

#pragma once

#include <cstddef>
#include <vector>

#include "wire/json_reader.h"
#include "wire/txn_request.h"

namespace treaty::wire {

inline constexpr std::size_t kMaxHeaders = 32;

struct StepSource {
  const Element* steps = nullptr;     // Null: absent.
  const Element* payloads = nullptr;  // Null: absent.
};

Status ReadSteps(const StepSource& source, const RequestRules& rules, std::vector<Step>& steps);

Status ReadBranchHeaders(const Element& value, std::vector<Header>& headers);

// Copies the request's headers that `names` lists; those it does not have are left out.
Status CopyHeaders(const Element& names, const HeaderLookup& header, std::vector<Header>& headers);

// The limits on everything that is added to a branch's call.
Status CheckHeaders(const Terms& terms);

}  // namespace treaty::wire
