#pragma once

#include "platform/git_fetch.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hive::fetch {

struct arguments {
  std::string url;
  std::string commit; ///< see fetch_tree; empty: HEAD
  std::filesystem::path into;
  std::vector<std::string> allowed; ///< see check_fetch_url
  std::chrono::seconds timeout{600};
  fetch_limits limits;
};

/// Reads `--url URL --into DIRECTORY [--commit C] [--allow PREFIX]... [--timeout-s N] [--max-bytes N] [--max-files N]`.
/// ec::invalid, naming the option.
caf::expected<arguments> read_arguments(std::span<const std::string> words);

/// Limits this process, fetches, and prints a FetchResult as one line of JSON. 0 when the files are there, 1 when they
/// are not, 64 for wrong arguments.
int run_command_line(int argc, char** argv);

} // namespace hive::fetch
