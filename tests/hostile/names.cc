// Stands before the system's look-up of names, in a process that has this loaded first: names under
// "never.test" hang and are not found then, those under "here.test" are this machine, unless the
// folder $TREATY_TEST_LOST_NAMES has a file of that name.

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr int kHangsMs = 12'000;

bool IsLost(const std::string& name) {
  const char* const folder = std::getenv("TREATY_TEST_LOST_NAMES");
  return folder != nullptr && access((std::string(folder) + "/" + name).c_str(), F_OK) == 0;
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const Real real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view name = node == nullptr ? "" : node;
  if (name.ends_with(".never.test")) {
    poll(nullptr, 0, kHangsMs);
    return EAI_AGAIN;
  }
  if (!name.ends_with(".here.test")) return real(node, service, hints, found);
  if (IsLost(std::string(name))) return EAI_AGAIN;
  return real("127.0.0.1", service, hints, found);
}
