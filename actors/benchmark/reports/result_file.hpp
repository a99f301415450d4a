#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Formats of the files in which benchmarks leave their results.
enum class result_format : uint8_t {
  metrics,          ///< `{name: {value, direction, unit}}`, the form that commands print too
  pytest_benchmark, ///< `pytest --benchmark-json=FILE`
  google_benchmark, ///< `--benchmark_out=FILE --benchmark_out_format=json`
  hyperfine,        ///< `hyperfine --export-json FILE`
  criterion,        ///< lines of `cargo criterion --message-format=json`, or one file of a `new` folder
  junit,            ///< JUnit XML
  go,               ///< text of `go test -bench`
};

/// `metrics`, `pytest-benchmark`, `google-benchmark`, `hyperfine`, `criterion`, `junit` or `go`.
std::optional<result_format> parse_result_format(std::string_view name);

/// Largest result file that is read.
inline constexpr size_t max_result_file_bytes = size_t{16} << 20;

/// Reads the results of benchmarks. `format` is a name of parse_result_format; empty: detected from the text.
///
/// Times become metrics in ms of which lower is better; rates end in `/s`, and higher is better. A metric has every
/// sample that the file has, up to 10,000, else evenly chosen ones, which its note says. A name longer than a metric's
/// is cut, and ends with a part of its hash.
///
/// Fails with ec::invalid for an unknown format, ec::too_large, ec::malformed with the place in the file,
/// ec::process_failed when a benchmark in it failed, and ec::no_data when nothing was measured.
caf::expected<msg<wire::Measurement>> read_result_file(std::string_view bytes, std::string_view format = {});

/// A file of criterion's folder.
struct criterion_file {
  std::string path; ///< with `/`, such as `fib/20/new/sample.json`
  std::string bytes;
};

/// Largest number of files, and their largest total size, that read_criterion_files reads.
inline constexpr size_t max_criterion_files = 30'000;

/// Reads the `benchmark.json`, `estimates.json` and `sample.json` of all folders `new`; other files are left out. Fails
/// like read_result_file; the bounds hold for all files together.
caf::expected<msg<wire::Measurement>> read_criterion_files(std::span<const criterion_file> files);

} // namespace hive
