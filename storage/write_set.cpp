#include "storage/write_set.hpp"

#include <array>

namespace hive {

std::string_view name_of(column where) {
  static constexpr std::array<std::string_view, column_count> names{
    "meta", "snapshots", "series", "baselines", "inputs", "tasks", "tool_stats", "hive", "votes", "leases", "audit"};
  return names[static_cast<size_t>(where)];
}

std::string counter_value(int64_t count) {
  std::string out(sizeof count, '\0');
  for (size_t i = 0; i < sizeof count; ++i)
    out[i] = static_cast<char>(static_cast<uint64_t>(count) >> (8 * i));
  return out;
}

std::optional<int64_t> counter_of(std::string_view bytes) {
  if (bytes.size() != sizeof(int64_t))
    return std::nullopt;
  uint64_t out = 0;
  for (size_t i = 0; i < sizeof out; ++i)
    out |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return static_cast<int64_t>(out);
}

} // namespace hive
