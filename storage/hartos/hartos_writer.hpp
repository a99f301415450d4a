#pragma once

#include "storage/hartos/hartos_database.hpp"

#include <filesystem>

namespace hive {

/// Writes a coding_benchmarks.db as HART OS makes it, with every row under the success rule that it counts today, and
/// with one table more that says whose records these are. The database grows beside its place and takes it in one step,
/// so nobody ever sees half of it; unfinished, it goes away with the writer.
class hartos_writer {
public:
  /// `replace` says whether a database may stand there already; else ec::already_exists, at once or when it is
  /// finished. ec::busy when the journal of another writer stands beside it, likewise. ec::storage_failed when the
  /// folder cannot be written.
  static caf::expected<hartos_writer> create(const std::filesystem::path& file, bool replace);

  hartos_writer(hartos_writer&&) noexcept;
  hartos_writer& operator=(hartos_writer&&) = delete;
  ~hartos_writer();

  /// Adds a record under its number, which must be set and new. In any order.
  caf::expected<void> add(wire::TaskRecord::Reader record);
  /// Adds what is known of a task type over all other nodes, once each.
  caf::expected<void> add(const hartos_route& route);

  /// Puts the database in its place, durably. `mark` says whose records were added.
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
