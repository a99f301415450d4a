#include "actors/store/gathering.hpp"

#include "actors/defaults.hpp"

#include <algorithm>

namespace hive {

std::chrono::nanoseconds time_to_gather(const last_group& last, size_t gathered,
                                        std::chrono::steady_clock::time_point now) {
  constexpr int part_of_sync = 4;
  using std::chrono::nanoseconds;
  if (last.sets <= 1 || gathered >= last.sets)
    return nanoseconds::zero();
  auto patience = std::min<nanoseconds>(last.sync / part_of_sync, defaults::max_gathering);
  return std::max<nanoseconds>(last.answered + patience - now, nanoseconds::zero());
}

} // namespace hive
