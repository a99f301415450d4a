#include "actors/defaults.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/task_import.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/timestamp.hpp"
#include "messages/tracker.capnp.h"
#include "platform/hex.hpp"
#include "platform/http_client.hpp"

#include <array>
#include <sodium.h>
#include <thread>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

constexpr auto task_examples = "Examples:\n"
                               "  hivectl task record bug_fix aider_native --time 42.5 --success\n"
                               "  hivectl task import tasks.ndjson\n"
                               "  ./convert | hivectl task import - --source old-tracker\n"
                               "  hivectl task list --tool aider_native --since 2026-02-01 --limit 20";

/// Number of attempts to send a record; its idempotency key makes retries safe.
constexpr int record_attempts = 3;
constexpr auto record_pause = 500ms;
/// Page size: a node's maximum.
constexpr uint32_t max_page = 1'000;
/// Maximum number of records in one list; --after fetches the next ones.
constexpr uint32_t max_listed = 10'000;

struct record_options {
  std::string task_type;
  std::string tool;
  std::string model;
  std::string user;
  double time_s = 0;
  bool success = false;
  bool offloaded = false;
  std::string ended_at;
  std::string key;
};

struct list_options {
  std::string task_type;
  std::string tool;
  std::string model;
  std::string user;
  std::string since;
  std::string until;
  uint32_t limit = 100;
  std::string after;
};

// -- record -----------------------------------------------------------------------

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

std::string to_document(const record_options& options) {
  return to_json(msg<wire::TaskRecord>::build([&](wire::TaskRecord::Builder out) {
    out.setTaskType(options.task_type);
    out.setToolName(options.tool);
    out.setModelName(options.model);
    out.setUserId(options.user);
    out.setCompletionTimeS(options.time_s);
    out.setSuccess(options.success);
    out.setOffloaded(options.offloaded);
    out.setTimestamp(options.ended_at.empty() ? 0 : parse_iso8601(options.ended_at).value());
    out.setIdempotencyKey(options.key);
  }));
}

/// Warns of an end time in the future. Compares with the local clock, since the answer does not say whether the node
/// replaced the time.
void warn_of_future(const record_options& options, const output& out) {
  if (options.ended_at.empty())
    return;
  auto ahead = std::chrono::microseconds{parse_iso8601(options.ended_at).value() - now_unix_micros()};
  if (ahead > defaults::max_task_clock_skew)
    out.remark("warning: " + options.ended_at +
               " is in the future by this machine's clock; the node keeps its own time in place of one that is more "
               "than 10 minutes ahead of it");
}

outcome record(session& s, record_options options) {
  if (options.key.empty())
    options.key = random_key();
  node_request request{.method = "POST", .path = "/tasks", .body = to_document(options)};
  auto answer = s.node.ask<wire::TasksRecorded>(request);
  for (int attempt = 1; !answer && attempt < record_attempts; ++attempt) {
    if (exit_status_of(answer.error()) != exit_status::unreachable)
      break;
    std::this_thread::sleep_for(record_pause);
    answer = s.node.ask<wire::TasksRecorded>(request);
  }
  if (!answer && exit_status_of(answer.error()) == exit_status::unreachable)
    return fail(code_of(answer.error()),
                text_of(answer.error()) + "; repeat with --key " + options.key + " so that it is not counted twice");
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line((*answer)->getRecorded() > 0 ? "Recorded." : "A record with key " + options.key + " is there already.");
  });
  warn_of_future(options, s.out);
  return exit_status::done;
}

// -- list -------------------------------------------------------------------------

/// The conditions as a query string that starts with "?".
std::string query_of(const list_options& options) {
  std::string out;
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out += (out.empty() ? "?" : "&") + std::string{name} + "=" + http::url_encode(value);
  };
  add("task_type", options.task_type);
  add("tool_name", options.tool);
  add("model_name", options.model);
  add("user_id", options.user);
  add("since", options.since);
  add("until", options.until);
  add("after", options.after);
  add("limit", std::to_string(std::min(options.limit, max_page)));
  return out;
}

/// Fetches pages until there are enough records. A page may be empty without being the last.
caf::expected<std::vector<msg<wire::TaskPage>>> fetch_pages(const client& node, list_options options) {
  std::vector<msg<wire::TaskPage>> pages;
  for (;;) {
    auto page = node.ask<wire::TaskPage>({.path = "/tasks" + query_of(options)});
    if (!page)
      return page.error();
    pages.push_back(*page);
    options.limit -= std::min((*page)->getTasks().size(), options.limit);
    std::string next = (*page)->getNext().cStr();
    if (next.empty() || options.limit == 0)
      return pages;
    if (next == options.after)
      return fail_as(exit_status::unreachable, "the node's list of task records does not end");
    options.after = std::move(next);
  }
}

msg<wire::TaskPage> join(const std::vector<msg<wire::TaskPage>>& pages) {
  return msg<wire::TaskPage>::build([&](wire::TaskPage::Builder all) {
    uint32_t count = 0;
    for (const auto& page : pages)
      count += page->getTasks().size();
    auto out = all.initTasks(count);
    uint32_t place = 0;
    for (const auto& page : pages)
      for (auto task : page->getTasks())
        out.setWithCaveats(place++, task);
    if (pages.back()->getNext().size() > 0)
      all.setNext(pages.back()->getNext());
  });
}

void show_tasks(wire::TaskPage::Reader page, output& out) {
  table rows{{number_column("RECORD"), text_column("ENDED"), text_column("TASK TYPE"), text_column("TOOL"),
              number_column("SECONDS"), text_column("SUCCESS"), text_column("MODEL"), text_column("USER"),
              text_column("OFFLOADED")}};
  for (auto task : page.getTasks())
    rows.add_row({std::to_string(task.getSequence()), out.time(task.getTimestamp()), task.getTaskType().cStr(),
                  task.getToolName().cStr(), format_seconds(task.getCompletionTimeS()),
                  format_yes_no(task.getSuccess()), task.getModelName().cStr(), task.getUserId().cStr(),
                  format_yes_no(task.getOffloaded())});
  if (rows.empty())
    out.line("No such task records.");
  else
    out.print(rows);
  if (page.getNext().size() > 0)
    out.line(std::string{"There may be more: --after "} + page.getNext().cStr() + " goes on.");
}

outcome list_tasks(session& s, const list_options& options) {
  auto pages = fetch_pages(s.node, options);
  if (!pages)
    return pages.error();
  auto all = join(*pages);
  s.out.answer(all, [&] { show_tasks(*all, s.out); });
  return exit_status::done;
}

// -- sources ----------------------------------------------------------------------

outcome list_sources(session& s) {
  auto answer = s.node.ask<wire::TaskSourceList>({.path = "/tasks/sources"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("SOURCE"), number_column("LAST ROW")}};
    for (auto source : (*answer)->getSources())
      rows.add_row({source.getSource().cStr(), std::to_string(source.getRow())});
    if (rows.empty())
      s.out.line("Nothing was imported from a named source.");
    else
      s.out.print(rows);
  });
  return exit_status::done;
}

outcome forget_source(session& s, const std::string& name) {
  auto answer = s.node.ask<wire::TaskSource>({.method = "DELETE", .path = "/tasks/sources/" + http::url_encode(name)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("Source " + name + " is forgotten: its " + std::to_string((*answer)->getRow()) +
               " rows would be counted again if it were imported once more.");
  });
  return exit_status::done;
}

// -- command line -----------------------------------------------------------------

void add_record(CLI::App& group, context& ctx) {
  auto options = std::make_shared<record_options>();
  auto& command = *group.add_subcommand("record", "Record one coding task that ended");
  command.add_option("TASK_TYPE", options->task_type, "Such as bug_fix")->required();
  command.add_option("TOOL", options->tool, "The tool that did it")->required();
  command.add_option("--time", options->time_s, "Seconds it took")
    ->required()
    ->check(CLI::Range(0.0, 604'800.0) & finite());
  // Exactly one must be given; a value such as --failure=no would turn one into the other.
  auto& ending = *command.add_option_group("How it ended", "Failures are records too");
  ending.add_flag("--success", options->success, "The task succeeded")->disable_flag_override();
  ending.add_flag("--failure")->disable_flag_override()->description("It did not, or ran out of time");
  ending.require_option(1);
  command.add_option("--model", options->model, "The model behind the tool");
  command.add_option("--user", options->user, "User who asked for it");
  command.add_flag("--offloaded", options->offloaded, "Another node of the hive did it");
  command
    .add_option("--ended-at", options->ended_at,
                "When it ended, ISO-8601 (default: now). The node keeps its own time in place of one that is more "
                "than 10 minutes ahead of its clock")
    ->transform(valid_time());
  command.add_option("--key", options->key, "Idempotency key (default: a random one); repeating it counts once");
  ctx.on(command, [options](session& s) { return record(s, *options); });
}

void add_task_import(CLI::App& group, context& ctx) {
  auto options = std::make_shared<task_import_options>();
  auto& command = *group.add_subcommand("import", "Record tasks from a file, one JSON document on each line");
  command.add_option("FILE", options->file, "NDJSON as POST /tasks takes it; - for standard input")
    ->required()
    ->check(file_or_stdin());
  command
    .add_option("--source", options->source,
                "Name of the source: each of its lines is imported once, and a repeated import continues where the "
                "last one ended")
    ->check(valid_id());
  ctx.on(command, [options](session& s) { return import_tasks(s, *options); });
}

void add_sources(CLI::App& group, context& ctx) {
  auto forgotten = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("sources", "List the imported sources and the last row of each");
  command
    .add_option("--forget", *forgotten,
                "Forget this one. A node remembers 10,000; importing it again would count its rows twice")
    ->check(valid_id());
  ctx.on(command,
         [forgotten](session& s) { return forgotten->empty() ? list_sources(s) : forget_source(s, *forgotten); });
}

void add_list(CLI::App& group, context& ctx) {
  auto options = std::make_shared<list_options>();
  auto& command = *group.add_subcommand("list", "List task records, latest recorded first");
  command.add_option("--task-type", options->task_type, "Only of this task type");
  command.add_option("--tool", options->tool, "Only with this tool");
  command.add_option("--model", options->model, "Only with this model");
  command.add_option("--user", options->user, "Only for this user");
  command.add_option("--since", options->since, "Not before this time, ISO-8601")->transform(valid_time());
  command.add_option("--until", options->until, "Before this time, ISO-8601")->transform(valid_time());
  command.add_option("--limit", options->limit, "Most records to list (default: 100)")
    ->check(CLI::Range(1U, max_listed));
  command.add_option("--after", options->after, "Continue after this record");
  ctx.on(command, [options](session& s) { return list_tasks(s, *options); });
}

} // namespace

void add_task_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "task", "Records of coding tasks", task_examples);
  add_record(group, ctx);
  add_task_import(group, ctx);
  add_list(group, ctx);
  add_sources(group, ctx);
}

} // namespace hive::ctl
