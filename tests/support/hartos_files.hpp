#pragma once

#include "storage/hartos/sqlite.hpp"

#include <filesystem>
#include <random>
#include <string>

namespace hive {

/// A coding_benchmarks.db in HART OS's format, to which tests write.
class hartos_source {
public:
  /// `rule`: whether the table has the column success_rule, as in newer versions of HART OS.
  explicit hartos_source(const std::filesystem::path& file, bool rule = false);

  void run(const std::string& sql);

  /// Adds one row; `values` are SQL, such as "'fix', 'aider', '', 'u1', 1.5, 1, 0, 1771934400.25".
  void add(const std::string& values);

  /// Adds this many valid rows with few different task types, tools, models and users.
  void add_random(size_t count, std::mt19937& random);

private:
  sqlite::connection db_;
};

} // namespace hive
