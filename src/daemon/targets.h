// The outbound policy, from the configuration's words to the values that wire/ checks against.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "daemon/config.h"
#include "wire/target_policy.h"

namespace treaty::daemon {

// Whether only this machine can reach a listener there. "localhost" counts as 127.0.0.1; any
// other name is kInvalidArgument.
Result<bool> IsLoopbackAddress(const std::string& host);

// The address to bind: Host, with localhost resolved.
std::string ListenAddress(const Config& config);

// Parses rules "[https://]host[:port]", separated by commas; IPv6 in brackets.
Result<std::vector<wire::AllowRule>> ParseAllowRules(std::string_view text);

// Parses Http.Hosts: "host[:port]", separated by commas; IPv6 in brackets.
Result<std::vector<wire::OwnHost>> ParseOwnHosts(std::string_view text);

// `config` has passed BuildConfig; `port` is the one bound.
wire::TargetPolicy MakeTargetPolicy(const Config& config, std::uint16_t port);

// Whether AlertWebHook may be called, if there is one; the rest of `config` is in order.
Status CheckWebHook(const Config& config);

}  // namespace treaty::daemon
