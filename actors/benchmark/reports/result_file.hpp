#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hive {

/// Formats of the files in which benchmarks leave their results.
enum class result_format : uint8_t {
  metrics, ///< `{name: {value, direction, unit}}`, the form that commands print too
};

/// `metrics`.
std::optional<result_format> parse_result_format(std::string_view name);

/// Largest result file that is read.
inline constexpr size_t max_result_file_bytes = size_t{16} << 20;

/// Reads the results of benchmarks. `format` is a name of parse_result_format; empty: detected from the text.
///
/// Fails with ec::invalid for an unknown format, ec::too_large, ec::malformed with the place in the file, and
/// ec::no_data when nothing was measured.
caf::expected<msg<wire::Measurement>> read_result_file(std::string_view bytes, std::string_view format = {});

} // namespace hive
