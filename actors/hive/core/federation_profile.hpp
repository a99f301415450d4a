#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hive {

/// How often a node gossips and with how many others, by what its links can bear.
struct federation_profile {
  std::string_view name = "lan";
  std::chrono::milliseconds interval{1'000}; ///< of rounds
  size_t fan_out = 2;                        ///< exchanges started in a round
};

/// By name: lan (1 s, 2 nodes), full (60 s, 3), constrained (300 s, 2), minimal (900 s, 1); the last three are those of
/// the source system. None for another name.
std::optional<federation_profile> find_profile(std::string_view name);

} // namespace hive
