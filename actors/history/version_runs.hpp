#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace hive {

struct analysed_history;

/// Neighbouring captures of one version: the values from `begin` up to, but without, `end` are of it. None where no
/// value of them counts.
struct version_run {
  std::string version;
  size_t begin = 0;
  size_t end = 0;
};

/// The runs of versions from the first value that was analysed on, in the order of their captures.
std::vector<version_run> find_version_runs(const analysed_history& history);

/// The versions that may have caused a change, the likeliest first, each once, at most `most`
/// (`analysis::history_culprits`). `change` is the first value after it, in (0, number of values).
std::vector<std::string> find_suspects(std::span<const version_run> runs, size_t change, size_t most);

} // namespace hive
