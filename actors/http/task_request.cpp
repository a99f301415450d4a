#include "actors/http/task_request.hpp"

#include "actors/http/request_reader.hpp"
#include "messages/annotations.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive::http {
namespace {

using rejected_line = task_batch::rejected_line;

uint32_t max_tasks() {
  return find_field(capnp::Schema::from<wire::RecordTasks>(), "tasks")->max_elements;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == text.npos;
}

// -- NDJSON ---------------------------------------------------------------------

struct numbered_line {
  uint32_t number;
  std::string_view text;
};

/// Stops after `most` non-blank lines.
std::vector<numbered_line> split_lines(std::string_view body, size_t most) {
  std::vector<numbered_line> out;
  for (uint32_t number = 1; !body.empty() && out.size() < most; ++number) {
    auto end = std::min(body.find('\n'), body.size());
    if (auto text = body.substr(0, end); !is_blank(text))
      out.push_back({number, text});
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return out;
}

std::optional<json_error> decode(std::string_view text, wire::TaskRecord::Builder out) {
  if (auto wrong = hive::detail::decode_json(text, out))
    return wrong;
  if (auto broken = check(out.asReader()))
    return json_error{ec::invalid, std::move(broken->pointer), std::move(broken->rule)};
  return std::nullopt;
}

/// The message with only the records at these indexes.
msg<wire::RecordTasks> pick(wire::RecordTasks::Reader all, const std::vector<uint32_t>& places) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    out.setSource(all.getSource());
    out.setAfterRow(all.getAfterRow());
    out.setThroughRow(all.getThroughRow());
    auto list = out.initTasks(static_cast<uint32_t>(places.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, all.getTasks()[places[i]]);
  });
}

/// Reads the query parameters that describe the source of the records.
bool read_source(const request& from, wire::RecordTasks::Builder out, json_error& why) {
  auto wrong = detail::fill_from_url(from, out);
  if (wrong)
    why = std::move(*wrong);
  else if (out.hasSource() && !is_valid_id(as_view(out.getSource().asReader())))
    why = {ec::invalid, {}, "query parameter source " + std::string{id_rule}};
  else
    return true;
  return false;
}

std::optional<task_batch> read_lines(const request& from, json_error& why) {
  auto lines = split_lines(from.body, size_t{max_tasks()} + 1);
  if (lines.empty() || lines.size() > max_tasks()) {
    why = lines.empty()
            ? json_error{ec::invalid, {}, "the body holds no record"}
            : json_error{ec::too_large, {}, "the body holds more than " + std::to_string(max_tasks()) + " records"};
    return std::nullopt;
  }
  task_batch out;
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<wire::RecordTasks>();
  if (!read_source(from, root, why))
    return std::nullopt;
  auto list = root.initTasks(static_cast<uint32_t>(lines.size()));
  std::vector<uint32_t> good;
  for (uint32_t i = 0; i < list.size(); ++i) {
    if (auto wrong = decode(lines[i].text, list[i])) {
      out.rejected.push_back({lines[i].number, wrong->message()});
      continue;
    }
    good.push_back(i);
    out.lines.push_back(lines[i].number);
  }
  // With a source, a request without valid records is still useful: it accounts for rows.
  if (good.empty() && !root.hasSource()) {
    why = {ec::invalid, {}, "line " + std::to_string(out.rejected[0].line) + ": " + out.rejected[0].reason};
    return std::nullopt;
  }
  out.records = out.rejected.empty() ? msg<wire::RecordTasks>::adopt(scratch) : pick(root.asReader(), good);
  return out;
}

// -- JSON -----------------------------------------------------------------------

bool is_object(std::string_view body) {
  auto first = body.find_first_not_of(" \t\r\n");
  return first != body.npos && body[first] == '{';
}

std::optional<task_batch> read_one(const request& from, json_error& why) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<wire::RecordTasks>();
  if (!read_source(from, root, why))
    return std::nullopt;
  if (auto wrong = decode(from.body, root.initTasks(1)[0])) {
    why = std::move(*wrong);
    return std::nullopt;
  }
  return task_batch{msg<wire::RecordTasks>::adopt(scratch), {}, {}};
}

std::optional<task_batch> read_array(const request& from, json_error& why) {
  auto records = read_request<wire::RecordTasks>(from, why);
  if (!records)
    return std::nullopt;
  return task_batch{std::move(*records), {}, {}};
}

} // namespace

std::optional<task_batch> read_tasks(const request& from, json_error& why) {
  if (is_ndjson(from.content_type))
    return read_lines(from, why);
  return is_object(from.body) ? read_one(from, why) : read_array(from, why);
}

msg<wire::TasksRecorded> task_batch::answer(const msg<wire::TasksRecorded>& kept) const {
  auto duplicates = kept->getDuplicateLines();
  if (rejected.empty() && (lines.empty() || (kept->getRejected().size() == 0 && duplicates.size() == 0)))
    return kept;
  auto line_of = [&](uint32_t place) { return lines.empty() ? place : lines[place - 1]; };
  auto all = rejected;
  for (auto refused : kept->getRejected())
    all.push_back({line_of(refused.getLine()), refused.getReason().cStr()});
  std::ranges::sort(all, {}, &rejected_line::line);
  return msg<wire::TasksRecorded>::build([&](wire::TasksRecorded::Builder out) {
    out.setRecorded(kept->getRecorded());
    out.setDuplicates(kept->getDuplicates());
    if (duplicates.size() > 0)
      out.setDuplicateLines(duplicates);
    for (uint32_t i = 0; i < duplicates.size(); ++i)
      out.getDuplicateLines().set(i, line_of(duplicates[i]));
    auto list = out.initRejected(static_cast<uint32_t>(all.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setLine(all[i].line);
      list[i].setReason(all[i].reason);
    }
  });
}

} // namespace hive::http
