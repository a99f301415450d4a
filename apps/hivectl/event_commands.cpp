#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/event_reader.hpp"
#include "apps/hivectl/event_text.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/check.hpp"
#include "messages/events.capnp.h"

#include <algorithm>
#include <iostream>
#include <thread>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

constexpr auto help = "Prints a line for each event: its id, the time, the kind and what happened. With --json each\n"
                      "line is a JSON document. It goes on until Ctrl-C: when the node restarts or the line breaks,\n"
                      "it reconnects and goes on behind the last event; when some of those between are no longer\n"
                      "kept, an event of kind \"missed\" says so.\n\n"
                      "Examples:\n"
                      "  hivectl events                               # from now on\n"
                      "  hivectl events --since 0 --kind verdict      # first those that the node still keeps\n"
                      "  hivectl events --json --kind membership | jq -r '.membership | .name + \" \" + .change'";

/// Delay between reconnection attempts: initial and maximum.
constexpr std::chrono::milliseconds first_pause = defaults::event_retry;
constexpr std::chrono::milliseconds longest_pause = 10s;

struct event_options {
  std::vector<std::string> kinds;
  int64_t since = -1;
};

std::string path_of(const event_options& options) {
  auto out = "/events?since=" + std::to_string(options.since);
  for (const auto& kind : options.kinds)
    out += (&kind == &options.kinds.front() ? "&kind=" : ",") + kind;
  return out;
}

/// Prints events as they arrive, reconnecting as needed.
class follower {
public:
  follower(session& s, const event_options& options)
      : session_{s}, request_{.path = path_of(options), .accept = "text/event-stream"} {
  }

  /// Runs until it cannot continue; returns why.
  caf::error run() {
    bool has_met = false;
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
      bool is_heard = false;
      auto ended = session_.node.follow(request_, reader_.last_id(), [&](std::string_view piece) {
        has_met = is_heard = true;
        return take(piece);
      });
      if (failure_)
        return failure_;
      // A node that was never reached probably means a wrong address.
      if (!has_met || exit_status_of(ended) != exit_status::unreachable)
        return ended;
      if (is_heard) {
        std::cerr << "hivectl: " << printable(text_of(ended), session_.set) << "; reconnecting" << std::endl;
        pause = first_pause;
      }
      reader_.begin_again();
      std::this_thread::sleep_for(pause);
    }
  }

private:
  bool take(std::string_view piece) {
    std::vector<std::string> complete;
    if (!reader_.take(piece, complete))
      failure_ = fail_as(exit_status::refused, "the node sent an event that is too large");
    for (const auto& data : complete)
      if (!failure_)
        failure_ = show(data);
    return !failure_;
  }

  caf::error show(const std::string& data) {
    json_error why;
    auto event = from_json<wire::Event>(data, why);
    if (!event)
      return session_.node.unreadable(request_, why);
    if (session_.json)
      session_.out.document(to_json(*event));
    else
      session_.out.line(std::to_string((*event)->getId()) + "  " + format_time((*event)->getTime()) + "  " +
                        name_of((*event)->getKind()) + "  " + describe_event(**event));
    auto written = session_.out.finish();
    return written ? caf::error{} : written.error();
  }

  session& session_;
  node_request request_;
  event_reader reader_;
  caf::error failure_;
};

/// All kinds that a reader can ask for: `missed` comes by itself.
std::vector<std::string> kinds() {
  std::vector<std::string> out;
  for (auto each : capnp::Schema::from<wire::EventKind>().getEnumerants())
    if (auto name = json_name(each); name != "missed")
      out.push_back(std::move(name));
  return out;
}

} // namespace

void add_event_commands(CLI::App& app, context& ctx) {
  auto& command =
    *app.add_subcommand("events", "Follow events: membership, captures, verdicts, agents, GPUs, upgrades");
  command.footer(help);
  auto options = std::make_shared<event_options>();
  command.add_option("--kind", options->kinds, "Only these kinds")->delimiter(',')->check(CLI::IsMember(kinds()));
  command.add_option("--since", options->since, "Begin after the event with this id; 0: with the oldest kept one")
    ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()));
  ctx.on(command, [options](session& s) -> outcome { return follower{s, *options}.run(); });
}

} // namespace hive::ctl
