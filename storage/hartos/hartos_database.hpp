#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"
#include "storage/hartos/sqlite.hpp"

#include <optional>
#include <vector>

namespace hive {

/// A row of HART OS's table `benchmarks` that can be kept as a task record.
struct hartos_task {
  std::string task_type;
  std::string tool_name;
  std::string model_name;
  std::string user_id;
  double completion_time_s = 0;
  bool success = false;
  bool offloaded = false;
  int64_t ended_at_unix_micros = 0; ///< 0: the row does not say

  void write(wire::TaskRecord::Builder out) const;
};

/// One row, whatever it holds.
struct hartos_row {
  uint64_t number = 0; ///< SQLite's rowid
  /// Recorded by a HART OS that took a model's word for its success. HART OS itself no longer counts such rows.
  bool is_outdated = false;
  std::string fault;               ///< why it cannot be a task record; empty when it is one
  std::optional<hartos_task> task; ///< when neither of these holds
};

/// What a row of the table `hive_routing` says: the best tool of a task type over HART OS's peers.
struct hartos_route {
  uint64_t number = 0;
  std::string task_type = {};
  std::string tool_name = {};
  double success_rate = 0;
  double avg_time_s = 0;
  uint64_t samples = 0;
  double updated_at = 0;  ///< seconds since 1970
  std::string fault = {}; ///< why it cannot be used; empty when it can
};

/// A database that Hivemark has exported carries whose records it holds.
struct hartos_export_mark {
  std::string node;
  uint64_t last_row = 0; ///< rows up to it are that node's records by their numbers; HART OS wrote the ones behind
};

/// HART OS's coding_benchmarks.db, opened for reading only. No lock is held between two calls: HART OS waits five
/// seconds for it and then loses what it wanted to write. Errors name the file and are those of sqlite::connection.
class hartos_database {
public:
  /// Looks through the whole file for damage, some 100 MB a second. ec::unsupported when a table or a column is missing
  /// that cannot be done without.
  static caf::expected<hartos_database> open(const std::filesystem::path& file);

  /// Number of the last row of `benchmarks`; 0 without any.
  caf::expected<uint64_t> last_row();

  /// At most `limit` rows with numbers behind `after`, up to and with `through`, in the order of their numbers.
  caf::expected<std::vector<hartos_row>> rows(uint64_t after, uint64_t through, size_t limit);

  /// The table `hive_routing`, at most `max_routes` rows of it; empty where there is none.
  caf::expected<std::vector<hartos_route>> routes();

  /// The content of the first row of `benchmarks`, whatever comes behind it. Tells this database from others, also
  /// after rows were added. Empty without rows.
  caf::expected<std::string> first_row();

  /// What `hartos_writer` has put in.
  caf::expected<std::optional<hartos_export_mark>> export_mark();

  const std::string& file() const {
    return db_.file();
  }

  /// As many task types as a delta holds.
  static constexpr size_t max_routes = 4'096;

private:
  explicit hartos_database(sqlite::connection db) : db_{std::move(db)} {
  }

  sqlite::connection db_;
  sqlite::statement rows_;
};

} // namespace hive
