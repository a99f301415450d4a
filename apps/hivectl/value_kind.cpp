#include "apps/hivectl/value_kind.hpp"

#include "apps/command_tree/command_tree.hpp"
#include "apps/hivectl/client.hpp"
#include "apps/hivectl/token.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/door.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/namespace.capnp.h"
#include "messages/research.capnp.h"
#include "messages/review.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"
#include "platform/http_url.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

/// Somebody waits for the next key.
constexpr auto answer_limit = 300ms;

/// A rule by the names of the option and of the groups and commands above it. Empty parts fit all. The first rule that
/// fits holds.
struct kind_rule {
  std::string_view command; ///< its path below hivectl, or the beginning of that
  std::string_view option;
  value_kind kind;
};

constexpr std::array rules{
  kind_rule{"agent", "OLD", value_kind::unknown}, // numbers of baselines
  kind_rule{"agent", "NEW", value_kind::unknown},
  kind_rule{"agent", "VERSION", value_kind::unknown},
  kind_rule{"benchmark remove", "NAME", value_kind::benchmark},
  kind_rule{"upgrade measurement", "ID", value_kind::measurement},
  kind_rule{"upgrade stop-measurement", "ID", value_kind::measurement},
  kind_rule{"upgrade", "ID", value_kind::proposal},
  kind_rule{"review", "ID", value_kind::review},
  kind_rule{"research", "ID", value_kind::session},
  kind_rule{"gpu", "ID", value_kind::lease},
  kind_rule{"namespace", "ID", value_kind::name_space},
  kind_rule{"snapshot import", "--version", value_kind::unknown}, // a new one
  kind_rule{"", "VERSION", value_kind::version},
  kind_rule{"", "OLD", value_kind::version},
  kind_rule{"", "NEW", value_kind::version},
  kind_rule{"", "FROM", value_kind::version},
  kind_rule{"", "TO", value_kind::version},
  kind_rule{"", "--version", value_kind::version},
  kind_rule{"", "--adapter", value_kind::benchmark},
  kind_rule{"", "AGENT", value_kind::agent},
  kind_rule{"", "METRIC", value_kind::metric},
  kind_rule{"", "--node", value_kind::node},
  kind_rule{"", "--member", value_kind::node},
  kind_rule{"", "TASK_TYPE", value_kind::task_type},
  kind_rule{"", "--task-type", value_kind::task_type},
  kind_rule{"", "TOOL", value_kind::tool},
  kind_rule{"", "--tool", value_kind::tool},
  kind_rule{"", "--override", value_kind::tool},
  kind_rule{"", "--available", value_kind::tool},
  kind_rule{"", "--namespace", value_kind::name_space},
  kind_rule{"", "--track", value_kind::track},
  kind_rule{"", "--out", value_kind::file},
  kind_rule{"", "FILE", value_kind::file},
  kind_rule{"", "DIR", value_kind::directory},
  kind_rule{"", "FILES", value_kind::file},
  kind_rule{"", "--repo", value_kind::directory},
  kind_rule{"", "--workdir", value_kind::directory},
  kind_rule{"", "--root", value_kind::directory},
};

bool fits(const kind_rule& rule, const std::string& command, const CLI::Option& option) {
  bool is_below =
    rule.command.empty() || command == rule.command || command.starts_with(std::string{rule.command} + " ");
  auto names = option.get_positional() ? std::vector{option.get_name(true)} : hive::names_of(option);
  return is_below && std::ranges::find(names, rule.option) != names.end();
}

/// "snapshot capture" of "hivectl snapshot capture".
std::string below_root(const CLI::App& command) {
  auto path = command_path(command);
  auto space = path.find(' ');
  return space == path.npos ? "" : path.substr(space + 1);
}

bool is_plain(const std::string& name) {
  constexpr std::string_view others = "._/@%+,-";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

std::vector<std::string> plain(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) { return !is_plain(name); });
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

/// The names that `name_of` gives for the records of the answer's list.
template <class Answer, class ListOf, class NameOf>
std::vector<std::string> ask_names(const client& node, const char* path, ListOf list_of, NameOf name_of) {
  auto body = node.exchange({.path = path, .timeout = answer_limit, .grace = 0ms});
  if (!body)
    return {};
  json_error ignored; // there is nobody to tell
  auto answer = from_json<Answer>(*body, ignored);
  std::vector<std::string> out;
  if (answer)
    for (auto record : list_of(**answer))
      out.push_back(name_of(record));
  return out;
}

constexpr auto by_id = [](auto record) { return std::string{record.getId().cStr()}; };
constexpr auto by_name = [](auto record) { return std::string{record.getName().cStr()}; };

std::vector<std::string> ask_tracker(const client& node, value_kind kind) {
  if (kind == value_kind::tool)
    return ask_names<wire::ToolSummary>(
      node, "/tools/summary", [](auto answer) { return answer.getByTool(); },
      [](auto line) { return std::string{line.getTool().cStr()}; });
  return ask_names<wire::ToolSummary>(
    node, "/tools/summary", [](auto answer) { return answer.getByTaskType(); },
    [](auto line) { return std::string{line.getTaskType().cStr()}; });
}

std::vector<std::string> ask_work(const client& node, value_kind kind) {
  switch (kind) {
  case value_kind::proposal:
    return ask_names<wire::ClusterUpgradeList>(
      node, "/upgrades?limit=1000", [](auto answer) { return answer.getUpgrades(); }, by_id);
  case value_kind::track:
    return ask_names<wire::ReferenceList>(
      node, "/tracks", [](auto answer) { return answer.getTracks(); },
      [](auto reference) { return std::string{reference.getTrack().cStr()}; });
  case value_kind::measurement:
    return ask_names<wire::MeasurementList>(
      node, "/upgrades/measurements?limit=1000", [](auto answer) { return answer.getMeasurements(); }, by_id);
  case value_kind::review:
    return ask_names<wire::ReviewList>(
      node, "/reviews?limit=1000", [](auto answer) { return answer.getReviews(); }, by_id);
  case value_kind::session:
    return ask_names<wire::ResearchList>(
      node, "/autoresearch?limit=1000", [](auto answer) { return answer.getSessions(); }, by_id);
  case value_kind::lease:
    return ask_names<wire::LeaseList>(
      node, "/gpus/leases", [](auto answer) { return answer.getLeases(); }, by_id);
  default:
    return ask_tracker(node, kind);
  }
}

std::vector<std::string> ask(const client& node, value_kind kind) {
  switch (kind) {
  case value_kind::version:
    return ask_names<wire::SnapshotList>(
      node, "/snapshots?limit=1000", [](auto answer) { return answer.getSnapshots(); },
      [](auto snapshot) { return std::string{snapshot.getVersion().cStr()}; });
  case value_kind::benchmark:
    return ask_names<wire::BenchmarkList>(
      node, "/benchmarks", [](auto answer) { return answer.getBenchmarks(); }, by_name);
  case value_kind::node:
    return ask_names<wire::NodeList>(
      node, "/hive/nodes", [](auto answer) { return answer.getNodes(); }, by_id);
  case value_kind::metric:
    return ask_names<wire::LatestResults>(
      node, "/results/latest", [](auto answer) { return answer.getResults(); }, by_name);
  case value_kind::agent:
    return ask_names<wire::AgentList>(
      node, "/agents?limit=1000", [](auto answer) { return answer.getAgents(); },
      [](auto agent) { return std::string{agent.getPromptId().cStr()} + "/" + agent.getFlowId().cStr(); });
  case value_kind::name_space:
    return ask_names<wire::NamespaceList>(
      node, "/namespaces?limit=1000", [](auto answer) { return answer.getNamespaces(); }, by_id);
  default:
    return ask_work(node, kind);
  }
}

std::string given_or_variable(const completion& at, const CLI::App& root, const std::string& option,
                              const std::string& otherwise) {
  if (auto found = at.given.find(option); found != at.given.end())
    return found->second;
  const auto* known = root.get_option_no_throw(option);
  const char* value = known && !known->get_envname().empty() ? std::getenv(known->get_envname().c_str()) : nullptr;
  return value && *value ? value : otherwise;
}

} // namespace

value_kind kind_of(const completion& at) {
  if (at.behind_dashes)
    return value_kind::file; // another program's command line
  if (!at.value)
    return value_kind::unknown;
  auto command = below_root(*at.command);
  auto rule = std::ranges::find_if(rules, [&](const kind_rule& one) { return fits(one, command, *at.value); });
  if (rule != rules.end())
    return rule->kind;
  auto type = value_name(*at.value);
  return type.starts_with("FILE") ? value_kind::file : type == "DIR" ? value_kind::directory : value_kind::unknown;
}

node_place node_of(const completion& at, const CLI::App& root) {
  return {given_or_variable(at, root, "--url", "http://127.0.0.1:7420"),
          given_or_variable(at, root, "--token-file", ""), given_or_variable(at, root, "--namespace", ""),
          given_or_variable(at, root, "--tls", "")};
}

std::vector<std::string> names_of_node(value_kind kind, const node_place& node) {
  bool is_url = node.url.starts_with(unix_scheme) || !http::check_url(node.url, http::url_user::allowed);
  auto tls = find_client_tls(node.tls);
  if (kind <= value_kind::directory || !is_url || !tls)
    return {};
  auto found = choose_token(node.url, node.token_file);
  if (!found)
    return {};
  auto url = node.url.substr(0, node.url.find_last_not_of('/') + 1);
  // The list of namespaces is the node's own.
  auto name_space = kind == value_kind::name_space ? std::string{} : node.name_space;
  return plain(ask(client{{url, found->token, name_space, *tls}}, kind));
}

} // namespace hive::ctl
