#include "storage/hartos/hartos_database.hpp"

#include "messages/check.hpp"
#include "messages/ids.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace hive {
namespace {

using sqlite::kind;

/// HART OS's current success rule: an edit must have been applied. HART OS ignores rows of the earlier rule in routing,
/// summary and export. Databases without the column predate success rules. In databases exported by Hivemark this value
/// is the column's default, so that rows written by HART OS versions that do not know the column also count.
constexpr int64_t current_success_rule = 2;

/// Column indexes in the query for rows.
enum row_column : int { number, task_type, tool_name, model_name, user_id, time_s, success, offloaded, ended_at, rule };

/// The table that holds `hartos_writer`'s export mark.
constexpr auto mark_table = "hivemark_export";

// -- tables -----------------------------------------------------------------------

/// Names of a table's columns; empty when the table does not exist.
caf::expected<std::set<std::string>> columns_of(const sqlite::connection& db, std::string_view table) {
  auto query = db.prepare("SELECT name FROM pragma_table_info('" + std::string{table} + "')");
  if (!query)
    return query.error();
  std::set<std::string> out;
  for (;;) {
    auto more = query->step();
    if (!more)
      return more.error();
    if (!*more)
      return out;
    out.emplace(query->text(0));
  }
}

caf::expected<std::string> rows_query(const sqlite::connection& db) {
  auto columns = columns_of(db, "benchmarks");
  if (!columns)
    return columns.error();
  auto mark = columns_of(db, mark_table);
  if (!mark)
    return mark.error();
  if (!mark->empty())
    columns->erase("success_rule");
  if (columns->empty())
    return fail(ec::unsupported, db.file() + ": there is no table benchmarks: is this HART OS's coding_benchmarks.db?");
  for (const char* needed : {"task_type", "tool_name", "completion_time_s", "success"})
    if (!columns->contains(needed))
      return fail(ec::unsupported, db.file() + ": table benchmarks has no column " + needed);
  auto optional = [&](const char* name, const char* otherwise) {
    return std::string{", "} + (columns->contains(name) ? name : otherwise);
  };
  return "SELECT rowid, task_type, tool_name" + optional("model_name", "NULL") + optional("user_id", "NULL") +
         ", completion_time_s, success" + optional("offloaded", "NULL") + optional("timestamp", "NULL") +
         optional("success_rule", std::to_string(current_success_rule).c_str()) +
         " FROM benchmarks WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid LIMIT ?3";
}

/// The single number that a query returns; 0 for NULL.
caf::expected<int64_t> single_number(const sqlite::connection& db, std::string_view sql) {
  auto query = db.prepare(sql);
  if (!query)
    return query.error();
  auto found = query->step();
  if (!found)
    return found.error();
  return *found ? query->integer(0) : 0;
}

/// Reading rows does not reliably expose damage: a row with a corrupted number looks like one after the requested
/// range, so the remaining rows would be lost silently.
caf::expected<void> check_pages(const sqlite::connection& db) {
  auto query = db.prepare("PRAGMA quick_check(1)");
  if (!query)
    return query.error();
  auto found = query->step();
  if (!found)
    return found.error();
  if (!*found || query->text(0) != "ok")
    return fail(ec::corrupt, db.file() + ": the database is damaged: " + std::string{query->text(0)});
  return caf::unit;
}

// -- values -----------------------------------------------------------------------

std::string_view name_of(kind what) {
  static constexpr std::array<std::string_view, 5> names{"NULL", "an integer", "a number", "text", "a blob"};
  return names[static_cast<size_t>(what)];
}

/// Reads columns of one row and remembers the first thing wrong with it.
class row_reader {
public:
  explicit row_reader(const sqlite::statement& row) : row_{row} {
  }

  /// NULL reads as empty; the record's check reports missing required fields.
  std::string text(int column, const char* name) {
    auto what = row_.kind_of(column);
    if (what != kind::text && what != kind::null)
      return wrong(name, "text", what), std::string{};
    std::string out{row_.text(column)};
    if (out.find('\0') != std::string::npos) // would truncate the message's text
      note(std::string{name} + " holds a NUL");
    return out;
  }

  double number(int column, const char* name) {
    auto what = row_.kind_of(column);
    if (what != kind::real && what != kind::integer)
      return wrong(name, "a number", what), 0;
    return row_.real(column);
  }

  bool flag(int column, const char* name) {
    auto what = row_.kind_of(column);
    if (what != kind::integer)
      return wrong(name, "0 or 1", what), false;
    if (auto value = row_.integer(column); value != 0 && value != 1)
      note(std::string{name} + " is " + std::to_string(value) + ", it must be 0 or 1");
    return row_.integer(column) == 1;
  }

  /// Seconds since 1970, or ISO-8601 (UTC when it has no offset). 0 for NULL.
  int64_t time(int column, const char* name) {
    auto what = row_.kind_of(column);
    if (what == kind::null)
      return 0;
    if (what == kind::text) {
      auto read = parse_iso8601(row_.text(column));
      if (!read)
        note(std::string{name} + " is no time in ISO-8601 from 1970 to 9999");
      return read.value_or(0);
    }
    auto micros = std::round(number(column, name) * micros_per_s);
    if (!(micros >= 0 && micros <= static_cast<double>(max_unix_micros))) { // also catches NaN
      note(std::string{name} + " lies outside the years 1970 to 9999");
      return 0;
    }
    return static_cast<int64_t>(micros);
  }

  std::string take_fault() {
    return std::move(fault_);
  }

private:
  void wrong(const char* name, std::string_view expected, kind found) {
    note(std::string{name} + " is " + std::string{name_of(found)} + ", it must be " + std::string{expected});
  }

  void note(std::string fault) {
    if (fault_.empty())
      fault_ = std::move(fault);
  }

  const sqlite::statement& row_;
  std::string fault_;
};

hartos_task read_task(row_reader& in, const sqlite::statement& row) {
  hartos_task out;
  out.task_type = in.text(task_type, "task_type");
  out.tool_name = in.text(tool_name, "tool_name");
  out.model_name = in.text(model_name, "model_name");
  out.user_id = in.text(user_id, "user_id");
  out.completion_time_s = in.number(time_s, "completion_time_s");
  out.success = in.flag(success, "success");
  out.offloaded = row.kind_of(offloaded) != kind::null && in.flag(offloaded, "offloaded");
  out.ended_at_unix_micros = in.time(ended_at, "timestamp");
  return out;
}

/// What the node would reject about the record, by the same rules.
template <class T, class Fill>
std::string fault_of(Fill&& fill) {
  std::array<capnp::word, 512> first{};
  capnp::MallocMessageBuilder scratch{kj::arrayPtr(first.data(), first.size())};
  auto root = scratch.initRoot<T>();
  fill(root);
  auto broken = check(root.asReader());
  return broken ? broken->pointer.substr(1) + " " + broken->rule : std::string{};
}

hartos_row read_row(const sqlite::statement& row) {
  hartos_row out;
  out.number = static_cast<uint64_t>(row.integer(number));
  if (row.integer(rule) < current_success_rule) {
    out.is_outdated = true;
    return out;
  }
  row_reader in{row};
  auto task = read_task(in, row);
  out.fault = in.take_fault();
  if (out.fault.empty())
    out.fault = fault_of<wire::TaskRecord>([&](wire::TaskRecord::Builder record) { task.write(record); });
  if (out.fault.empty())
    out.task = std::move(task);
  return out;
}

hartos_route read_route(const sqlite::statement& row) {
  row_reader in{row};
  hartos_route out;
  out.number = static_cast<uint64_t>(row.integer(0));
  out.task_type = in.text(1, "task_type");
  out.tool_name = in.text(2, "best_tool");
  out.success_rate = in.number(3, "success_rate");
  out.avg_time_s = in.number(4, "avg_time_s");
  out.samples = static_cast<uint64_t>(std::max<int64_t>(row.integer(5), 0));
  out.updated_at = static_cast<double>(in.time(6, "updated_at")) / micros_per_s;
  out.fault = in.take_fault();
  if (out.fault.empty())
    out.fault = fault_of<wire::LearnedTask>([&](wire::LearnedTask::Builder task) {
      task.setTaskType(out.task_type);
      auto tool = task.initTools(1)[0];
      tool.setToolName(out.tool_name);
      tool.setSuccessRate(out.success_rate);
      tool.setAvgTimeS(out.avg_time_s);
      tool.setSampleCount(out.samples);
    });
  return out;
}

/// Appends an unambiguous encoding of a value.
void append_value(std::string& out, const sqlite::statement& row, int column) {
  auto what = row.kind_of(column);
  out += static_cast<char>('0' + static_cast<int>(what));
  switch (what) {
  case kind::null:
    break;
  case kind::integer:
    out += std::to_string(row.integer(column));
    break;
  case kind::real:
    out += std::to_string(std::bit_cast<uint64_t>(row.real(column)));
    break;
  case kind::text:
  case kind::blob:
    out += std::to_string(row.text(column).size()) + ':';
    out += row.text(column);
    break;
  }
  out += '\n';
}

} // namespace

void hartos_task::write(wire::TaskRecord::Builder out) const {
  out.setTaskType(task_type);
  out.setToolName(tool_name);
  out.setModelName(model_name);
  out.setUserId(user_id);
  out.setCompletionTimeS(completion_time_s);
  out.setSuccess(success);
  out.setOffloaded(offloaded);
  out.setTimestamp(ended_at_unix_micros);
}

caf::expected<hartos_database> hartos_database::open(const std::filesystem::path& file) {
  auto db = sqlite::connection::open(file, sqlite::access::read_only);
  if (!db)
    return db.error();
  auto sql = rows_query(*db);
  if (!sql)
    return sql.error();
  if (auto whole = check_pages(*db); !whole)
    return whole.error();
  auto rows = db->prepare(*sql);
  if (!rows)
    return rows.error();
  auto unnumbered = single_number(*db, "SELECT EXISTS (SELECT 1 FROM benchmarks WHERE rowid < 1)");
  if (!unnumbered)
    return unnumbered.error();
  if (*unnumbered)
    return fail(ec::unsupported, file.string() + ": table benchmarks has rows with numbers below 1");
  hartos_database out{std::move(*db)};
  out.rows_ = std::move(*rows);
  return out;
}

caf::expected<uint64_t> hartos_database::last_row() {
  auto last = single_number(db_, "SELECT max(rowid) FROM benchmarks");
  if (!last)
    return last.error();
  return static_cast<uint64_t>(*last);
}

caf::expected<std::vector<hartos_row>> hartos_database::rows(uint64_t after, uint64_t through, size_t limit) {
  constexpr uint64_t last_rowid = std::numeric_limits<int64_t>::max();
  rows_.bind(1, static_cast<int64_t>(std::min(after, last_rowid)));
  rows_.bind(2, static_cast<int64_t>(std::min(through, last_rowid)));
  rows_.bind(3, static_cast<int64_t>(limit));
  std::vector<hartos_row> out;
  for (;;) {
    auto more = rows_.step();
    if (!more)
      return more.error();
    if (!*more)
      return out;
    out.push_back(read_row(rows_));
  }
}

caf::expected<std::vector<hartos_route>> hartos_database::routes() {
  std::vector<hartos_route> out;
  auto columns = columns_of(db_, "hive_routing");
  if (!columns)
    return columns.error();
  if (columns->empty())
    return out;
  std::string updated = columns->contains("updated_at") ? "updated_at" : "NULL";
  auto query = db_.prepare("SELECT rowid, task_type, best_tool, success_rate, avg_time_s, sample_count, " + updated +
                           " FROM hive_routing ORDER BY rowid LIMIT " + std::to_string(max_routes));
  if (!query)
    return query.error();
  for (;;) {
    auto more = query->step();
    if (!more)
      return more.error();
    if (!*more)
      return out;
    out.push_back(read_route(*query));
  }
}

caf::expected<std::string> hartos_database::first_row() {
  std::string out;
  rows_.bind(1, int64_t{0});
  rows_.bind(2, std::numeric_limits<int64_t>::max());
  rows_.bind(3, int64_t{1});
  auto found = rows_.step();
  if (!found)
    return found.error();
  if (!*found)
    return out;
  // Excludes the success rule, whose column may be added later.
  for (int column = number; column < rule; ++column)
    append_value(out, rows_, column);
  rows_.reset();
  return out;
}

caf::expected<std::optional<hartos_export_mark>> hartos_database::export_mark() {
  using found_mark = std::optional<hartos_export_mark>;
  auto columns = columns_of(db_, mark_table);
  if (!columns)
    return columns.error();
  if (columns->empty())
    return found_mark{};
  auto query = db_.prepare("SELECT node, last_row FROM hivemark_export");
  if (!query)
    return query.error();
  auto found = query->step();
  if (!found)
    return found.error();
  if (!*found || !is_valid_id(query->text(0)) || query->integer(1) < 0)
    return fail(ec::corrupt, db_.file() + ": table hivemark_export does not say whose records these are");
  return found_mark{{std::string{query->text(0)}, static_cast<uint64_t>(query->integer(1))}};
}

} // namespace hive
