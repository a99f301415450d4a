#include "apps/hivectl/agent_names.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/sparkline.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/baseline.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

constexpr auto agent_examples = "An AGENT is PROMPT_ID/FLOW_ID, for example 71/0.\n"
                                "Examples:\n"
                                "  hivectl agent list --state regressed\n"
                                "  hivectl agent show 71/0\n"
                                "  hivectl agent capture 71/0 --trigger prompt_change\n"
                                "  hivectl agent validate 71/0\n"
                                "  hivectl agent validate 71/0 --recipe prompts/71_0_recipe.json\n"
                                "  hivectl agent compare 71/0 3 5\n"
                                "  hivectl agent accept 71/0 --reason 'a cheaper model'";

/// The node's own limit for a recipe.
constexpr size_t max_recipe_bytes = size_t{4} << 20;

const std::string agents_path = "/agents";

std::string count_or_dash(uint32_t number) {
  return number == 0 ? "-" : std::to_string(number);
}

// -- list and show ----------------------------------------------------------------

std::string state_text(wire::AgentState state, bool confirmed) {
  return name_of(state) + (confirmed ? " (confirmed)" : "");
}

outcome list(session& s, const std::string& state) {
  table rows{{text_column("AGENT"), text_column("STATE"), number_column("BASELINES"), number_column("REFERENCE"),
              number_column("REGRESSIONS"), text_column("CHANGED")}};
  auto filter = state.empty() ? std::string{} : "&state=" + state;
  std::string after;
  uint64_t known = 0;
  do {
    auto page = s.node.ask<wire::AgentList>({.path = agents_path + "?limit=1000" + filter + after});
    if (!page)
      return page.error();
    s.out.answer(*page, [&] {
      for (auto line : (*page)->getAgents())
        rows.add_row({std::string{line.getPromptId().cStr()} + "/" + line.getFlowId().cStr(),
                      state_text(line.getState(), line.getConfirmed()), count_or_dash(line.getLatest()),
                      count_or_dash(line.getReference()) + (line.getPinned() ? " pinned" : ""),
                      count_or_dash(line.getRegressions()), s.out.time(line.getChangedAt())});
    });
    known = (*page)->getKnown();
    after = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
  } while (!after.empty() && !s.json);
  if (!rows.empty())
    s.out.print(rows);
  else if (known == 0)
    s.out.line("No agents yet: an engine that sends a recipe, spans or a capture makes one known.");
  else
    s.out.line("None of the " + std::to_string(known) + " known agents is in this state.");
  return exit_status::done;
}

void show_regressions(capnp::List<wire::AgentRegression>::Reader list, const char* title, output& out) {
  if (list.size() == 0)
    return;
  out.line(title);
  for (auto each : list)
    out.line(std::string{"  "} + each.getText().cStr() + " (" + name_of(each.getEvidence()) + ")");
}

void show_agent(wire::Agent::Reader agent, output& out) {
  out.line(std::string{"Agent       "} + agent.getPromptId().cStr() + "/" + agent.getFlowId().cStr() + " (" +
           state_text(agent.getState(), agent.getConfirmed()) + ")");
  out.line("Baselines   " + std::to_string(agent.getBaselines()) + ", newest " + count_or_dash(agent.getLatest()));
  out.line("Reference   " + count_or_dash(agent.getReference().getVersion()) + (agent.getPinned() ? " (pinned)" : ""));
  out.line("Anchor      " + count_or_dash(agent.getAnchor().getVersion()));
  out.line("Changed     " + out.time(agent.getChangedAt()));
  if (agent.getModel().size() > 0)
    out.line(std::string{"Model       "} + agent.getModel().cStr());
  if (agent.getJudge().size() > 0)
    out.line(std::string{"Judge       "} + agent.getJudge().cStr());
  for (auto each : agent.getAccepted())
    out.line("Accepted    " + std::to_string(each.getVersion()) + " " + out.time(each.getAt()) + ": " +
             each.getReason().cStr());
  show_regressions(agent.getRegressions(), "Regressions of the last validation:", out);
}

void show_history(const std::vector<msg<wire::BaselineSummary>>& history, output& out) {
  table rows{{number_column("BASELINE"), text_column("TRIGGER"), text_column("KIND"), number_column("SUCCESS"),
              number_column("REWARD"), number_column("SECONDS"), text_column("CAPTURED")}};
  for (const auto& each : history)
    rows.add_row({std::to_string(each->getVersion()), each->getTrigger().cStr(), name_of(each->getKind()),
                  format_number(each->getSuccessRate()), format_number(each->getAvgReward()),
                  format_number(each->getTotalDurationSeconds()), out.time(each->getTimestamp())});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

/// The newest baselines of an agent, oldest first.
caf::expected<std::vector<msg<wire::BaselineSummary>>> newest_baselines(session& s, const std::string& agent,
                                                                        uint32_t latest, uint32_t most) {
  std::vector<msg<wire::BaselineSummary>> out;
  auto after = latest > most ? latest - most : 0;
  auto page = s.node.ask<wire::BaselineList>(
    {.path = agent_path(agent) + "/baselines?limit=" + std::to_string(most) + "&after=" + std::to_string(after)});
  if (!page)
    return page.error();
  for (auto each : (*page)->getBaselines())
    out.push_back(msg<wire::BaselineSummary>::copy_of(each));
  return out;
}

outcome show(session& s, const std::string& agent) {
  auto answer = s.node.ask<wire::Agent>({.path = agent_path(agent)});
  if (!answer)
    return answer.error();
  constexpr uint32_t shown = 20;
  std::vector<msg<wire::BaselineSummary>> history;
  if (!s.json) {
    auto newest = newest_baselines(s, agent, (*answer)->getLatest(), shown);
    if (!newest)
      return newest.error();
    history = std::move(*newest);
  }
  s.out.answer(*answer, [&] {
    show_agent(**answer, s.out);
    show_history(history, s.out);
  });
  return exit_status::done;
}

// -- captures and judgements --------------------------------------------------------

struct capture_options {
  std::string agent, trigger = "manual", user, session;
};

outcome capture(session& s, const capture_options& options) {
  auto wanted = msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
    out.setPromptId(options.agent.substr(0, options.agent.find('/')));
    out.setFlowId(options.agent.substr(options.agent.find('/') + 1));
    out.setTrigger(options.trigger);
    out.setUserId(options.user);
    out.setUserPrompt(options.session);
  });
  auto answer = s.node.ask<wire::Baseline>(
    {.method = "POST", .path = agent_path(options.agent) + "/baselines", .body = to_json(wanted)});
  if (!answer)
    return answer.error();
  if ((*answer)->getSkipped().size() > 0) {
    auto skipped = msg<wire::CaptureSkipped>::build(
      [&](wire::CaptureSkipped::Builder out) { out.setSkipped((*answer)->getSkipped()); });
    s.out.answer(skipped, [&] { s.out.line(std::string{"Nothing captured: "} + skipped->getSkipped().cStr()); });
    return exit_status::done;
  }
  s.out.answer(*answer, [&] {
    s.out.line("Captured baseline " + std::to_string((*answer)->getVersion()) + " of " + options.agent + " (" +
               name_of((*answer)->getKind()) + ")");
  });
  return exit_status::done;
}

void show_deltas(capnp::List<wire::FieldDelta>::Reader deltas, table& rows) {
  for (auto each : deltas)
    rows.add_row({each.getField().cStr(), format_number(each.getOld()), format_number(each.getNew()),
                  format_number(each.getDelta()),
                  each.getDelta() == 0 ? ""
                  : each.getImproved() ? "better"
                                       : "worse"});
}

outcome compare(session& s, const std::string& agent, uint32_t before, uint32_t after) {
  auto answer = s.node.ask<wire::BaselineComparison>(
    {.path = agent_path(agent) + "/compare?old=" + std::to_string(before) + "&new=" + std::to_string(after)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("FIGURE"), number_column("BASELINE " + std::to_string(before)),
                number_column("BASELINE " + std::to_string(after)), number_column("CHANGE"), text_column("")}};
    show_deltas((*answer)->getRecipeDelta(), rows);
    show_deltas((*answer)->getLightningDelta(), rows);
    show_deltas((*answer)->getTrustDelta(), rows);
    s.out.print(rows);
  });
  return exit_status::done;
}

outcome trend(session& s, const std::string& agent) {
  auto answer = s.node.ask<wire::AgentTrend>({.path = agent_path(agent) + "/trend"});
  if (!answer)
    return answer.error();
  std::vector<double> rewards;
  std::vector<double> durations;
  if (!s.json && (*answer)->getSnapshotCount() > 0) {
    constexpr uint32_t shown = 60;
    auto known = s.node.ask<wire::Agent>({.path = agent_path(agent)});
    if (!known)
      return known.error();
    auto history = newest_baselines(s, agent, (*known)->getLatest(), shown);
    if (!history)
      return history.error();
    for (const auto& each : *history) {
      rewards.push_back(each->getAvgReward());
      durations.push_back(each->getTotalDurationSeconds());
    }
  }
  s.out.answer(*answer, [&] {
    s.out.line("Baselines  " + std::to_string((*answer)->getSnapshotCount()));
    if ((*answer)->getSnapshotCount() < 2)
      return s.out.line("Trend      " + name_of((*answer)->getTrend()));
    s.out.line("Rewards    " + name_of((*answer)->getRewardTrend()) + "  " + sparkline(rewards, s.set));
    s.out.line("Durations  " + name_of((*answer)->getDurationTrend()) + "  " + sparkline(durations, s.set));
  });
  return exit_status::done;
}

struct validate_options {
  std::string agent, policy = "strict", recipe;
};

/// Exit status of a validation: what decides about a pipeline's next step.
exit_status status_of(wire::AgentValidation::Reader validation) {
  if (validation.getPassed())
    return exit_status::done;
  return validation.getInconclusive() ? exit_status::inconclusive : exit_status::rejected;
}

void show_validation(wire::AgentValidation::Reader validation, output& out) {
  auto verdict = validation.getPassed() ? "passed" : validation.getInconclusive() ? "inconclusive" : "regressed";
  out.line(std::string{"Verdict    "} + verdict + " (policy " + name_of(validation.getPolicy()) + ", baseline " +
           count_or_dash(validation.getBaselineVersion()) + ")");
  if (validation.getReason().size() > 0)
    out.line(std::string{"Reason     "} + validation.getReason().cStr());
  show_regressions(validation.getRegressions(), "Regressions:", out);
  if (validation.getMissing().size() > 0)
    out.line("Missing:");
  for (auto each : validation.getMissing())
    out.line(std::string{"  "} + each.cStr());
  auto title = "Decay since baseline " + count_or_dash(validation.getAnchorVersion()) + ", the best proven:";
  show_regressions(validation.getDecay(), title.c_str(), out);
}

outcome validate(session& s, const validate_options& options) {
  auto path = agent_path(options.agent) + "/validate?policy=" + options.policy;
  node_request request{.path = path};
  if (!options.recipe.empty()) {
    auto text = read_file(options.recipe, max_recipe_bytes);
    if (!text)
      return text.error();
    request.method = "POST";
    request.body = "{\"recipe\":" + *text + "}";
  }
  auto answer = s.node.ask<wire::AgentValidation>(request);
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_validation(**answer, s.out); });
  return status_of(**answer);
}

// -- decisions ----------------------------------------------------------------------

outcome accept(session& s, const std::string& agent, uint32_t version, const std::string& reason) {
  auto how = msg<wire::AcceptAgent>::build([&](wire::AcceptAgent::Builder out) {
    out.setPromptId(agent.substr(0, agent.find('/')));
    out.setFlowId(agent.substr(agent.find('/') + 1));
    out.setVersion(version);
    out.setReason(reason);
  });
  auto answer =
    s.node.ask<wire::Agent>({.method = "POST", .path = agent_path(agent) + "/accept", .body = to_json(how)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("Baseline " + std::to_string((*answer)->getReference().getVersion()) + " of " + agent +
               " is reference and anchor now");
  });
  return exit_status::done;
}

outcome pin(session& s, const std::string& agent, uint32_t version) {
  auto path = agent_path(agent) + "/reference";
  auto answer = version == 0
                  ? s.node.ask<wire::Agent>({.method = "DELETE", .path = path})
                  : s.node.ask<wire::Agent>(
                      {.method = "PUT", .path = path, .body = "{\"version\":" + std::to_string(version) + "}"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("The reference of " + agent + " is baseline " + std::to_string((*answer)->getReference().getVersion()) +
               ((*answer)->getPinned() ? ", pinned" : ""));
  });
  return exit_status::done;
}

// -- command line -------------------------------------------------------------------

void add_questions(CLI::App& group, context& ctx) {
  auto state = std::make_shared<std::string>();
  auto& all = *group.add_subcommand("list", "List the known agents");
  all.add_option("--state", *state, "Only agents in this state")->check(CLI::IsMember({"new", "healthy", "regressed"}));
  ctx.on(all, [state](session& s) { return list(s, *state); });

  auto shown = std::make_shared<std::string>();
  ctx.on(add_agent_command(group, "show", "Show an agent and its newest baselines: AGENT", *shown),
         [shown](session& s) { return show(s, *shown); });

  auto trended = std::make_shared<std::string>();
  ctx.on(add_agent_command(group, "trend", "Show how rewards and durations develop: AGENT", *trended),
         [trended](session& s) { return trend(s, *trended); });

  struct pair {
    std::string agent;
    uint32_t before = 0, after = 0;
  };
  auto compared = std::make_shared<pair>();
  auto& both = add_agent_command(group, "compare", "Compare two baselines: AGENT OLD NEW", compared->agent);
  both.add_option("OLD", compared->before, "Number of the earlier baseline")->required();
  both.add_option("NEW", compared->after, "Number of the later baseline")->required();
  ctx.on(both, [compared](session& s) { return compare(s, compared->agent, compared->before, compared->after); });

  auto validated = std::make_shared<validate_options>();
  auto& validation = add_agent_command(group, "validate", "Compare an agent with its reference: AGENT [--recipe FILE]",
                                       validated->agent);
  validation.add_option("--policy", validated->policy, "strict: what is missing is no pass; threshold: it passes")
    ->check(CLI::IsMember({"strict", "threshold"}));
  validation.add_option("--recipe", validated->recipe, "A recipe in place of the present one; stores nothing");
  ctx.on(validation, [validated](session& s) { return validate(s, *validated); });
}

void add_actions(CLI::App& group, context& ctx) {
  auto captured = std::make_shared<capture_options>();
  auto& capture_one =
    add_agent_command(group, "capture", "Capture the next baseline: AGENT [OPTIONS]", captured->agent);
  capture_one.add_option("--trigger", captured->trigger, "Why (default: manual)")->check(valid_id());
  capture_one.add_option("--user", captured->user, "User on whose behalf");
  capture_one.add_option("--session", captured->session, "Only spans of this session");
  ctx.on(capture_one, [captured](session& s) { return capture(s, *captured); });

  struct decision {
    std::string agent, reason;
    uint32_t version = 0;
  };
  auto accepted = std::make_shared<decision>();
  auto& acceptance =
    add_agent_command(group, "accept", "Accept a regression: AGENT [VERSION] --reason TEXT", accepted->agent);
  acceptance.add_option("VERSION", accepted->version,
                        "The baseline that becomes reference and anchor (default: one captured now)");
  acceptance.add_option("--reason", accepted->reason, "Why; it is kept with the agent")->required();
  ctx.on(acceptance,
         [accepted](session& s) { return accept(s, accepted->agent, accepted->version, accepted->reason); });

  auto pinned = std::make_shared<decision>();
  auto& pinning =
    add_agent_command(group, "pin", "Pin the reference to a baseline, or unpin it: AGENT [VERSION]", pinned->agent);
  pinning.add_option("VERSION", pinned->version, "The baseline (default: unpins, so that the newest one is it again)");
  ctx.on(pinning, [pinned](session& s) { return pin(s, pinned->agent, pinned->version); });
}

} // namespace

void add_agent_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "agent", "Agents and their baselines", agent_examples);
  add_questions(group, ctx);
  add_actions(group, ctx);
  add_agent_evidence_commands(group, ctx);
}

} // namespace hive::ctl
