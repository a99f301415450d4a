#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"
#include "storage/hartos/sqlite.hpp"

#include <optional>
#include <vector>

namespace hive {

/// A row of HART OS's table `benchmarks`, converted to a task record.
struct hartos_task {
  std::string task_type;
  std::string tool_name;
  std::string model_name;
  std::string user_id;
  double completion_time_s = 0;
  bool success = false;
  bool offloaded = false;
  int64_t ended_at_unix_micros = 0; ///< 0 when the row has no time

  void write(wire::TaskRecord::Builder out) const;
};

/// One row, whether usable or not.
struct hartos_row {
  uint64_t number = 0; ///< SQLite's rowid
  /// Recorded by a HART OS version that trusted a model's own claim of success. HART OS itself no longer counts such
  /// rows.
  bool is_outdated = false;
  std::string fault;               ///< why it cannot be a task record; empty when it can
  std::optional<hartos_task> task; ///< set unless the row is outdated or has a fault
};

/// A row of HART OS's table `hive_routing`: a task type's best tool among HART OS's peers.
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

/// In a database that Hivemark exported: whose records it holds.
struct hartos_export_mark {
  std::string node;
  uint64_t last_row = 0; ///< rows with numbers up to this are that node's records; HART OS added the later ones
};

/// HART OS's coding_benchmarks.db, opened read-only. Holds no lock between calls: HART OS waits five seconds for a lock
/// and then drops its write. Errors name the file and are those of sqlite::connection.
class hartos_database {
public:
  /// Opens the database and checks the whole file for damage, at about 100 MB/s. ec::unsupported when an essential
  /// table or column is missing.
  static caf::expected<hartos_database> open(const std::filesystem::path& file);

  /// Number of the last row of `benchmarks`; 0 when there are none.
  caf::expected<uint64_t> last_row();

  /// Up to `limit` rows numbered in (after, through], in order.
  caf::expected<std::vector<hartos_row>> rows(uint64_t after, uint64_t through, size_t limit);

  /// The table `hive_routing`, at most `max_routes` rows; empty when it does not exist.
  caf::expected<std::vector<hartos_route>> routes();

  /// The content of the first row of `benchmarks`. Identifies the database even after rows were added. Empty when there
  /// are no rows.
  caf::expected<std::string> first_row();

  /// The mark that `hartos_writer` stored, if any.
  caf::expected<std::optional<hartos_export_mark>> export_mark();

  const std::string& file() const {
    return db_.file();
  }

  /// As many task types as a delta can hold.
  static constexpr size_t max_routes = 4'096;

private:
  explicit hartos_database(sqlite::connection db) : db_{std::move(db)} {
  }

  sqlite::connection db_;
  sqlite::statement rows_;
};

} // namespace hive
