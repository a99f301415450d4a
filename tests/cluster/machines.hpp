#pragma once

#include "tests/cluster/hive_ca.hpp"

#include <functional>
#include <vector>

namespace hive::cluster {

/// Options for nodes that join each other, each on its own machine and with mutual TLS. `netns` and `address` give each
/// machine's namespace and address.
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
    constexpr size_t most_joined = 8; // nodes learn of the others from these
    for (size_t other = 0; other < std::min(count, most_joined); ++other)
      if (other != i)
        node.arguments.insert(node.arguments.end(), {"--join", address(other) + ":7421"});
    ca.secure(node, name);
    out.push_back(std::move(node));
  }
  return out;
}

} // namespace hive::cluster
