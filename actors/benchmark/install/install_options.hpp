#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/defaults.hpp"
#include "actors/gpu/api.hpp"
#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace hive {

/// How a node installs benchmarks from git.
struct install_options {
  /// Prefixes of the URLs from which benchmarks may be installed; see check_fetch_url. Empty: none.
  std::vector<std::string> allowed;
  /// Absolute path of the directory for the installed benchmarks, which nodes may share. Created by the first install.
  std::filesystem::path directory;
  /// This node.
  node_id own_id;
  /// Names what belongs to this node in a shared directory.
  std::string node;
  /// Whether requests may ask for network in their commands.
  bool network = false;
  /// Where Python packages come from: the URL of an index, or a directory of packages. Empty: nowhere.
  std::string index;
  std::chrono::milliseconds timeout{defaults::install_step_timeout}; ///< of each step
  uint64_t max_bytes = defaults::max_install_bytes;                  ///< of all files of one install
  std::filesystem::path fetch_program;                               ///< hive-fetch
  std::string python = "/usr/bin/python3";
  /// Leases devices to benchmarks that need one; without it these are not run.
  gpu_scheduler_actor scheduler;

  /// ec::invalid; the text begins with the offending key.
  caf::error validate() const;
};

} // namespace hive
