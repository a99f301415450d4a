#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hive::ctl {

/// An agent's folder of baselines.
struct hartos_agent {
  std::filesystem::path folder;
  std::string prompt;
  std::string flow; ///< what follows the last '_' of the folder's name

  /// Its files by number; other files are none of them. exit_status::file_failed when the folder cannot be read.
  caf::expected<std::map<uint32_t, std::filesystem::path>> baselines() const;
};

/// The files in which a HART OS installation keeps its measurements.
struct hartos_folder {
  std::filesystem::path data; ///< agent_data

  std::filesystem::path database() const {
    return data / "coding_benchmarks.db";
  }
  std::filesystem::path benchmarks() const {
    return data / "benchmarks";
  }
  std::filesystem::path baselines() const {
    return data / "baselines";
  }

  /// The snapshot files, ordered by name; empty when their directory is missing. exit_status::file_failed when
  /// it cannot be read.
  caf::expected<std::vector<std::filesystem::path>> snapshots() const;

  /// The folders of agents, ordered by name; empty when their directory is missing. exit_status::file_failed when it
  /// cannot be read.
  caf::expected<std::vector<hartos_agent>> agents() const;
};

/// Finds the files below `directory`, which is HART OS's root or its agent_data; exit_status::refused when it is
/// neither.
caf::expected<hartos_folder> find_hartos(const std::filesystem::path& directory);

/// Finds the files for writing, like find_hartos; creates agent_data if missing. exit_status::file_failed when that
/// fails.
caf::expected<hartos_folder> make_hartos(const std::filesystem::path& directory);

} // namespace hive::ctl
