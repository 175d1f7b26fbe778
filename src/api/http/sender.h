// Who sends a request, as far as a browser says: a page of this server, or one of another site.

#pragma once

#include <string_view>

#include "api/http/host_rules.h"
#include "api/http/message.h"

namespace treaty::api {

// Why a request is turned away before anything else looks at it.
struct Refusal {
  int status = 0;  // 0: it is not.
  std::string_view why;
};

// Refuses with 421 what is for another host, with 400 what a browser would not send like that, and,
// if it `changes` something, with 403 what comes from another site's page, or may do so. Programs
// send none of the headers in which browsers say it, and are never taken for one.
Refusal JudgeSender(const HttpRequest& request, const HostRules& hosts, bool changes);

}  // namespace treaty::api
