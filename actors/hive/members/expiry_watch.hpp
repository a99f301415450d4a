#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// A certificate that somebody must renew in time.
struct watched_certificate {
  std::string what;      ///< names it in a text
  int64_t not_after = 0; ///< seconds since 1970
};

/// Warns of certificates that expire soon: 30 days, 7 days and 1 day before, and when they have. Pure: time is passed
/// in.
class expiry_watch {
public:
  explicit expiry_watch(std::vector<watched_certificate> all = {});

  struct warning {
    std::string text;
    bool is_urgent = false; ///< a day is left, or nothing
  };

  /// What has come closer since the last call, each step once; of several steps only the last. `now` is in seconds
  /// since 1970; a clock that is set back repeats nothing.
  std::vector<warning> tick(int64_t now);

  /// Which certificates expire within 30 days or have expired; empty when none.
  std::string text(int64_t now) const;

private:
  struct entry {
    watched_certificate what;
    size_t steps_reported = 0;
  };

  std::vector<entry> all_;
};

} // namespace hive
