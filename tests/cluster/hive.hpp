#pragma once

#include "tests/cluster/hived_process.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace hive::cluster {

/// Nodes of one hive on this machine, each with a directory of its own. The first one's door is what the others join.
class test_hive {
public:
  /// `config` is every node's configuration file. `adjust` may change how one is started, also again.
  explicit test_hive(std::filesystem::path directory, size_t nodes, std::string config = {},
                     std::function<void(size_t, hived_options&)> adjust = {});

  /// Nodes that are told all that they need, their doors among it.
  explicit test_hive(std::vector<hived_options> nodes);

  hived_process& at(size_t i) {
    return *nodes_.at(i);
  }
  size_t size() const {
    return nodes_.size();
  }

  void kill(size_t i);
  /// The node again, on its data and its door.
  void restart(size_t i);

  /// Whether every node shows `state` of node `i`, but node `i` itself and `absent`.
  bool all_see(size_t i, const std::string& state, std::vector<size_t> absent = {}) const;

  /// Whether node `by` shows `state` of node `i`.
  bool is_seen(size_t by, size_t i, const std::string& state) const;

  /// Whether all nodes, but those in `absent`, hold the same.
  bool is_converged(std::vector<size_t> absent = {}) const;

private:
  hived_options options(size_t i) const;

  std::filesystem::path directory_;
  std::string config_;
  std::function<void(size_t, hived_options&)> adjust_;
  std::vector<std::unique_ptr<hived_process>> nodes_;
  std::vector<std::string> doors_;
  std::vector<hived_options> given_;
};

/// Records so many runs of a tool; throws when that is refused.
void record(const hived_process& node, const std::string& task_type, const std::string& tool, int successes,
            int failures);

/// The tool that the node routes this task type to, with the reason; empty when none.
struct routed {
  std::string tool;
  std::string reason;
  uint64_t samples = 0;
  bool operator==(const routed&) const = default;
};
routed route(const hived_process& node, const std::string& task_type);

/// The records of a task type's best tool that the others of `node`'s hive told, as it counts them.
uint64_t hive_samples(const hived_process& node, const std::string& task_type);

} // namespace hive::cluster
