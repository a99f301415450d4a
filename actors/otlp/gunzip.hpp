#pragma once

#include <caf/expected.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace hive::otlp {

/// Decompresses gzip (RFC 1952), also of several members. ec::too_large as soon as there are more than `max_bytes`;
/// ec::malformed for anything that is not gzip to its last byte.
caf::expected<std::string> gunzip(std::string_view compressed, size_t max_bytes);

} // namespace hive::otlp
