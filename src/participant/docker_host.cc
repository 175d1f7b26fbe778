#include "participant/docker_host.h"

#include <string_view>

namespace treaty {

std::string ForDocker(std::string url) {
  for (const std::string_view local :
       {std::string_view("localhost"), std::string_view("127.0.0.1")}) {
    const std::size_t at = url.find(local);
    if (at != std::string::npos) url.replace(at, local.size(), "host.docker.internal");
  }
  return url;
}

}  // namespace treaty
