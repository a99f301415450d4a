#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// A certificate that must be renewed in time.
struct watched_certificate {
  std::string what;      ///< its name in warnings
  int64_t not_after = 0; ///< seconds since 1970
};

/// Warns 30 days, 7 days and 1 day before a certificate expires, and once it has expired. Pure: time is passed in.
class expiry_watch {
public:
  explicit expiry_watch(std::vector<watched_certificate> all = {});

  struct warning {
    std::string text;
    bool is_urgent = false; ///< expires within a day, or has expired
  };

  /// Warnings since the last call. Each step is reported once; of several steps passed at a time only the last. `now`
  /// is in seconds since 1970; setting the clock back repeats nothing.
  std::vector<warning> tick(int64_t now);

  /// Certificates that have expired or expire within 30 days; empty when none.
  std::string text(int64_t now) const;

private:
  struct entry {
    watched_certificate what;
    size_t steps_reported = 0;
  };

  std::vector<entry> all_;
};

} // namespace hive
