#pragma once

#include "apps/hived/config.hpp"
#include "apps/hived/toml_section.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace hive {

// Values that several sections have. Each keeps what it is given when the key is not set, and refuses what it cannot
// take with the place in the file.

void read_path(toml_section& in, std::string_view key, std::filesystem::path& out);
void read_timeout(toml_section& in, std::string_view key, std::chrono::milliseconds& out);
void read_test_format(toml_section& in, std::string_view key, test_format& out);
/// Reads one of two words; the second one means true.
void read_choice(toml_section& in, std::string_view key, const std::string& no, const std::string& yes, bool& out);

/// The sections [benchmarks.*].
void read_benchmarks(toml_section& in, node_config& config);

/// The section [upgrade]. The sections [benchmarks.*] come before: a default depends on them.
void read_upgrade(toml_section& in, node_config& config);

/// A table of [[metrics]], which is added to those before it.
void read_metrics(toml_section& in, std::vector<analysis::configured_rules>& known);

} // namespace hive
