#pragma once

#include "apps/hived/config.hpp"
#include "apps/hived/toml_section.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>

namespace hive {

// Values that several sections have. Each keeps what it is given when the key is not set, and refuses what it cannot
// take with the place in the file.

void read_path(toml_section& in, std::string_view key, std::filesystem::path& out);
void read_timeout(toml_section& in, std::string_view key, std::chrono::milliseconds& out);
void read_test_format(toml_section& in, std::string_view key, test_format& out);

/// The sections [benchmarks.*].
void read_benchmarks(toml_section& in, node_config& config);

/// A table of [[metrics]], which is added to those before it.
void read_metrics(toml_section& in, std::vector<analysis::configured_rules>& known);

} // namespace hive
