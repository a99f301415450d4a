#pragma once

#include <chrono>
#include <cstddef>

namespace hive {

/// The group of write sets that became durable last.
struct last_group {
  size_t sets = 0;
  std::chrono::nanoseconds sync{};                  ///< how long the disk took
  std::chrono::steady_clock::time_point answered{}; ///< when its senders had their answers
};

/// How long the next group still waits for more write sets at `now`, when `gathered` are there; 0: it leaves. It waits
/// for as many as the last group had, because those who were answered often write again at once. It waits until a
/// quarter of the last sync after the answers, and never beyond defaults::max_gathering. So a write that comes later,
/// or that follows a lone one, leaves at once. Pure.
std::chrono::nanoseconds time_to_gather(const last_group& last, size_t gathered,
                                        std::chrono::steady_clock::time_point now);

} // namespace hive
