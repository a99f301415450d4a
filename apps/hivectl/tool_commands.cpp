#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/documents.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/text.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

constexpr auto tool_examples =
  "Examples:\n"
  "  hivectl tool best bug_fix\n"
  "  hivectl tool route bug_fix --available aider_native --available claude_code\n"
  "  hivectl tool route bug_fix --policy threshold      without trying little known tools\n"
  "  hivectl tool summary\n"
  "  hivectl --json tool delta > ours.json\n"
  "  hivectl --url http://other:7420 tool delta --import ours.json\n"
  "  hivectl --url http://other:7420 tool delta --drop NODE_ID";

struct best_options {
  std::string task_type;
  std::string scope;
  std::string policy;
};

struct route_options {
  std::string task_type;
  std::vector<std::string> available;
  std::string override_tool;
  std::string policy;
};

struct delta_options {
  std::string scope;
  std::string file;
  std::string origin;
  std::string dropped; ///< origin of the delta to drop
  bool drop_unnamed = false;
};

/// `path` with the non-empty parameters as its query.
std::string with_query(std::string path, std::initializer_list<std::pair<const char*, std::string>> parameters) {
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty())
      continue;
    path += separator + std::string{name} + "=" + http::url_encode(value);
    separator = '&';
  }
  return path;
}

// -- best and route ---------------------------------------------------------------

outcome best(session& s, const best_options& options) {
  auto answer = s.node.ask<wire::BestTool>(
    {.path = with_query("/tools/best",
                        {{"task_type", options.task_type}, {"scope", options.scope}, {"policy", options.policy}})});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    auto& tool = **answer;
    table rows{{text_column("TASK TYPE"), text_column("TOOL"), number_column("SUCCESS RATE"), number_column("SECONDS"),
                number_column("RECORDS"), text_column("CLAIM")}};
    rows.add_row({tool.getTaskType().cStr(), tool.getToolName().cStr(), format_number(tool.getSuccessRate()),
                  format_number(tool.getAvgTimeS()), std::to_string(tool.getSampleCount()), name_of(tool.getClaim())});
    s.out.print(rows);
  });
  return exit_status::done;
}

outcome route(session& s, const route_options& options) {
  auto answer =
    s.node.ask<wire::Route>({.path = with_query("/tools/route", {{"task_type", options.task_type},
                                                                 {"available", join_texts(options.available, ",")},
                                                                 {"override", options.override_tool},
                                                                 {"policy", options.policy}})});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    auto& chosen = **answer;
    table rows{{text_column("TASK TYPE"), text_column("TOOL"), text_column("REASON"), text_column("EXPLORING"),
                number_column("SUCCESS RATE"), number_column("SECONDS"), number_column("RECORDS"),
                text_column("CLAIM")}};
    rows.add_row({chosen.getTaskType().cStr(), chosen.getToolName().cStr(), name_of(chosen.getReason()),
                  format_yes_no(chosen.getExploring()), format_number(chosen.getSuccessRate()),
                  format_number(chosen.getAvgTimeS()), std::to_string(chosen.getSampleCount()),
                  name_of(chosen.getClaim())});
    s.out.print(rows);
  });
  return exit_status::done;
}

// -- summary ----------------------------------------------------------------------

void show_summary(wire::ToolSummary::Reader summary, output& out) {
  out.line("Records  " + std::to_string(summary.getTotalBenchmarks()));
  if (summary.getTotalBenchmarks() == 0)
    return;
  table tools{{text_column("TOOL"), number_column("RECORDS"), number_column("SUCCESS RATE"), number_column("SECONDS")}};
  for (auto line : summary.getByTool())
    tools.add_row({line.getTool().cStr(), std::to_string(line.getTotal()), format_number(line.getSuccessRate()),
                   format_number(line.getAvgTimeS())});
  table tasks{{text_column("TASK TYPE"), text_column("TOOL"), number_column("RECORDS"), number_column("SUCCESS RATE"),
               number_column("SECONDS")}};
  for (auto line : summary.getByTaskType())
    tasks.add_row({line.getTaskType().cStr(), line.getTool().cStr(), std::to_string(line.getTotal()),
                   format_number(line.getSuccessRate()), format_number(line.getAvgTimeS())});
  if (summary.getUnlisted() > 0)
    out.line("         " + std::to_string(summary.getUnlisted()) + " of them of task types and tools that gave way");
  out.line("");
  out.print(tools);
  out.line("");
  out.print(tasks);
}

outcome summary(session& s) {
  auto answer = s.node.ask<wire::ToolSummary>({.path = "/tools/summary"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_summary(**answer, s.out); });
  return exit_status::done;
}

// -- delta ------------------------------------------------------------------------

void show_delta(wire::LearningDelta::Reader delta, output& out) {
  if (delta.getOrigin().size() > 0)
    out.line(std::string{"Node  "} + delta.getOrigin().cStr());
  table rows{{text_column("TASK TYPE"), text_column("TOOL"), number_column("SUCCESS RATE"), number_column("SECONDS"),
              number_column("RECORDS")}};
  for (auto task : delta.getCodingBenchmarks())
    for (auto tool : task.getTools())
      rows.add_row({task.getTaskType().cStr(), tool.getToolName().cStr(), format_number(tool.getSuccessRate()),
                    format_number(tool.getAvgTimeS()), std::to_string(tool.getSampleCount())});
  out.print(rows);
}

outcome show_learned(session& s, const delta_options& options) {
  auto answer = s.node.ask<wire::LearningDelta>({.path = with_query("/tools/delta", {{"scope", options.scope}})});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_delta(**answer, s.out); });
  return exit_status::done;
}

/// The origin named in the file; empty when there is none.
caf::expected<std::string> origin_in(const std::string& file, std::string_view document) {
  auto members = text_members(document);
  if (!members)
    return fail(code_of(members.error()), file + ": " + text_of(members.error()));
  return (*members)["origin"];
}

outcome import_delta(session& s, const delta_options& options) {
  auto document = read_file(options.file, defaults::max_body_bytes);
  if (!document)
    return document.error();
  auto named = origin_in(options.file, *document);
  if (!named)
    return named.error();
  if (!options.origin.empty() && !named->empty() && *named != options.origin) {
    s.out.remark(options.file + " is a delta of " + *named + ": it cannot be imported with --origin " + options.origin);
    return exit_status::usage;
  }
  if (named->empty() && options.origin.empty()) {
    s.out.remark(
      "warning: " + options.file +
      " names no origin: for each task type it replaces the last delta without an origin; --origin keeps them "
      "apart");
  } else if (named->empty()) {
    auto completed = with_member(*document, "origin", options.origin);
    if (!completed)
      return fail(code_of(completed.error()), options.file + ": " + text_of(completed.error()));
    *document = std::move(*completed);
  }
  auto answer = s.node.ask<wire::Recorded>({.method = "POST", .path = "/tools/delta", .body = std::move(*document)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("Imported the delta's results of " + std::to_string((*answer)->getRecorded()) + " tools.");
  });
  return exit_status::done;
}

/// An empty origin drops the deltas without an origin.
outcome drop_delta(session& s, const std::string& origin) {
  auto path = "/tools/delta" + (origin.empty() ? std::string{} : "/" + http::url_encode(origin));
  auto answer = s.node.ask<wire::DropDelta>({.method = "DELETE", .path = path});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line(origin.empty() ? "Dropped the imported deltas without origin."
                              : "The imported delta of " + origin + " is dropped.");
  });
  return exit_status::done;
}

// -- command line -----------------------------------------------------------------

void add_policy(CLI::App& command, std::string& policy, const char* text) {
  command.add_option("--policy", policy, text)->check(CLI::IsMember({"threshold", "explore"}));
}

void add_best(CLI::App& group, context& ctx) {
  auto options = std::make_shared<best_options>();
  auto& command = *group.add_subcommand("best", "The tool that has done a task type best");
  command.add_option("TASK_TYPE", options->task_type, "Such as bug_fix")->required();
  command.add_option("--scope", options->scope, "local: this node's records (default); hive: the other nodes'")
    ->check(CLI::IsMember({"local", "hive"}));
  add_policy(command, options->policy, "threshold: highest success rate (default); explore: highest upper bound");
  ctx.on(command, [options](session& s) { return best(s, *options); });
}

void add_route(CLI::App& group, context& ctx) {
  auto options = std::make_shared<route_options>();
  auto& command = *group.add_subcommand("route", "The tool to use for a task, and why");
  command.add_option("TASK_TYPE", options->task_type, "Such as bug_fix")->required();
  command
    .add_option("--available", options->available, "A tool that can be used, preferred ones first; may be repeated")
    ->delimiter(',')
    ->allow_extra_args(false);
  command.add_option("--override", options->override_tool, "Take this tool if it is available");
  add_policy(
    command, options->policy,
    "explore: from 5 records of the task type on, also try little known tools (default); threshold: never try, "
    "take the highest success rate");
  ctx.on(command, [options](session& s) { return route(s, *options); });
}

void add_delta(CLI::App& group, context& ctx) {
  auto options = std::make_shared<delta_options>();
  auto& command = *group.add_subcommand("delta", "Show the node's learning delta, or import another node's");
  auto* scope =
    command.add_option("--scope", options->scope, "local: this node (default); hive: the other nodes in sum")
      ->check(CLI::IsMember({"local", "hive"}));
  auto* file = command.add_option("--import", options->file, "Import this file, a delta as JSON; - for standard input")
                 ->check(file_or_stdin())
                 ->excludes(scope);
  command
    .add_option("--origin", options->origin,
                "The node that the delta is of, where the file does not say; deltas without one replace each other by "
                "task type")
    ->check(valid_id())
    ->needs(file);
  auto* drop = command.add_option("--drop", options->dropped, "Drop the imported delta of this node")
                 ->check(valid_id())
                 ->excludes(scope)
                 ->excludes(file);
  command.add_flag("--drop-unnamed", options->drop_unnamed, "Drop the imported deltas without origin")
    ->excludes(scope)
    ->excludes(file)
    ->excludes(drop);
  ctx.on(command, [options](session& s) {
    if (!options->dropped.empty() || options->drop_unnamed)
      return drop_delta(s, options->dropped);
    return options->file.empty() ? show_learned(s, *options) : import_delta(s, *options);
  });
}

} // namespace

void add_tool_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "tool", "Which tool is best for a task", tool_examples);
  add_best(group, ctx);
  add_route(group, ctx);
  ctx.on(*group.add_subcommand("summary", "Figures of every tool"), summary);
  add_delta(group, ctx);
}

} // namespace hive::ctl
