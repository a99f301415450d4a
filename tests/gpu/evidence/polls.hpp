#pragma once

#include "gpu/evidence/run_fold.hpp"
#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace hive::gpu {

inline instant at_second(double second) {
  return std::chrono::round<instant>(std::chrono::duration<double>(second));
}

/// A poll of one device, with what a test says of it: members of a reading as JSON.
inline device_poll poll_at(double second, const std::string& more = {}, process_owners owners = {},
                           const std::string& uuid = "GPU-0") {
  auto text = R"({"library":"fake","library_state":"usable","driver":"580.1","devices":[{"uuid":")" + uuid +
              R"(","state":"ok","memory":{"total_mib":8192,"used_mib":3000,"free_mib":5192})" +
              (more.empty() ? "" : "," + more) + "}]}";
  json_error why;
  auto report = from_json<wire::GpuReport>(text, why);
  EXPECT_TRUE(report) << why.message() << "\n" << text;
  return {report ? *report : msg<wire::GpuReport>{}, std::move(owners), at_second(second)};
}

/// Lease 7, which has GPU-0 to itself from second 100 on.
struct run_scene : testing::Test {
  leased_run run{.id = {7}, .lease = "1-7", .token = "node.1.7", .granted_at = at_second(100), .devices = {{"GPU-0"}}};

  /// The evidence after these polls, until this second.
  msg<wire::RunEvidence> evidence(const std::vector<device_poll>& polls, double until) const {
    run_fold fold{run};
    for (const auto& each : polls)
      fold.observe(each);
    return fold.evidence(at_second(until));
  }

  /// One poll a second of a device of which always the same is said.
  static std::vector<device_poll> steady(double from, double to, const std::string& more = {},
                                         const process_owners& owners = {}) {
    std::vector<device_poll> out;
    for (auto second = from; second <= to; ++second)
      out.push_back(poll_at(second, more, owners));
    return out;
  }
};

inline std::vector<std::string> reasons_of(wire::RunEvidence::Reader evidence) {
  std::vector<std::string> out;
  for (auto each : evidence.getReasons())
    out.emplace_back(each.cStr());
  return out;
}

inline wire::DeviceEvidence::Reader device_of(const msg<wire::RunEvidence>& evidence) {
  return evidence->getDevices()[0];
}

} // namespace hive::gpu
