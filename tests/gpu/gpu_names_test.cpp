#include "gpu/gpu_names.hpp"

#include "messages/msg.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

msg<wire::GpuReport> report(wire::GpuLibraryState state, const std::vector<std::string>& names) {
  return msg<wire::GpuReport>::build([&](wire::GpuReport::Builder out) {
    out.setLibraryState(state);
    out.setFailure(state == wire::GpuLibraryState::USABLE ? "" : "no driver");
    auto devices = out.initDevices(static_cast<uint32_t>(names.size()));
    for (uint32_t i = 0; i < names.size(); ++i) {
      if (!names[i].empty())
        devices[i].setName(names[i]);
      else
        devices[i].initFault().setText("NVML error 15");
    }
  });
}

TEST(gpu_names, tell_none_from_unknown) {
  using enum wire::GpuLibraryState;
  EXPECT_EQ(names_of(*report(USABLE, {"H100", "H200"})), "H100, H200");
  EXPECT_EQ(names_of(*report(USABLE, {"", "H200"})), "unknown GPU (NVML error 15), H200");
  EXPECT_EQ(names_of(*report(USABLE, {})), "none");
  EXPECT_EQ(names_of(*report(ABSENT, {})), "none");
  EXPECT_EQ(names_of(*report(UNUSABLE, {"H100"})), "unknown: no driver");
  EXPECT_EQ(names_of_unknown("silent"), "unknown: silent");
}

TEST(gpu_names, a_driver_is_a_version_or_none_or_unknown) {
  using enum wire::GpuLibraryState;
  EXPECT_EQ(driver_of(*report(ABSENT, {})), "none");
  EXPECT_EQ(driver_of(*report(UNUSABLE, {})), "");
  auto usable = msg<wire::GpuReport>::build([](wire::GpuReport::Builder out) {
    out.setLibraryState(USABLE);
    out.setDriver("550.54.15");
  });
  EXPECT_EQ(driver_of(*usable), "550.54.15");
}

} // namespace
} // namespace hive
