#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hive::backup {

/// What other nodes know of one that is to be restored.
struct seen_node {
  uint64_t epoch = 0; ///< the latest that any of them has seen; 0: none has
};

/// Asks the nodes at these URLs. ec::conflict if one of them takes the node for alive; the error of a node that cannot
/// be asked. `token` is sent with each request unless it is empty.
caf::expected<seen_node> ask_peers(const std::vector<std::string>& urls, const std::string& token,
                                   const std::string& node);

/// The same for the body of one answer, of the node at `url`. Pure.
caf::expected<seen_node> read_peer(std::string_view body, const std::string& url, const std::string& node);

} // namespace hive::backup
