#pragma once

#include "tests/cluster/hived_process.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace hive::cluster {

/// Nodes of one hive on this machine, each with its own directory. All others join the first one's door.
class test_hive {
public:
  /// `config` is the configuration file of every node. `adjust` may change how a node is started; restarts use it too.
  explicit test_hive(std::filesystem::path directory, size_t nodes, std::string config = {},
                     std::function<void(size_t, hived_options&)> adjust = {});

  /// Nodes with complete options, including their doors.
  explicit test_hive(std::vector<hived_options> nodes);

  hived_process& at(size_t i) {
    return *nodes_.at(i);
  }
  size_t size() const {
    return nodes_.size();
  }

  void kill(size_t i);
  /// Restarts the node with its data and its door.
  void restart(size_t i);

  /// Whether every node, except node `i` itself and those in `absent`, shows `state` for node `i`.
  bool all_see(size_t i, const std::string& state, std::vector<size_t> absent = {}) const;

  /// Whether node `by` shows `state` for node `i`.
  bool is_seen(size_t by, size_t i, const std::string& state) const;

  /// Whether all nodes, except those in `absent`, hold the same content.
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

/// Records this many runs of a tool; throws when the node refuses them.
void record(const hived_process& node, const std::string& task_type, const std::string& tool, int successes,
            int failures);

/// The tool to which the node routes this task type, and the reason; empty when there is none.
struct routed {
  std::string tool;
  std::string reason;
  uint64_t samples = 0;
  bool operator==(const routed&) const = default;
};
routed route(const hived_process& node, const std::string& task_type);

/// Number of records of the task type's best tool that `node` has from other nodes.
uint64_t hive_samples(const hived_process& node, const std::string& task_type);

} // namespace hive::cluster
