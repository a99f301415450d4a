#pragma once

#include <caf/expected.hpp>
#include <cstddef>
#include <cstdint>

namespace hive {

/// How a node's file descriptors are divided; the store takes its share itself.
struct descriptor_budget {
  uint64_t inherited = 0; ///< the soft limit at the process's start, passed on to its children
  size_t connections = 0; ///< for HTTP
};

/// Divides `limit` descriptors: at most `most_connections` connections, the rest for the store and as reserve, see
/// storage/open_files.hpp. ec::unavailable, naming the limit, when too few are left.
caf::expected<descriptor_budget> share_descriptors(uint64_t limit, size_t most_connections);

/// Raises this process's soft limit to its hard limit and divides it. Call it before opening the store.
caf::expected<descriptor_budget> raise_descriptor_limit(size_t most_connections);

} // namespace hive
