#include "apps/hivectl/agent_names.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/baseline.capnp.h"
#include "messages/change.hpp"

namespace hive::ctl {
namespace {

/// Some 10,000 items that two judges have scored.
constexpr size_t max_rebase_bytes = size_t{4} << 20;

std::string stream_name(wire::StreamReport::Reader stream) {
  return stream.getSlice().size() > 0 ? std::string{stream.getSlice().cStr()}
                                      : "action " + std::string{stream.getAction().cStr()};
}

void show_streams(wire::AgentExplanation::Reader explained, output& out) {
  table rows{{text_column("STREAM"), text_column("MEASURE"), text_column("SAYS"), number_column("REFERENCE"),
              number_column("NEWEST"), number_column("S"), number_column("THRESHOLD"), number_column("RUNS")}};
  for (auto stream : explained.getStreams())
    rows.add_row({stream_name(stream), name_of(stream.getMeasured()), name_of(stream.getSays()),
                  format_number(stream.getReference()), format_number(stream.getRecent()),
                  format_number(stream.getSum()), format_number(stream.getThreshold()),
                  std::to_string(stream.getReferenceRuns())});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

outcome explain(session& s, const std::string& agent) {
  auto answer = s.node.ask<wire::AgentExplanation>({.path = agent_path(agent) + "/explain"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    for (auto text : (*answer)->getText())
      s.out.line(text.cStr());
    s.out.line("Evidence is confirmed above " + format_number((*answer)->getThreshold()) + ": the node counts " +
               format_number((*answer)->getRunsPerWeek()) + " runs a week and may give " +
               format_number((*answer)->getFalseAlarmsPerWeek()) + " false alarms a week");
    show_streams(**answer, s.out);
  });
  return exit_status::done;
}

void show_figures(wire::RunMetrics::Reader metrics, output& out) {
  out.line("Runs                " + std::to_string(metrics.getRuns()) + ", of which " +
           std::to_string(metrics.getSuccesses()) + " succeeded");
  auto figure = [&](const char* title, double value) {
    if (value == value) // not NaN
      out.line(title + format_number(value));
  };
  figure("Tokens per success  ", metrics.getTokensPerSuccess());
  figure("Cost per success    ", metrics.getCostPerSuccess());
  figure("Steps per success   ", metrics.getStepsPerSuccess());
}

std::string share(uint32_t part, uint32_t whole) {
  return whole == 0 ? "-" : format_number(static_cast<double>(part) / whole);
}

outcome runs(session& s, const std::string& agent) {
  auto answer = s.node.ask<wire::AgentExplanation>({.path = agent_path(agent) + "/explain"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    auto metrics = (*answer)->getMetrics();
    if (metrics.getRuns() == 0)
      return s.out.line("No runs counted: engines send them to POST /api/v1/agents/" + agent + "/runs");
    show_figures(metrics, s.out);
    table rows{{text_column("ACTION"), number_column("NEWEST RUNS"), number_column("RATE"),
                number_column("REFERENCE RUNS"), number_column("RATE")}};
    for (auto action : metrics.getPerAction())
      rows.add_row({action.getId().cStr(), std::to_string(action.getRecentRuns()),
                    share(action.getRecentSuccesses(), action.getRecentRuns()),
                    std::to_string(action.getReferenceRuns()),
                    share(action.getReferenceSuccesses(), action.getReferenceRuns())});
    s.out.print(rows);
    if (auto flaky = (*answer)->getFlakiness(); flaky.getRepeated() > 0)
      s.out.line(std::to_string(flaky.getFlaky()) + " of " + std::to_string(flaky.getRepeated()) +
                 " repeated items are flaky; two runs of one differ with chance " + format_number(flaky.getFlipRate()));
  });
  return exit_status::done;
}

outcome rebase(session& s, const std::string& agent, const std::string& judge, const std::string& file) {
  auto items = read_file(file, max_rebase_bytes);
  if (!items)
    return items.error();
  json_error why;
  // The node checks the items; here they need only be JSON.
  auto how = from_json<wire::RebaseAgent>(R"({"prompt_id":"p","flow_id":"f","judge":"j","items":)" + *items + "}", why);
  if (!how)
    return fail_as(exit_status::refused, file + ": " + why.message());
  auto wanted = changed(*how, [&](wire::RebaseAgent::Builder out) {
    out.setPromptId(agent.substr(0, agent.find('/')));
    out.setFlowId(agent.substr(agent.find('/') + 1));
    out.setJudge(judge);
  });
  auto answer =
    s.node.ask<wire::Agent>({.method = "POST", .path = agent_path(agent) + "/rebase", .body = to_json(wanted)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    auto rebases = (*answer)->getRebases();
    auto newest = rebases[rebases.size() - 1];
    s.out.line(std::string{newest.getToJudge().cStr()} + " gives " + format_number(newest.getOffset()) + " more than " +
               newest.getFromJudge().cStr() + " (95%: " + format_number(newest.getLower()) + " to " +
               format_number(newest.getUpper()) + ", " + std::to_string(newest.getItems()) + " items)");
  });
  return exit_status::done;
}

} // namespace

void add_agent_evidence_commands(CLI::App& group, context& ctx) {
  auto explained = std::make_shared<std::string>();
  ctx.on(add_agent_command(group, "explain", "Say why an agent is judged as it is: AGENT", *explained),
         [explained](session& s) { return explain(s, *explained); });

  auto counted = std::make_shared<std::string>();
  ctx.on(add_agent_command(group, "runs", "Show the runs that the node counted: AGENT", *counted),
         [counted](session& s) { return runs(s, *counted); });

  struct rebase_options {
    std::string agent, judge, file;
  };
  auto rebased = std::make_shared<rebase_options>();
  auto& command = add_agent_command(group, "rebase", "Make rewards of a new judge comparable: AGENT --judge NAME FILE",
                                    rebased->agent);
  command.add_option("--judge", rebased->judge, "The new judge")->required();
  command
    .add_option("FILE", rebased->file,
                "JSON: [{item, old, new}], at least 8 items scored by both judges; - reads standard input")
    ->required();
  ctx.on(command, [rebased](session& s) { return rebase(s, rebased->agent, rebased->judge, rebased->file); });
}

} // namespace hive::ctl
