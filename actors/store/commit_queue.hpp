#pragma once

#include "actors/store/commit_group.hpp"
#include "actors/store/gathering.hpp"

#include <caf/error.hpp>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>

namespace hive {

/// Gathers the write sets that wait for the disk, in order of arrival. Senders add from any thread; one thread takes.
/// It is woken once per group, when as many sets are there as `time_to_gather` waits for, and sleeps until then.
class commit_queue {
public:
  /// Takes a request that contains a write_set. Fails with ec::overloaded above defaults::max_pending_commits or
  /// defaults::max_pending_commit_bytes, and with ec::unavailable when the queue is closed. The sender of a set that
  /// was not added is still to be answered.
  caf::error add(caf::mailbox_element_ptr request, const commit_group::sender& who);

  /// Waits for the next group. Nothing when the queue is closed.
  std::optional<commit_group> take(const last_group& last);

  /// Ends the taking, and refuses what was not taken with ec::unavailable. The first reason stays.
  void close(caf::error reason);

  /// Why the queue is closed.
  caf::error reason() const;

private:
  /// No number of sets wakes the thread: it works.
  static constexpr size_t nobody_sleeps = std::numeric_limits<size_t>::max();

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  commit_group gathered_;
  size_t wanted_ = nobody_sleeps; ///< sets that wake the sleeping thread
  std::optional<caf::error> closed_;
};

} // namespace hive
