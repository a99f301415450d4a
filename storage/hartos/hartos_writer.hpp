#pragma once

#include "storage/hartos/hartos_database.hpp"

#include <filesystem>

namespace hive {

/// Writes a coding_benchmarks.db in HART OS's format, with HART OS's current success rule for all rows and an extra
/// table that says whose records they are. The database is built beside its destination and moved there atomically; the
/// writer's destructor deletes an unfinished one.
class hartos_writer {
public:
  /// Unless `replace` is set, an existing database at the destination gives ec::already_exists. Another writer's
  /// journal beside it gives ec::busy. Both can come from `create` or from `finish`. ec::storage_failed when the folder
  /// is not writable.
  static caf::expected<hartos_writer> create(const std::filesystem::path& file, bool replace);

  hartos_writer(hartos_writer&&) noexcept;
  hartos_writer& operator=(hartos_writer&&) = delete;
  ~hartos_writer();

  /// Adds a record under its number, which must be set and unique. Any order.
  caf::expected<void> add(wire::TaskRecord::Reader record);
  /// Adds the statistics of a task type over all other nodes; each task type once.
  caf::expected<void> add(const hartos_route& route);

  /// Moves the database to its destination, durably. `mark` says whose records were added.
  caf::expected<void> finish(const hartos_export_mark& mark);

private:
  hartos_writer(std::filesystem::path file, std::filesystem::path unfinished, bool replace, sqlite::connection db);
  caf::expected<void> begin();
  caf::expected<void> put_in_place() const;

  std::filesystem::path file_;
  std::filesystem::path unfinished_; ///< empty once finished or moved from
  bool replace_;
  sqlite::connection db_;
  sqlite::statement add_task_;
  sqlite::statement add_route_;
};

} // namespace hive
