#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hive {

/// Pace of gossip, chosen by the bandwidth of the links.
struct federation_profile {
  std::string_view name = "lan";
  std::chrono::milliseconds interval{1'000}; ///< between rounds
  size_t fan_out = 2;                        ///< exchanges per round, see hive_core
};

/// Profiles: lan (1 s, 2 nodes), full (60 s, 3), constrained (300 s, 2), minimal (900 s, 1); the last three are those
/// of HART OS. Nothing for any other name.
std::optional<federation_profile> find_profile(std::string_view name);

} // namespace hive
