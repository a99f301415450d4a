#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace hive::sqlite {

struct close_connection {
  void operator()(sqlite3* connection) const;
};
struct finalize_statement {
  void operator()(sqlite3_stmt* statement) const;
};

enum class access : uint8_t { read_only, create };

/// Type of a value; in SQLite every row may deviate from the column's declared type.
enum class kind : uint8_t { null, integer, real, text, blob };

/// A prepared statement and its current row. Must be destroyed before its connection.
class statement {
public:
  statement() = default;

  void bind(int place, int64_t value);
  void bind(int place, double value);
  /// `value` must outlive the next `step`.
  void bind(int place, std::string_view value);

  /// Advances to the next row. Returns false after the last one; the statement can then be reused. Fails like
  /// `connection`.
  caf::expected<bool> step();
  /// Releases the row, and with it the lock on the database.
  void reset();

  kind kind_of(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  /// Bytes of a text or blob; valid until the next `step` or `reset`.
  std::string_view text(int column) const;

private:
  friend class connection;
  std::unique_ptr<sqlite3_stmt, finalize_statement> handle_;
  std::string file_;
};

/// An open SQLite database. Errors name the file: ec::not_found when it cannot be opened, ec::busy when another process
/// holds its lock for longer than `lock_patience` or left it half-written, ec::corrupt when it is damaged or not a
/// SQLite database, ec::unsupported for missing tables and columns, ec::storage_failed when it cannot be written.
class connection {
public:
  static caf::expected<connection> open(const std::filesystem::path& file, access how);

  caf::expected<statement> prepare(std::string_view sql) const;
  /// Runs statements that return no rows.
  caf::expected<void> run(const std::string& sql) const;

  const std::string& file() const {
    return file_;
  }

private:
  std::unique_ptr<sqlite3, close_connection> handle_;
  std::string file_;
};

} // namespace hive::sqlite
