#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/status.capnp.h"
#include "messages/timestamp.hpp"

#include <map>

namespace hive::ctl {
namespace {

constexpr auto help = "Ends with 0 when the node serves, with 69 when it does not or cannot be reached.\n\n"
                      "Examples:\n"
                      "  hivectl status\n"
                      "  hivectl status --json\n"
                      "  until hivectl status >/dev/null; do sleep 1; done";

/// The node's answers. Only the first is mandatory; the requests for the others may be the ones that fail.
struct answers {
  msg<wire::NodeStatus> status;
  caf::expected<msg<wire::NodeList>> nodes;
  caf::expected<msg<wire::BenchmarkList>> benchmarks;
  caf::expected<msg<wire::LatestResults>> results;
};

std::map<std::string, uint32_t> count_states(wire::NodeList::Reader list) {
  std::map<std::string, uint32_t> out;
  for (auto node : list.getNodes())
    ++out[name_of(node.getState())];
  return out;
}

void add_members(wire::NodeList::Reader list, wire::StatusReport::Builder out) {
  auto states = count_states(list);
  auto members = out.initMembers(static_cast<uint32_t>(states.size()));
  uint32_t i = 0;
  for (const auto& [state, count] : states) {
    members[i].setState(state);
    members[i++].setNodes(count);
  }
}

void add_adapters(wire::BenchmarkList::Reader list, wire::StatusReport::Builder out) {
  uint32_t available = 0;
  for (auto benchmark : list.getBenchmarks())
    available += benchmark.getAvailable() ? 1 : 0;
  out.setAdapters(list.getBenchmarks().size());
  out.setAvailableAdapters(available);
}

/// Derives the last capture from the newest metric values, each of which names its capture.
void add_last_capture(wire::LatestResults::Reader latest, wire::StatusReport::Builder out) {
  int64_t newest = 0;
  for (auto result : latest.getResults()) {
    if (result.getCapturedAt() <= newest)
      continue;
    newest = result.getCapturedAt();
    auto capture = out.initLastCapture();
    capture.setVersion(result.getVersion());
    capture.setCapturedAt(newest);
  }
}

msg<wire::StatusReport> build_report(const session& s, const answers& said) {
  std::vector<std::string> unknown;
  auto use = [&](const char* what, const auto& answer, auto add) {
    if (answer)
      add(**answer);
    else
      unknown.push_back(std::string{what} + ": " + text_of(answer.error()));
  };
  return msg<wire::StatusReport>::build([&](wire::StatusReport::Builder out) {
    out.setUrl(s.url);
    out.setToken(s.token_file);
    out.setStatus(*said.status);
    use("members", said.nodes, [&](wire::NodeList::Reader list) { add_members(list, out); });
    use("benchmarks", said.benchmarks, [&](wire::BenchmarkList::Reader list) { add_adapters(list, out); });
    use("last capture", said.results, [&](wire::LatestResults::Reader list) { add_last_capture(list, out); });
    auto list = out.initUnknown(static_cast<uint32_t>(unknown.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, unknown[i]);
  });
}

std::string describe_members(wire::StatusReport::Reader report) {
  uint32_t all = 0;
  std::string states;
  for (auto member : report.getMembers()) {
    all += member.getNodes();
    states += (states.empty() ? "" : ", ") + std::to_string(member.getNodes()) + " " + member.getState().cStr();
  }
  return std::to_string(all) + " (" + states + ")";
}

std::string describe_store(wire::NodeStatus::Reader status) {
  if (status.getStoreFreeBytes() == 0)
    return "the room left cannot be told";
  return format_bytes(status.getStoreFreeBytes()) + " left on its disk; below " +
         format_bytes(status.getStoreMinFreeBytes()) + " writes are refused";
}

void show(wire::StatusReport::Reader report, output& out) {
  auto status = report.getStatus();
  auto health = status.getHealth();
  auto started = now_unix_micros() - static_cast<int64_t>(health.getUptimeS() * 1e6);
  out.line(std::string{"Node          "} + health.getNode().cStr() + " (" + health.getId().cStr() + ") at " +
           report.getUrl().cStr());
  out.line(std::string{"Version       "} + health.getVersion().cStr() + ", started " + out.time(started) + ", epoch " +
           std::to_string(health.getEpoch()));
  out.line(std::string{"Serving       "} + (status.getReady() ? "yes" : "no: ") +
           (status.getReady() ? "" : status.getNotReady().cStr()));
  out.line("Store         " + describe_store(status));
  if (report.getMembers().size() > 0)
    out.line("Members       " + describe_members(report));
  if (report.getAdapters() > 0)
    out.line("Benchmarks    " + std::to_string(report.getAvailableAdapters()) + " of " +
             std::to_string(report.getAdapters()) + " available ('hivectl benchmark list' says why)");
  if (report.hasLastCapture())
    out.line(std::string{"Last capture  "} + report.getLastCapture().getVersion().cStr() + ", " +
             out.time(report.getLastCapture().getCapturedAt()));
  else if (report.getUnknown().size() == 0)
    out.line("Last capture  none yet ('hivectl snapshot capture VERSION' takes one)");
  out.line(std::string{"Token         "} + (report.getToken().size() > 0 ? report.getToken().cStr() : "none"));
  for (auto unknown : report.getUnknown())
    out.line(std::string{"Not known     "} + unknown.cStr());
}

outcome show_status(session& s) {
  auto node = s.node.ask<wire::NodeStatus>({.path = "/status"});
  if (!node)
    return node.error();
  auto report = build_report(s, {*node, s.node.ask<wire::NodeList>({.path = "/hive/nodes"}),
                                 s.node.ask<wire::BenchmarkList>({.path = "/benchmarks"}),
                                 s.node.ask<wire::LatestResults>({.path = "/results/latest"})});
  s.out.answer(report, [&] { show(*report, s.out); });
  return (*node)->getReady() ? exit_status::done : exit_status::unreachable;
}

} // namespace

void add_status_command(CLI::App& app, context& ctx) {
  auto& command =
    *app.add_subcommand("status", "The node at a glance: whether it serves, its store, hive and benchmarks");
  command.footer(help);
  ctx.on(command, show_status);
}

} // namespace hive::ctl
