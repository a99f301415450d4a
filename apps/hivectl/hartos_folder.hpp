#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <vector>

namespace hive::ctl {

/// The files of a HART OS that hold what it has measured.
struct hartos_folder {
  std::filesystem::path data; ///< agent_data

  std::filesystem::path database() const {
    return data / "coding_benchmarks.db";
  }
  std::filesystem::path benchmarks() const {
    return data / "benchmarks";
  }

  /// The snapshot files in the order of their names; empty without a folder of them. ec::not_found when it cannot be
  /// read.
  caf::expected<std::vector<std::filesystem::path>> snapshots() const;
};

/// `directory` is HART OS's root or its agent_data. ec::not_found when it is neither.
caf::expected<hartos_folder> find_hartos(const std::filesystem::path& directory);

/// The same for writing, where agent_data may be missing and is made.
caf::expected<hartos_folder> make_hartos(const std::filesystem::path& directory);

} // namespace hive::ctl
