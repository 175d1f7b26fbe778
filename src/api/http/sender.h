// Requests that a browser sends on behalf of another site's page.

#pragma once

#include "api/http/message.h"

namespace treaty::api {

// Whether the request comes from a page that is not of this host. Programs send neither
// header, and are never taken for one.
bool IsCrossSite(const HttpRequest& request);

}  // namespace treaty::api
