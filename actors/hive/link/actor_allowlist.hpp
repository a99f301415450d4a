#pragma once

#include <caf/fwd.hpp>
#include <mutex>
#include <set>

namespace hive {

/// Actors of this process that one connection may send to. Thread-safe.
class actor_allowlist {
public:
  void add(caf::actor_id which) {
    std::lock_guard lock{mutex_};
    ids_.insert(which);
  }

  void remove(caf::actor_id which) {
    std::lock_guard lock{mutex_};
    ids_.erase(which);
  }

  bool contains(caf::actor_id which) const {
    std::lock_guard lock{mutex_};
    return ids_.contains(which);
  }

private:
  mutable std::mutex mutex_;
  std::set<caf::actor_id> ids_;
};

} // namespace hive
