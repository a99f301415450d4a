#include "storage/hartos/hartos_writer.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace hive {
namespace {

/// The tables that HART OS expects. The success rule's column has a default, so that rows written by HART OS versions
/// without success rules also count. No journal is needed: an unfinished file is discarded.
constexpr auto tables = R"(
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
BEGIN;
CREATE TABLE benchmarks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_type TEXT NOT NULL,
  tool_name TEXT NOT NULL,
  model_name TEXT DEFAULT '',
  user_id TEXT DEFAULT '',
  completion_time_s REAL NOT NULL,
  success INTEGER NOT NULL DEFAULT 0,
  offloaded INTEGER NOT NULL DEFAULT 0,
  timestamp REAL NOT NULL,
  success_rule INTEGER NOT NULL DEFAULT 2);
CREATE TABLE hive_routing (
  task_type TEXT PRIMARY KEY,
  best_tool TEXT NOT NULL,
  success_rate REAL NOT NULL,
  avg_time_s REAL NOT NULL,
  sample_count INTEGER NOT NULL,
  updated_at REAL NOT NULL);
CREATE TABLE hivemark_export (node TEXT NOT NULL, last_row INTEGER NOT NULL);
)";

caf::error failure(const std::filesystem::path& file, const std::string& what) {
  return fail(ec::storage_failed, file.string() + ": " + what + ": " + errno_text(errno));
}

/// SQLite would apply journals left by an interrupted or running writer to whatever database is at `file` next.
caf::error check_no_writer(const std::filesystem::path& file) {
  for (const auto* suffix : {"-journal", "-wal"}) {
    auto left = file;
    left += suffix;
    std::error_code absent;
    if (auto size = std::filesystem::file_size(left, absent); !absent && size > 0)
      return fail(ec::busy, left.string() + " is there: " + file.filename().string() +
                              " is being written to, or its last writer was interrupted. Stop HART OS, open the "
                              "database once with it or with sqlite3, and try again");
  }
  return caf::none;
}

caf::error stands_already(const std::filesystem::path& file) {
  return fail(ec::already_exists, file.string() + " is there already and is not replaced");
}

/// Makes a file or a directory durable.
caf::expected<void> sync(const std::filesystem::path& what) {
  int fd = ::open(what.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return failure(what, "cannot be opened");
  bool synced = ::fsync(fd) == 0;
  auto error = synced ? caf::error{} : failure(what, "cannot be written");
  ::close(fd);
  if (error)
    return error;
  return caf::unit;
}

caf::expected<void> run(sqlite::statement& statement) {
  auto done = statement.step();
  if (!done)
    return done.error();
  return caf::unit;
}

} // namespace

hartos_writer::hartos_writer(std::filesystem::path file, std::filesystem::path unfinished, bool replace,
                             sqlite::connection db)
    : file_{std::move(file)}, unfinished_{std::move(unfinished)}, replace_{replace}, db_{std::move(db)} {
}

hartos_writer::hartos_writer(hartos_writer&& other) noexcept
    : file_{std::move(other.file_)}, unfinished_{std::exchange(other.unfinished_, {})}, replace_{other.replace_},
      db_{std::move(other.db_)}, add_task_{std::move(other.add_task_)}, add_route_{std::move(other.add_route_)} {
}

hartos_writer::~hartos_writer() {
  std::error_code ignored;
  if (!unfinished_.empty())
    std::filesystem::remove(unfinished_, ignored);
}

caf::expected<hartos_writer> hartos_writer::create(const std::filesystem::path& file, bool replace) {
  std::error_code failed;
  if (!replace && std::filesystem::exists(file, failed))
    return stands_already(file);
  if (auto written_to = check_no_writer(file))
    return written_to;
  // A name of its own, so that concurrent exports into the same folder do not collide.
  auto unfinished = file;
  unfinished += "." + std::to_string(::getpid()) + ".part";
  std::filesystem::remove(unfinished, failed);
  auto db = sqlite::connection::open(unfinished, sqlite::access::create);
  if (!db)
    return fail(ec::storage_failed, text_of(db.error()));
  hartos_writer out{file, std::move(unfinished), replace, std::move(*db)};
  if (auto begun = out.begin(); !begun)
    return begun.error();
  return out;
}

caf::expected<void> hartos_writer::begin() {
  if (auto made = db_.run(tables); !made)
    return made.error();
  auto add_task = db_.prepare("INSERT INTO benchmarks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 2)");
  if (!add_task)
    return add_task.error();
  auto add_route = db_.prepare("INSERT INTO hive_routing VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  if (!add_route)
    return add_route.error();
  add_task_ = std::move(*add_task);
  add_route_ = std::move(*add_route);
  return caf::unit;
}

caf::expected<void> hartos_writer::add(wire::TaskRecord::Reader record) {
  add_task_.bind(1, static_cast<int64_t>(record.getSequence()));
  add_task_.bind(2, as_view(record.getTaskType()));
  add_task_.bind(3, as_view(record.getToolName()));
  add_task_.bind(4, as_view(record.getModelName()));
  add_task_.bind(5, as_view(record.getUserId()));
  add_task_.bind(6, record.getCompletionTimeS());
  add_task_.bind(7, int64_t{record.getSuccess()});
  add_task_.bind(8, int64_t{record.getOffloaded()});
  add_task_.bind(9, static_cast<double>(record.getTimestamp()) / micros_per_s);
  return run(add_task_);
}

caf::expected<void> hartos_writer::add(const hartos_route& route) {
  add_route_.bind(1, std::string_view{route.task_type});
  add_route_.bind(2, std::string_view{route.tool_name});
  add_route_.bind(3, route.success_rate);
  add_route_.bind(4, route.avg_time_s);
  add_route_.bind(5, static_cast<int64_t>(route.samples));
  add_route_.bind(6, route.updated_at);
  return run(add_route_);
}

caf::expected<void> hartos_writer::finish(const hartos_export_mark& mark) {
  auto sign = db_.prepare("INSERT INTO hivemark_export VALUES (?1, ?2)");
  if (!sign)
    return sign.error();
  sign->bind(1, std::string_view{mark.node});
  sign->bind(2, static_cast<int64_t>(mark.last_row));
  if (auto signed_ = run(*sign); !signed_)
    return signed_.error();
  // The index comes last: building it over all rows is faster than maintaining it during inserts.
  if (auto ended = db_.run("CREATE INDEX idx_benchmarks_task_tool ON benchmarks(task_type, tool_name); COMMIT;");
      !ended)
    return ended.error();
  *sign = {};
  add_task_ = {};
  add_route_ = {};
  db_ = {};
  if (auto synced = sync(unfinished_); !synced)
    return synced.error();
  if (auto placed = put_in_place(); !placed)
    return placed.error();
  unfinished_.clear();
  auto folder = file_.parent_path();
  return sync(folder.empty() ? "." : folder);
}

caf::expected<void> hartos_writer::put_in_place() const {
  if (auto written_to = check_no_writer(file_))
    return written_to;
  auto flags = replace_ ? 0U : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, unfinished_.c_str(), AT_FDCWD, file_.c_str(), flags) == 0)
    return caf::unit;
  if (errno == EEXIST)
    return stands_already(file_);
  return failure(file_, "cannot be written");
}

} // namespace hive
