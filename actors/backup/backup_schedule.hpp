#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace hive {

/// When the node makes its next backup by itself. Pure; times are microseconds since 1970.
struct backup_schedule {
  /// Pause after a failed attempt: a full disk or a directory that is not mounted needs somebody to look at it.
  static constexpr std::chrono::minutes retry_pause{10};
  /// Longest time between two looks: the clock may be set.
  static constexpr std::chrono::minutes max_look{10};

  std::chrono::seconds every{0}; ///< 0: never
  int64_t last_success = 0;      ///< of the newest backup in the directory; 0: there is none
  int64_t last_failure = 0;      ///< of the last attempt, if that failed; 0: it did not

  /// Whether one is due. A newest backup of the future is no reason to wait for that time.
  bool is_due(int64_t now) const {
    return every.count() > 0 && (last_success > now || now - last_success >= micros(every)) &&
           (last_failure > now || now - last_failure >= micros(retry_pause));
  }

  /// How long nothing has to be done. Meaningful only if backups are to be made.
  std::chrono::microseconds next_look(int64_t now) const {
    auto due = std::max(last_success + micros(every), last_failure == 0 ? 0 : last_failure + micros(retry_pause));
    return std::chrono::microseconds{std::clamp(due - now, micros(std::chrono::seconds{1}), micros(max_look))};
  }

private:
  static constexpr int64_t micros(std::chrono::microseconds length) {
    return length.count();
  }
};

} // namespace hive
