#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <mutex>
#include <optional>

namespace hive {

/// The node's newest results, for those who need them with every request: written by the registry, before it answers
/// the request that changed them. Thread-safe.
class results_board {
public:
  /// Replaces the results; nothing when there are none or they cannot be read.
  void set(std::optional<msg<wire::LatestResults>> newest) {
    std::lock_guard lock{mutex_};
    newest_ = std::move(newest);
  }

  std::optional<msg<wire::LatestResults>> get() const {
    std::lock_guard lock{mutex_};
    return newest_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<msg<wire::LatestResults>> newest_;
};

} // namespace hive
