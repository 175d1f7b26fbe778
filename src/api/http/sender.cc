// Compares the page's origin with the host that was asked.

#include "api/http/cross_site.h"

#include <algorithm>
#include <string>

namespace treaty::api {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// Without the port that the scheme implies.
std::string Authority(std::string_view text, std::string_view default_port) {
  if (text.ends_with(default_port)) text.remove_suffix(default_port.size());
  return Lower(text);
}

}  // namespace

bool IsCrossSite(const HttpRequest& request) {
  if (Lower(request.Header("Sec-Fetch-Site")) == "cross-site") return true;
  const std::string_view origin = request.Header("Origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return true;  // "null": a sandboxed or file page.
  const std::string_view port = Lower(origin.substr(0, scheme)) == "https" ? ":443" : ":80";
  return Authority(origin.substr(scheme + 3), port) != Authority(request.Header("Host"), port);
}

}  // namespace treaty::api
