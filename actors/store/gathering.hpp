#pragma once

#include <chrono>
#include <cstddef>

namespace hive {

/// The group of write sets that became durable last.
struct last_group {
  size_t sets = 0;
  std::chrono::nanoseconds quickest_write{};        ///< of the recent groups: what a sync of little costs
  std::chrono::steady_clock::time_point answered{}; ///< when its senders had their answers
};

/// The quickest of the recent writes after one that took `write`; `before` is 0 at first. It forgets slowly, so that a
/// disk that has become slower is noticed after some hundred groups. Pure.
std::chrono::nanoseconds quickest_write(std::chrono::nanoseconds before, std::chrono::nanoseconds write);

/// How long the next group still waits for more write sets at `now`, when `gathered` are there; 0: it leaves. It waits
/// for as many as the last group had, because those who were answered often write again at once; but no longer after
/// the answers than the quickest write took, and never beyond defaults::max_gathering. A group that left earlier would
/// make the rest wait for a write of their own. One that waited longer would leave the disk idle for longer than that
/// write takes; without the wait, one half gathers while the disk writes the other. A write that comes later, or that
/// follows a lone one, leaves at once. Pure.
std::chrono::nanoseconds time_to_gather(const last_group& last, size_t gathered,
                                        std::chrono::steady_clock::time_point now);

} // namespace hive
