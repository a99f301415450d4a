#pragma once

#include "gpu/ledger/lease.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>

namespace hive::gpu {

/// How long the leases of each holder took, to tell how long the next one will take. What is declared decides more
/// about the use of the devices than where leases are placed: everybody declaring the limit costs a sixth of it.
class duration_history {
public:
  /// Newest leases that count, and how many it takes for a guess.
  static constexpr size_t max_samples = 100;
  static constexpr size_t min_samples = 5;
  static constexpr size_t max_holders = 10'000;
  static constexpr duration shortest = std::chrono::seconds{10};

  /// A lease was given back after this time. Oldest first; one that was taken away says nothing.
  void add(const std::string& holder, duration took);

  /// 1.5 times the 95th percentile (nearest rank), at least `shortest`; nothing for too few samples.
  std::optional<duration> declare(const std::string& holder) const;

private:
  std::map<std::string, std::deque<duration>> samples_;
};

} // namespace hive::gpu
