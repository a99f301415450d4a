#include "analysis/recent_runs.hpp"

#include <bit>

namespace hive::analysis {

std::optional<bool> add_run(recent_runs& recent, bool success) {
  auto& word = recent.bits[recent.next / 64];
  auto bit = uint64_t{1} << recent.next % 64;
  std::optional<bool> left;
  if (recent.runs == newest_runs)
    left = (word & bit) != 0;
  else
    ++recent.runs;
  word = success ? word | bit : word & ~bit;
  recent.next = (recent.next + 1) % newest_runs;
  return left;
}

uint32_t successes(const recent_runs& recent) {
  int count = 0;
  for (auto word : recent.bits)
    count += std::popcount(word);
  return static_cast<uint32_t>(count);
}

} // namespace hive::analysis
