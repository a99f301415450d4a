#pragma once

#include "tests/cluster/hive_ca.hpp"

#include <functional>
#include <vector>

namespace hive::cluster {

/// Nodes on machines of their own, each with mutual TLS, that join each other. `netns` and `address` of each machine.
inline std::vector<hived_options> nodes_on_machines(size_t count, const std::function<std::string(size_t)>& netns,
                                                    const std::function<std::string(size_t)>& address,
                                                    const std::filesystem::path& directory) {
  hive_ca ca{directory / "ca"};
  std::vector<hived_options> out;
  for (size_t i = 0; i < count; ++i) {
    auto name = "node" + std::to_string(i);
    hived_options node{.directory = directory / name, .netns = netns(i)};
    std::filesystem::create_directories(node.directory);
    node.arguments = {"--name", name, "--door", address(i) + ":7421"};
    constexpr size_t most_joined = 8; // the others are learned from them
    for (size_t other = 0; other < std::min(count, most_joined); ++other)
      if (other != i)
        node.arguments.insert(node.arguments.end(), {"--join", address(other) + ":7421"});
    ca.secure(node, name);
    out.push_back(std::move(node));
  }
  return out;
}

} // namespace hive::cluster
