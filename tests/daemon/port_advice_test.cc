// Who has a port, as the kernel's tables tell.

#include "daemon/port_advice.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty::daemon {
namespace {

constexpr char kHead[] = "  sl  local_address rem_address   st tx_queue rx_queue\n";
constexpr char kListens[] = "   0: 0100007F:8FB5 00000000:0000 0A 00000000:00000000 00:00000000\n";
constexpr char kOutgoing[] = "   1: 0100007F:8FB5 0100007F:0050 01 00000000:00000000 00:00000000\n";
constexpr char kWaits[] = "   2: 0100007F:8FB5 0100007F:0050 06 00000000:00000000 00:00000000\n";
constexpr char kPeer[] = "   3: 0100007F:0050 0100007F:8FB5 01 00000000:00000000 00:00000000\n";
constexpr char kV6[] =
    "   0: 00000000000000000000000001000000:8FB5 00000000000000000000000000000000:0000 0A\n";

PortUse Of(const std::string& lines) { return UseOf(36'789, kHead + lines); }

TEST(PortUseTest, AListenerIsOneWhateverElseHasThePort) {
  EXPECT_EQ(Of(kListens), PortUse::kListener);
  EXPECT_EQ(Of(std::string(kOutgoing) + kListens + kWaits), PortUse::kListener);
  EXPECT_EQ(Of(std::string(kOutgoing) + kHead + kV6), PortUse::kListener);
}

TEST(PortUseTest, AConnectionHasItAsItsOwnEnd) {
  EXPECT_EQ(Of(kOutgoing), PortUse::kConnection);
  EXPECT_EQ(Of(kWaits), PortUse::kConnection);
  EXPECT_EQ(Of(kPeer), PortUse::kUnknown);
}

TEST(PortUseTest, TablesThatTellNothingLeaveItOpen) {
  for (const char* lines : {"", "\n\n", "x", ":8FB5", "0: :8FB5", "0: 0100007F:8FB5 y"}) {
    EXPECT_EQ(Of(lines), PortUse::kUnknown) << lines;
  }
  EXPECT_EQ(UseOf(80, "0: 0100007F:0050 00000000:0000 0A\n"), PortUse::kListener);
  EXPECT_EQ(UseOf(5, "0: 0100007F:0050 00000000:0000 0A\n"), PortUse::kUnknown);
}

}  // namespace
}  // namespace treaty::daemon
