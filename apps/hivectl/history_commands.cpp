#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/history_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/history.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

struct history_options {
  std::string metric;
  uint32_t limit = 1'000;
  bool samples = false;
};

struct changes_options {
  bool worse = false;
  uint32_t limit = 100;
  std::string after;
};

/// Of "ADAPTER.METRIC", split at this dot; an empty adapter is that of imported metrics that name none.
std::string history_path(const history_options& options, size_t dot) {
  auto adapter = dot == 0 ? "-" : options.metric.substr(0, dot);
  return "/metrics/" + http::url_encode(adapter) + "/" + http::url_encode(options.metric.substr(dot + 1)) +
         "/history?limit=" + std::to_string(options.limit) + (options.samples ? "&samples=true" : "");
}

/// Adapters and metrics may both have dots in their names, so that the place of the one between them is tried.
caf::expected<msg<wire::MetricHistory>> ask_history(session& s, const history_options& options) {
  auto dot = options.metric.find('.');
  auto first = s.node.ask<wire::MetricHistory>({.path = history_path(options, dot)});
  auto answer = first;
  while (!answer && exit_status_of(answer.error()) == exit_status::not_found) {
    dot = options.metric.find('.', dot + 1);
    if (dot == options.metric.npos || dot + 1 == options.metric.size())
      return first;
    answer = s.node.ask<wire::MetricHistory>({.path = history_path(options, dot)});
  }
  return answer;
}

outcome history(session& s, const history_options& options) {
  auto answer = ask_history(s, options);
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_history(**answer, s.set, s.out); });
  return exit_status::done;
}

outcome changes(session& s, const changes_options& options) {
  auto path = "/changes?limit=" + std::to_string(options.limit) + (options.worse ? "&worse=true" : "") +
              (options.after.empty() ? "" : "&after=" + http::url_encode(options.after));
  auto answer = s.node.ask<wire::ChangeList>({.path = path});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_changes(**answer, s.out); });
  return exit_status::done;
}

std::string check_metric(const std::string& text) {
  auto dot = text.find('.');
  bool good = dot != text.npos && dot + 1 < text.size();
  return good ? ""
              : "\"" + text +
                  "\" is no ADAPTER.METRIC, such as regression.test_pass_rate; 'hivectl snapshot "
                  "latest' lists those that this node measures";
}

} // namespace

void add_history_command(CLI::App& snapshot_group, context& ctx) {
  auto options = std::make_shared<history_options>();
  auto& command =
    *snapshot_group.add_subcommand("history", "Show what a metric was over all captures, and its changes");
  command.add_option("METRIC", options->metric, "ADAPTER.METRIC, as 'latest' lists it")
    ->required()
    ->check(check_metric);
  command.add_option("--limit", options->limit, "Newest captures to show (default: 1000)")
    ->check(CLI::Range(1, 10'000));
  command.add_flag("--samples", options->samples, "With --json: the samples of each capture too");
  ctx.on(command, [options](session& s) { return history(s, *options); });
}

void add_changes_command(CLI::App& app, context& ctx) {
  auto options = std::make_shared<changes_options>();
  auto& command = *app.add_subcommand("changes", "List when metrics changed, newest first, and the likely causes");
  command.add_flag("--worse", options->worse, "Only changes for the worse");
  command.add_option("--limit", options->limit, "Changes to list (default: 100)")->check(CLI::Range(1, 1'000));
  command.add_option("--after", options->after, "Continue after this entry, as the list before ended")
    ->check(valid_id());
  ctx.on(command, [options](session& s) { return changes(s, *options); });
}

} // namespace hive::ctl
