#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive {

/// Compresses in gzip's form (RFC 1952), without name and time: equal bytes give equal results. Fails with
/// ec::internal.
caf::expected<std::string> to_gzip(std::string_view plain);

/// The content of a gzip file; at most 16 MiB. Fails with ec::corrupt.
caf::expected<std::string> from_gzip(std::string_view compressed);

} // namespace hive
