#include "apps/hivectl/cluster_upgrade_view.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/duration_option.hpp"
#include "apps/hivectl/propose_options.hpp"
#include "apps/hivectl/upgrade_wait.hpp"

namespace hive::ctl {
namespace {

constexpr auto propose_examples =
  "Examples:\n"
  "  hivectl upgrade propose v2.0 v2.1 --wait && ./deploy v2.1\n"
  "  hivectl upgrade propose v2.0 v2.1 --policy majority --deadline 2h --wait\n"
  "  hivectl upgrade propose v2.0 v2.1 --stage 20%:10m --stage 50%:30m:2h --wait --through-rollout\n"
  "With --wait the exit status is 0 when the hive has approved (--through-rollout: when the rollout is complete), 1\n"
  "when it has rejected or rolled back, 2 when the proposal is held, aborted or not decided within --timeout. A held\n"
  "proposal stays open: with --timeout the command goes on waiting. Ctrl-C ends the waiting, not the proposal.";

struct proposed {
  propose_options proposal;
  bool wait = false;
  bool through_rollout = false;
  double timeout_s = 0; ///< 0: not given
};

outcome propose(session& s, const proposed& options) {
  auto request = request_of(options.proposal);
  if (!request)
    return request.error();
  auto accepted =
    s.node.ask<wire::ClusterUpgrade>({.method = "POST",
                                      .path = options.proposal.queue ? "/upgrades?queue=true" : "/upgrades",
                                      .body = to_json(*request)});
  if (!accepted && code_of(accepted.error()) == ec::conflict && !options.proposal.queue)
    return fail_as(exit_status::refused,
                   text_of(accepted.error()) + "; 'hivectl upgrade list' shows it, and --queue waits for its end");
  if (!accepted)
    return accepted.error();
  if (!options.wait) {
    auto id = short_upgrade_id((*accepted)->getId());
    s.out.answer(*accepted, [&] {
      s.out.line("Proposal " + id + " is " + describe_state(**accepted) + ": 'hivectl upgrade watch " + id +
                 "' follows it.");
    });
    return exit_status::done;
  }
  s.out.remark(std::string{"the proposal is "} + (*accepted)->getId().cStr());
  upgrade_wait_options wait;
  wait.goal = options.through_rollout ? upgrade_goal::rollout : upgrade_goal::decision;
  wait.is_held_enough = options.timeout_s == 0;
  if (options.timeout_s > 0)
    wait.timeout_s = options.timeout_s;
  return wait_for_upgrade(s, *accepted, wait);
}

} // namespace

void add_propose_command(CLI::App& group, context& ctx) {
  auto options = std::make_shared<proposed>();
  auto& command = *group.add_subcommand("propose", "Ask the hive whether TO may replace FROM on all its members");
  add_propose_options(command, options->proposal);
  auto* wait = command.add_flag("--wait", options->wait, "Wait for the decision; the exit status tells it");
  command
    .add_flag("--through-rollout", options->through_rollout,
              "Wait until the approved version is rolled out or rolled back")
    ->needs(wait);
  add_duration_option(command, "--timeout", options->timeout_s,
                      "Longest wait, such as 90 (seconds), 20m or 1.5h; the proposal goes on")
    .check(CLI::Range(0.001, 31'536'000.0))
    ->needs(wait);
  command.footer(propose_examples);
  ctx.on(command, [options](session& s) { return propose(s, *options); });
}

} // namespace hive::ctl
