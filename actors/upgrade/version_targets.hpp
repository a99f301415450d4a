#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive {

/// How a version of the software is run. In each text `{version}` stands for the version.
struct version_target {
  std::string directory;                                        ///< absolute; the commands' working directory
  std::string container;                                        ///< image in which the commands run
  std::vector<std::pair<std::string, std::string>> environment; ///< for the commands
};

/// How the node's adapters run versions that are not what is installed.
struct version_targets {
  /// By version; `*` is for all that have none of their own.
  std::map<std::string, version_target> versions;
  /// Runs an image: what comes before its name. The environment is passed with `--env=NAME=VALUE`.
  std::vector<std::string> container_command{"podman", "run", "--rm"};

  /// ec::invalid; the text begins with the version.
  caf::error validate() const;

  /// How this version is run. ec::invalid when the configuration does not say, or when its directory does not exist.
  caf::expected<msg<wire::VersionTarget>> find(std::string_view version) const;
};

} // namespace hive
