#pragma once

#include <cstdlib>
#include <string_view>

namespace hive {

/// Whether tests should take their full counts: HIVE_SOAK=1.
inline bool is_soak() {
  auto* soak = std::getenv("HIVE_SOAK");
  return soak && std::string_view{soak} == "1";
}

} // namespace hive
