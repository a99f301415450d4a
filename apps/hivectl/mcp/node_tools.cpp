#include "apps/hivectl/mcp/node_tools.hpp"

#include "apps/hivectl/mcp/advice.hpp"
#include "messages/baseline.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"

#include <algorithm>

namespace hive::ctl::mcp {
namespace {

/// Versions, agents or task types that are looked at to name similar ones.
constexpr auto name_page = "?limit=1000";

template <class Answer, class Question>
caf::expected<msg<Answer>> get(const std::string& path, const msg<Question>& question, tool_call& call,
                               const std::vector<std::string>& in_path = {}) {
  auto query = query_of(capnp::DynamicStruct::Reader{*question}, in_path);
  if (!query)
    return query.error();
  return call.s.node.ask<Answer>({.path = path + *query, .stop = call.stop});
}

template <class Answer, class Question>
caf::expected<msg<Answer>> post(const std::string& path, const msg<Question>& question, tool_call& call,
                                std::chrono::milliseconds timeout = defaults::request_timeout) {
  return call.s.node.ask<Answer>(
    {.method = "POST", .path = path, .body = to_json(question), .timeout = timeout, .stop = call.stop});
}

/// The same error with more text.
caf::error with_text(const caf::error& error, const std::string& more) {
  return fail_as(exit_status_of(error), text_of(error) + more);
}

// -- task records -----------------------------------------------------------------------------------------------------

tool record_task() {
  tool_head head{.name = "record_task",
                 .title = "Record a coding task",
                 .description = "Record one finished coding task: which tool did it, how long it took and whether it "
                                "succeeded. Record failures and timeouts too. Later answers of best_tool and "
                                "route_task are drawn from these records.",
                 .left_out = {"timestamp_corrected", "sequence"}};
  return make_tool<wire::TaskRecord, wire::TasksRecorded>(std::move(head), [](const auto& record, tool_call& call) {
    return post<wire::TasksRecorded>("/tasks", record, call);
  });
}

/// For the error that nothing is known of a task type.
std::string known_task_types(std::string_view given, tool_call& call) {
  auto summary = call.s.node.ask<wire::ToolSummary>({.path = "/tools/summary", .stop = call.stop});
  if (!summary)
    return {};
  std::vector<std::string> names;
  for (auto line : (*summary)->getByTaskType())
    if (names.empty() || names.back() != line.getTaskType().cStr())
      names.emplace_back(line.getTaskType().cStr());
  bool is_known = std::ranges::find(names, given) != names.end();
  return is_known ? "; record more of its tasks with record_task"
                  : describe_known(given, names, "; no task is recorded yet: record_task records one");
}

tool best_tool() {
  tool_head head{.name = "best_tool",
                 .title = "Best tool for a task type",
                 .description = "Ask which tool has the best measured record for a type of task, on this node "
                                "(scope local) or on the other nodes of the hive (scope hive).",
                 .is_read_only = true,
                 .is_idempotent = true};
  return make_tool<wire::BestToolQuery, wire::BestTool>(
    std::move(head), [](const auto& question, tool_call& call) -> caf::expected<msg<wire::BestTool>> {
      auto best = get<wire::BestTool>("/tools/best", question, call);
      if (!best && exit_status_of(best.error()) == exit_status::not_found)
        return with_text(best.error(), known_task_types(question->getTaskType().cStr(), call));
      return best;
    });
}

tool route_task() {
  tool_head head{.name = "route_task",
                 .title = "Choose a tool for a task",
                 .description = "Ask which of the available tools to use for a task, and why. Unlike best_tool it "
                                "always names a tool when some are available, and now and then one whose record is "
                                "thin, so that its record grows.",
                 .is_read_only = true,
                 .is_idempotent = true};
  return make_tool<wire::RouteQuery, wire::Route>(
    std::move(head), [](const auto& question, tool_call& call) -> caf::expected<msg<wire::Route>> {
      auto route = get<wire::Route>("/tools/route", question, call);
      if (!route && exit_status_of(route.error()) == exit_status::not_found)
        return with_text(route.error(), "; name the tools that can be used in `available`");
      return route;
    });
}

// -- versions ---------------------------------------------------------------------------------------------------------

tool capture_snapshot() {
  tool_head head{.name = "capture_snapshot",
                 .title = "Measure a version",
                 .description = "Run the node's benchmarks now and store all metrics as the snapshot of a version of "
                                "the software. Takes as long as the benchmarks take. check_upgrade compares "
                                "snapshots.",
                 .left_out = {"wait"}};
  return make_tool<wire::CaptureRequest, wire::Snapshot>(std::move(head), [](const auto& request, tool_call& call) {
    return post<wire::Snapshot>("/snapshots", request, call, defaults::capture_timeout);
  });
}

caf::expected<std::vector<std::string>> known_versions(tool_call& call) {
  auto list = call.s.node.ask<wire::SnapshotList>({.path = std::string{"/snapshots"} + name_page, .stop = call.stop});
  if (!list)
    return list.error();
  std::vector<std::string> out;
  for (auto each : (*list)->getSnapshots())
    out.emplace_back(each.getVersion().cStr());
  return out;
}

/// Why nothing was compared, when that is because a version has no snapshot.
caf::error find_unknown_version(const msg<wire::UpgradeQuery>& question, tool_call& call) {
  auto known = known_versions(call);
  if (!known)
    return caf::none; // the answer itself says inconclusive
  for (std::string version : {question->getOld().cStr(), question->getNew().cStr()}) {
    if (std::ranges::find(*known, version) != known->end())
      continue;
    auto one = call.s.node.ask<wire::Snapshot>({.path = "/snapshots/" + http::url_encode(version), .stop = call.stop});
    if (!one && exit_status_of(one.error()) == exit_status::not_found)
      return fail(ec::not_found, "version " + version +
                                   " has no snapshot on this node (capture_snapshot takes one of the software as it "
                                   "is now)" +
                                   describe_known(version, *known, "; no version has one"));
  }
  return caf::none;
}

tool check_upgrade() {
  tool_head head{.name = "check_upgrade",
                 .title = "May NEW replace OLD?",
                 .description = "Judge whether version `new` may replace version `old` on this node, from their "
                                "snapshots. Only verdict safe permits it; inconclusive means that the measurements do "
                                "not tell.",
                 .left_out = {"order"},
                 .is_read_only = true,
                 .is_idempotent = true};
  return make_tool<wire::UpgradeQuery, wire::UpgradeCheck>(
    std::move(head), [](const auto& question, tool_call& call) -> caf::expected<msg<wire::UpgradeCheck>> {
      auto check = get<wire::UpgradeCheck>("/upgrades/check", question, call);
      if (check && (*check)->getCompared() == 0)
        if (auto unknown = find_unknown_version(question, call))
          return unknown;
      return check;
    });
}

// -- agents -----------------------------------------------------------------------------------------------------------

std::string known_agents(const std::string& given, tool_call& call) {
  auto list = call.s.node.ask<wire::AgentList>({.path = std::string{"/agents"} + name_page, .stop = call.stop});
  if (!list)
    return {};
  std::vector<std::string> names;
  for (auto agent : (*list)->getAgents())
    names.push_back(std::string{agent.getPromptId().cStr()} + "/" + agent.getFlowId().cStr());
  return describe_known(given, names, "; no agent is known yet");
}

tool validate_agent() {
  tool_head head{.name = "validate_agent",
                 .title = "Does an agent perform as promised?",
                 .description = "Compare an agent's present success rates and figures with its reference baseline, "
                                "and name what got worse. An agent is named by prompt_id and flow_id.",
                 .is_read_only = true,
                 .is_idempotent = true};
  return make_tool<wire::ValidationQuery, wire::AgentValidation>(
    std::move(head), [](const auto& question, tool_call& call) -> caf::expected<msg<wire::AgentValidation>> {
      std::string prompt = question->getPromptId().cStr(), flow = question->getFlowId().cStr();
      auto path = "/agents/" + http::url_encode(prompt) + "/" + http::url_encode(flow);
      auto agent = call.s.node.ask<wire::Agent>({.path = path, .stop = call.stop});
      // Without a baseline an agent passes. One that nobody knows is a name that is wrong.
      if (!agent && exit_status_of(agent.error()) == exit_status::not_found)
        return with_text(agent.error(), known_agents(prompt + "/" + flow, call));
      if (!agent)
        return agent.error();
      return get<wire::AgentValidation>(path + "/validate", question, call, {"prompt_id", "flow_id"});
    });
}

} // namespace

std::vector<tool> node_tools() {
  std::vector<tool> out;
  out.push_back(record_task());
  out.push_back(best_tool());
  out.push_back(route_task());
  out.push_back(capture_snapshot());
  out.push_back(check_upgrade());
  out.push_back(validate_agent());
  return out;
}

} // namespace hive::ctl::mcp
