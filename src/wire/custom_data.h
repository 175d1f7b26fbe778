// The field custom_data: what it means depends on the model (protocol §1.3).

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/txn.h"

namespace treaty::wire {

// Reads terms.custom_data into the fields of `terms` that are derived from it: orders of a saga
// with `steps` steps, the delay of a message, name and input of a workflow. TCC and XA carry any
// text.
Status ReadCustomData(Model model, std::size_t steps, Terms& terms);

// Whether it is the text null, with which some serializers write that there is nothing.
bool IsNullText(std::string_view json);

// Standard base64 with padding; nothing for other text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace treaty::wire
