#include "storage/hartos/sqlite.hpp"

#include "messages/ec.hpp"

#include <chrono>
#include <sqlite3.h>

namespace hive::sqlite {
namespace {

/// HART OS holds its lock only for an insert, and waits just as long itself.
constexpr std::chrono::milliseconds lock_patience{5'000};

/// A read-only connection cannot repair what an interrupted writer left.
bool needs_recovery(int result) {
  return result == SQLITE_READONLY_ROLLBACK || result == SQLITE_READONLY_RECOVERY;
}

ec code_for(int result) {
  if (needs_recovery(result))
    return ec::busy;
  switch (result & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return ec::busy;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return ec::corrupt;
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return ec::not_found;
  case SQLITE_ERROR:
    return ec::unsupported;
  default:
    return ec::storage_failed;
  }
}

caf::error failure(const std::string& file, sqlite3* connection, int result) {
  std::string why = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
  if (needs_recovery(result))
    why = "its last writer was interrupted; open it once with HART OS or sqlite3, which mends it, and try again";
  else if (code_for(result) == ec::busy)
    why = "another process has locked it (" + why + ")";
  return fail(code_for(result), file + ": " + why);
}

} // namespace

void close_connection::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

void finalize_statement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement); // returns the last step's error again, which was reported already
}

// -- statement ------------------------------------------------------------------

// Binding fails only for an invalid index or when memory runs out.

void statement::bind(int place, int64_t value) {
  sqlite3_bind_int64(handle_.get(), place, value);
}

void statement::bind(int place, double value) {
  sqlite3_bind_double(handle_.get(), place, value);
}

void statement::bind(int place, std::string_view value) {
  sqlite3_bind_text64(handle_.get(), place, value.data() ? value.data() : "", value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

caf::expected<bool> statement::step() {
  auto result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW)
    return true;
  auto error = result == SQLITE_DONE ? caf::error{} : failure(file_, sqlite3_db_handle(handle_.get()), result);
  reset();
  if (error)
    return error;
  return false;
}

void statement::reset() {
  sqlite3_reset(handle_.get()); // returns the last step's error again, which was reported already
}

kind statement::kind_of(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
  case SQLITE_INTEGER:
    return kind::integer;
  case SQLITE_FLOAT:
    return kind::real;
  case SQLITE_TEXT:
    return kind::text;
  case SQLITE_BLOB:
    return kind::blob;
  default:
    return kind::null;
  }
}

int64_t statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string_view statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {bytes ? bytes : "", static_cast<size_t>(bytes ? sqlite3_column_bytes(handle_.get(), column) : 0)};
}

// -- connection -----------------------------------------------------------------

caf::expected<connection> connection::open(const std::filesystem::path& file, access how) {
  connection out;
  out.file_ = file.string();
  sqlite3* opened = nullptr;
  auto flags = how == access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  auto result = sqlite3_open_v2(out.file_.c_str(), &opened, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  out.handle_.reset(opened);
  if (result != SQLITE_OK)
    return failure(out.file_, opened, result);
  sqlite3_busy_timeout(opened, static_cast<int>(lock_patience.count()));
  return out;
}

caf::expected<statement> connection::prepare(std::string_view sql) const {
  statement out;
  out.file_ = file_;
  sqlite3_stmt* prepared = nullptr;
  auto result = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
  out.handle_.reset(prepared);
  if (result != SQLITE_OK)
    return failure(file_, handle_.get(), result);
  return out;
}

caf::expected<void> connection::run(const std::string& sql) const {
  auto result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK)
    return failure(file_, handle_.get(), result);
  return caf::unit;
}

} // namespace hive::sqlite
