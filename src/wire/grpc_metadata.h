// What can travel as metadata of a gRPC call: the library aborts the process over anything else.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "core/txn.h"

namespace treaty::wire {

// A gid, branch id or op, which a gRPC call carries as metadata: printable ASCII.
Status CheckMetadataText(std::string_view text, std::string_view key);

// A header, whose name is sent in lower case: letters, digits, '-', '_' and '.', none of the names
// that gRPC keeps for itself or that say which call it is (dtm-gid and so on); its value printable
// ASCII, or any bytes where the name ends in "-bin".
Status CheckMetadata(const Header& header);

// The same as it is sent whatever it is: bytes that are not printable ASCII, and '%' among such, as
// %XX. The door knows not of every call that it will be made by gRPC.
std::string MetadataText(std::string_view text);

// A header's name as it is sent.
std::string MetadataKey(std::string_view name);

// Whether anybody is called by gRPC, as far as the step or the body tells.
bool CallsByGrpc(const Step& step);
bool CallsByGrpc(const Body& body);

// Everything of a new transaction that its gRPC calls will carry.
Status CheckAllMetadata(const Body& body, const Terms& terms);

}  // namespace treaty::wire
