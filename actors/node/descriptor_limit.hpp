#pragma once

#include <caf/expected.hpp>
#include <cstddef>
#include <cstdint>

namespace hive {

/// What becomes of the descriptors that a node may have; the store takes its part by itself.
struct descriptor_budget {
  uint64_t inherited = 0; ///< the soft limit that this process was started with, for its children
  size_t connections = 0; ///< over HTTP
};

/// What `limit` descriptors leave to at most `most_connections` connections beside the store and the reserved ones of
/// storage/open_files.hpp. Fails with ec::unavailable, naming the limit, when too few are left to work with.
caf::expected<descriptor_budget> share_descriptors(uint64_t limit, size_t most_connections);

/// Raises the soft limit of this process to its hard one, and shares it out. To be called before the store is opened.
caf::expected<descriptor_budget> raise_descriptor_limit(size_t most_connections);

} // namespace hive
