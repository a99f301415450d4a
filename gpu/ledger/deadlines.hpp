#pragma once

#include "gpu/ledger/lease.hpp"

#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace hive::gpu {

/// When leases have to be looked at. An entry may be early: its lease then enters its next one, so that putting a
/// deadline off costs nothing.
class deadlines {
public:
  void add(instant at, lease_id id) {
    entries_.emplace(at, id);
  }

  /// The earliest entry, or nothing.
  std::optional<instant> next() const {
    return entries_.empty() ? std::nullopt : std::optional{entries_.top().first};
  }

  /// Takes the earliest entry if it is due.
  std::optional<std::pair<instant, lease_id>> take(instant now) {
    if (entries_.empty() || entries_.top().first > now)
      return std::nullopt;
    auto out = entries_.top();
    entries_.pop();
    return out;
  }

  size_t size() const {
    return entries_.size();
  }

private:
  using entry = std::pair<instant, lease_id>;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> entries_;
};

} // namespace hive::gpu
