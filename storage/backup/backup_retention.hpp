#pragma once

#include <cstdint>
#include <vector>

namespace hive {

/// Which backups to keep: the newest one of each of the last so many days, weeks and months (in UTC, weeks from Monday)
/// that have any, and so many of the newest. A backup that any of the rules keeps is kept.
struct retention {
  uint32_t last = 0;
  uint32_t daily = 0;
  uint32_t weekly = 0;
  uint32_t monthly = 0;

  bool is_empty() const {
    return last == 0 && daily == 0 && weekly == 0 && monthly == 0;
  }
};

/// A backup as far as the rules look at it.
struct dated_backup {
  uint32_t number = 0;
  int64_t created_at = 0; ///< in microseconds since 1970
  bool is_verified = false;
};

/// The numbers of the backups that are kept. The newest one and the newest verified one always are. Pure.
std::vector<uint32_t> kept_backups(std::vector<dated_backup> backups, const retention& rules);

} // namespace hive
