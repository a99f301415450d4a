#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

namespace hive {

/// Counts the captures of a node, over all its namespaces, so that a measurement can say how many ran beside it. Any
/// thread may use it.
class capture_tally {
public:
  /// The captures up to one moment.
  struct mark {
    uint64_t running = 0; ///< at that moment
    uint64_t begun = 0;   ///< so far
  };

  /// Counts a capture as running until the returned object is released.
  [[nodiscard]] std::shared_ptr<const void> begin() {
    std::lock_guard lock{counts_->mutex};
    ++counts_->now.running;
    ++counts_->now.begun;
    return {counts_.get(), [counts = counts_](const void*) {
              std::lock_guard inner{counts->mutex};
              --counts->now.running;
            }};
  }

  mark now() const {
    std::lock_guard lock{counts_->mutex};
    return counts_->now;
  }

  /// Captures that ran at any time since then, the asker's own among them if it is one.
  uint64_t seen_since(const mark& then) const {
    return then.running + (now().begun - then.begun);
  }

private:
  struct counts {
    std::mutex mutex;
    mark now;
  };

  std::shared_ptr<counts> counts_ = std::make_shared<counts>();
};

} // namespace hive
