#include "apps/hivectl/hartos_tasks.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"

#include <algorithm>
#include <array>
#include <sodium.h>

namespace hive::ctl {
namespace {

/// Half of a 256-bit digest names a database: 10^12 databases have no collision in practice.
std::string name_of_content(const std::string& content) {
  std::array<unsigned char, 16> digest{};
  crypto_generichash(digest.data(), digest.size(), bytes_of(content), content.size(), nullptr, 0);
  return "hartos-" + to_hex(digest);
}

} // namespace

caf::expected<std::vector<hartos_part>> parts_of(hartos_database& db, const std::string& given) {
  std::vector<hartos_part> out;
  auto last = db.last_row();
  auto first = db.first_row();
  auto mark = db.export_mark();
  for (const auto* error :
       {last ? nullptr : &last.error(), first ? nullptr : &first.error(), mark ? nullptr : &mark.error()})
    if (error)
      return *error;
  uint64_t exported = 0;
  if (!given.empty()) {
    out.push_back({given, 0, *last});
  } else if (*mark) {
    exported = (*mark)->last_row;
    out.push_back({(*mark)->node, 0, std::min(exported, *last)});
    *first += "exported by " + (*mark)->node + " up to " + std::to_string(exported);
  }
  if (given.empty())
    out.push_back({name_of_content(*first), exported, *last});
  std::erase_if(out, [](const hartos_part& part) { return part.above >= part.through; });
  return out;
}

caf::expected<std::string> origin_of(hartos_database& db, const std::string& given) {
  if (!given.empty())
    return given;
  auto mark = db.export_mark();
  if (!mark)
    return mark.error();
  if (*mark)
    return "hive-of-" + (*mark)->node;
  auto first = db.first_row();
  if (!first)
    return first.error();
  return first->empty() ? std::string{} : name_of_content(*first);
}

hartos_task_import::hartos_task_import(const client& node, hartos_database& db, hartos_part part, hartos_report& report,
                                       progress& running)
    : db_{db}, part_{std::move(part)}, to_{node, part_.source}, report_{report}, running_{running} {
}

caf::error hartos_task_import::run() {
  auto error = take_rows();
  if (!error)
    return error;
  return fail(code_of(error), db_.file() + ": benchmarks rows behind " + std::to_string(seen_) + ": " + text_of(error));
}

caf::error hartos_task_import::take_rows() {
  if (auto error = ask_for_row())
    return error;
  report_.already_taken = std::max(report_.already_taken, std::min(taken_, part_.through));
  for (;;) {
    auto rows = db_.rows(seen_, part_.through, task_sender::max_lines);
    if (!rows)
      return of_file(rows.error());
    if (rows->empty())
      return pass_rest();
    auto error = send(*rows);
    // A concurrent import sent the same rows: continue after the node's current row.
    if (error && code_of(error) == ec::conflict)
      error = ask_for_row();
    if (error)
      return error;
    running_.now("Importing task records: row " + std::to_string(seen_) + " of " + std::to_string(part_.through));
  }
}

caf::error hartos_task_import::ask_for_row() {
  auto row = to_.last_row();
  if (!row)
    return row.error();
  taken_ = *row;
  seen_ = std::max(taken_, part_.above);
  return caf::none;
}

caf::error hartos_task_import::send(const std::vector<hartos_row>& rows) {
  auto last = rows.back().number;
  auto lines = to_lines(rows);
  if (!lines.empty()) {
    auto sent = to_.send(lines, taken_, last);
    if (!sent)
      return sent.error();
    report_.recorded += sent->recorded;
    for (const auto& [row, reason] : sent->rejected)
      leave_out(row, reason);
    taken_ = last;
  }
  // Only now is it certain that these rows will not be read again.
  for (const auto& row : rows) {
    if (row.number <= reported_)
      continue;
    report_.outdated += row.is_outdated;
    if (!row.fault.empty())
      leave_out(row.number, row.fault);
  }
  reported_ = std::max(reported_, last);
  seen_ = last;
  return caf::none;
}

/// Reports trailing rows that are not records to the node, so that the next import does not list them again.
caf::error hartos_task_import::pass_rest() {
  if (seen_ <= taken_)
    return caf::none;
  auto passed = to_.send({}, taken_, seen_);
  if (!passed && code_of(passed.error()) != ec::conflict) // a concurrent import has reported it already
    return passed.error();
  return caf::none;
}

task_lines hartos_task_import::to_lines(const std::vector<hartos_row>& rows) {
  task_lines out;
  for (const auto& row : rows) {
    if (!row.task)
      continue;
    capnp::MallocMessageBuilder scratch;
    auto record = scratch.initRoot<wire::TaskRecord>();
    row.task->write(record);
    out.add(to_json<wire::TaskRecord>(record.asReader()), row.number);
  }
  return out;
}

void hartos_task_import::leave_out(uint64_t row, const std::string& reason) {
  report_.leave_out(db_.file() + ": benchmarks row " + std::to_string(row), reason);
}

} // namespace hive::ctl
