// Remembers parsed URLs: the same few are submitted again and again, and parsing one costs more
// than reading the rest of a saga.

#pragma once

#include <string_view>

#include "base/status.h"
#include "wire/url.h"

namespace treaty::wire {

// The same as ParseUrl(text, "grpc"), which takes every form; the Url is valid until the thread's
// next call. Parsing depends on nothing but the text, so what is remembered is never stale.
Result<const Url*> ParseTargetUrl(std::string_view text);

}  // namespace treaty::wire
