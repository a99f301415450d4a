#pragma once

#include "messages/cluster_upgrade.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace hive::test {

/// The proposal in tests/data/upgrades/NAME.json: n1 to n5 decide about v2.0 → v2.1.
inline std::string upgrade_json(const std::string& name) {
  return file_text(HIVE_TEST_DATA "/upgrades/" + name + ".json");
}

inline msg<wire::ClusterUpgrade> upgrade_sample(const std::string& name) {
  return parse<wire::ClusterUpgrade>(upgrade_json(name));
}

/// A node that answers a proposal and each look at it with the next of these samples, then with the last one again. It
/// has no events.
inline fake_node deciding(std::vector<std::string> names) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return fake_node{[names = std::move(names), next](const fake_request& request) {
    if (request.target.starts_with("/api/v1/events"))
      return problem(404, R"({"title":"Not found","status":404,"detail":"no events","code":"not_found"})");
    auto at = std::min(next->fetch_add(1), names.size() - 1);
    return fake_response{request.method == "POST" ? 202 : 200, upgrade_json(names[at])};
  }};
}

} // namespace hive::test
