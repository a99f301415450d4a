#include "storage/write_set.hpp"

#include <array>

namespace hive {

std::string_view name_of(column where) {
  static constexpr std::array<std::string_view, column_count> names{
    "meta", "snapshots", "series", "baselines", "inputs", "tasks", "tool_stats", "hive", "votes", "leases"};
  return names[static_cast<size_t>(where)];
}

} // namespace hive
