#include "actors/store/gathering.hpp"

#include "actors/defaults.hpp"

#include <algorithm>

namespace hive {

std::chrono::nanoseconds quickest_write(std::chrono::nanoseconds before, std::chrono::nanoseconds write) {
  constexpr int forgets = 64; // groups until it has grown by a factor of e
  return before.count() == 0 ? write : std::min(write, before + before / forgets);
}

std::chrono::nanoseconds time_to_gather(const last_group& last, size_t gathered,
                                        std::chrono::steady_clock::time_point now) {
  using std::chrono::nanoseconds;
  if (last.sets <= 1 || gathered >= last.sets)
    return nanoseconds::zero();
  auto patience = std::min<nanoseconds>(last.quickest_write, defaults::max_gathering);
  return std::max<nanoseconds>(last.answered + patience - now, nanoseconds::zero());
}

} // namespace hive
