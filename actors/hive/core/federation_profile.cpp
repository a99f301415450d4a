#include "actors/hive/core/federation_profile.hpp"

#include <algorithm>
#include <array>

namespace hive {

std::optional<federation_profile> find_profile(std::string_view name) {
  using namespace std::chrono_literals;
  static constexpr std::array<federation_profile, 4> profiles{
    {{"lan", 1s, 2}, {"full", 60s, 3}, {"constrained", 300s, 2}, {"minimal", 900s, 1}}};
  auto found = std::ranges::find(profiles, name, &federation_profile::name);
  return found == profiles.end() ? std::nullopt : std::optional{*found};
}

} // namespace hive
