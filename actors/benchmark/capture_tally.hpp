#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// How the runs of an adapter ended since the node's start.
struct adapter_runs {
  std::string adapter;
  std::string result; ///< ok, skipped or error
  uint64_t count = 0;
  double seconds = 0;    ///< that they took together
  double last_ended = 0; ///< Unix time in seconds
};

/// Counts the captures of a node, over all its namespaces, so that a measurement can say how many ran beside it, and
/// how their adapters fared. Any thread may use it.
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

  /// Counts a run of an adapter that has ended. Of more than `max_adapters` adapters, later ones are not counted.
  void count_run(const std::string& adapter, const std::string& result, double seconds, double ended_at) {
    std::lock_guard lock{counts_->mutex};
    auto& runs = counts_->runs;
    auto found = runs.find({adapter, result});
    if (found == runs.end()) {
      if (runs.size() == 3 * max_adapters)
        return;
      found = runs.try_emplace({adapter, result}, adapter_runs{adapter, result}).first;
    }
    ++found->second.count;
    found->second.seconds += seconds;
    found->second.last_ended = ended_at;
  }

  /// By adapter and result.
  std::vector<adapter_runs> runs() const {
    std::lock_guard lock{counts_->mutex};
    std::vector<adapter_runs> out;
    for (const auto& [key, each] : counts_->runs)
      out.push_back(each);
    return out;
  }

  static constexpr size_t max_adapters = 1'000;

private:
  struct counts {
    std::mutex mutex;
    mark now;
    std::map<std::pair<std::string, std::string>, adapter_runs> runs;
  };

  std::shared_ptr<counts> counts_ = std::make_shared<counts>();
};

} // namespace hive
