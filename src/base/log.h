// Where log lines go, for the layers that must not know the logging library.

#pragma once

#include <cstddef>
#include <string_view>

namespace treaty {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Safe for concurrent use; never blocks on the disk.
class Log {
 public:
  virtual ~Log() = default;

  // Whether lines of `level` are kept; ask before building an expensive message.
  virtual bool Enabled(LogLevel level) const = 0;

  // Writes one line. `gid` names the transaction it is about, empty for none. Values from
  // outside are escaped by the implementation, so that no line can be forged.
  virtual void Write(LogLevel level, std::string_view gid, std::string_view message) = 0;

  // How many lines were lost so far because they came too fast.
  virtual std::size_t dropped() const { return 0; }
};

}  // namespace treaty
