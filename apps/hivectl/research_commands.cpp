#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/research.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

constexpr auto research_examples =
  "Examples:\n"
  "  hivectl research start 'faster parsing' --id parser --metric parse_ms --direction lower\n"
  "  hivectl research list\n"
  "  hivectl research show parser\n"
  "  hivectl research finish parser --summary 'half the time'\n"
  "Iterations and improvements come from the engine that makes the experiments.";

const std::string sessions = "/autoresearch";

std::string path_of(const std::string& id) {
  return sessions + "/" + http::url_encode(id);
}

outcome list_sessions(session& s) {
  table rows{{text_column("ID"), text_column("STATE"), number_column("ITERATIONS"), number_column("IMPROVEMENTS"),
              number_column("BEST"), text_column("STARTED"), text_column("TOPIC")}};
  std::string after;
  do {
    auto page = s.node.ask<wire::ResearchList>({.path = sessions + "?limit=1000" + after});
    if (!page)
      return page.error();
    s.out.answer(*page, [&] {
      for (auto line : (*page)->getSessions())
        rows.add_row({line.getId().cStr(), name_of(line.getState()), std::to_string(line.getIterations()),
                      std::to_string(line.getImprovements()), format_number(line.getBestValue()),
                      s.out.time(line.getStartedAt()), line.getTopic().cStr()});
    });
    after = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
  } while (!after.empty() && !s.json);
  if (rows.empty())
    s.out.line("No sessions yet: 'hivectl research start TOPIC' begins one.");
  else
    s.out.print(rows);
  return exit_status::done;
}

std::string describe(wire::BestTool::Reader best) {
  return std::string{best.getToolName().cStr()} + " (success rate " + format_number(best.getSuccessRate()) + " over " +
         std::to_string(best.getSampleCount()) + " records)";
}

void show_session(wire::ResearchSession::Reader session, output& out) {
  out.line(std::string{"Session      "} + session.getId().cStr() + " (" + name_of(session.getState()) + ")");
  out.line(std::string{"Topic        "} + session.getTopic().cStr());
  out.line("Iterations   " + std::to_string(session.getIterations()) + ", of which " +
           std::to_string(session.getFailed()) + " failed and " + std::to_string(session.getTimedOut()) + " timed out");
  auto reverted = session.getReverted() > 0 ? ", and " + std::to_string(session.getReverted()) + " reverted" : "";
  out.line("Improvements " + std::to_string(session.getImprovements()) + reverted);
  if (session.getMetric().size() > 0)
    out.line(std::string{"Best "} + session.getMetric().cStr() + " " + format_number(session.getBestValue()) +
             " (at first " + format_number(session.getInitialValue()) + ", " + name_of(session.getDirection()) +
             " is better)");
  if (session.getSummary().size() > 0)
    out.line(std::string{"Summary      "} + session.getSummary().cStr());
}

void show_iterations(wire::ResearchSession::Reader session, output& out) {
  table rows{{number_column("ITERATION"), text_column("OUTCOME"), number_column("SECONDS"), number_column("VALUE"),
              text_column("TOOL"), text_column("HYPOTHESIS")}};
  for (auto step : session.getRecentIterations())
    rows.add_row({std::to_string(step.getNumber()), name_of(step.getOutcome()), format_seconds(step.getDurationS()),
                  format_number(step.getValue()), step.getToolName().cStr(), step.getHypothesis().cStr()});
  if (!rows.empty()) {
    out.line("");
    out.print(rows);
  }
}

outcome show(session& s, const std::string& id) {
  auto answer = s.node.ask<wire::ResearchContext>({.path = path_of(id) + "/context"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    show_session((*answer)->getSession(), s.out);
    if ((*answer)->hasBestTool())
      s.out.line("Best tool    " + describe((*answer)->getBestTool()));
    if ((*answer)->hasHiveBestTool())
      s.out.line("In the hive  " + describe((*answer)->getHiveBestTool()));
    show_iterations((*answer)->getSession(), s.out);
  });
  return exit_status::done;
}

struct start_options {
  std::string topic, id, tool, model, metric;
  std::string direction = "higher";
  std::optional<double> initial;
};

outcome start(session& s, const start_options& options) {
  auto wanted = msg<wire::StartResearch>::build([&](wire::StartResearch::Builder out) {
    out.setTopic(options.topic);
    out.setId(options.id);
    if (!options.tool.empty())
      out.setToolName(options.tool);
    out.setModelName(options.model);
    out.setMetric(options.metric);
    out.setDirection(value_of<wire::Direction>(options.direction).value());
    if (options.initial)
      out.setInitialValue(*options.initial);
  });
  auto answer = s.node.ask<wire::ResearchSession>({.method = "POST", .path = sessions, .body = to_json(wanted)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { s.out.line(std::string{"Started "} + (*answer)->getId().cStr()); });
  return exit_status::done;
}

outcome finish(session& s, const std::string& id, const std::string& summary) {
  auto how = msg<wire::FinishResearch>::build([&](wire::FinishResearch::Builder out) {
    out.setId(id);
    out.setSummary(summary);
  });
  auto answer =
    s.node.ask<wire::ResearchReport>({.method = "POST", .path = path_of(id) + "/finish", .body = to_json(how)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_session((*answer)->getSession(), s.out); });
  return exit_status::done;
}

void add_start(CLI::App& group, context& ctx) {
  auto options = std::make_shared<start_options>();
  auto& command = *group.add_subcommand("start", "Begin a session: TOPIC [OPTIONS]");
  command.add_option("TOPIC", options->topic, "What to improve, in words")->required();
  command.add_option("--id", options->id, "Its id (default: the node makes one)")->check(valid_id());
  command.add_option("--tool", options->tool, "Coding tool that makes the changes (default: aider_native_backend)");
  command.add_option("--model", options->model, "Model that it uses");
  command.add_option("--metric", options->metric, "Name of the value that is measured");
  command.add_option("--direction", options->direction, "Which way it is better (default: higher)")
    ->check(CLI::IsMember({"higher", "lower"}));
  command.add_option("--initial", options->initial, "The value before the first iteration");
  ctx.on(command, [options](session& s) { return start(s, *options); });
}

/// Adds a command about a single session.
CLI::App& add_one(CLI::App& group, const char* name, const char* description, std::string& id) {
  auto& command = *group.add_subcommand(name, description);
  command.add_option("ID", id, "Id of the session")->required()->check(valid_id());
  return command;
}

} // namespace

void add_research_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "research", "AutoResearch sessions", research_examples);
  ctx.on(*group.add_subcommand("list", "List the sessions"), list_sessions);
  add_start(group, ctx);
  auto shown = std::make_shared<std::string>();
  ctx.on(add_one(group, "show", "A session, its newest iterations and the best tools for it", *shown),
         [shown](session& s) { return show(s, *shown); });
  auto finished = std::make_shared<std::pair<std::string, std::string>>();
  auto& command = add_one(group, "finish", "End a session and publish what the node learned", finished->first);
  command.add_option("--summary", finished->second, "The result, in words");
  ctx.on(command, [finished](session& s) { return finish(s, finished->first, finished->second); });
}

} // namespace hive::ctl
