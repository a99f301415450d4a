#include "apps/hivectl/cluster_upgrade_view.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/upgrade_wait.hpp"
#include "apps/hivectl/validators.hpp"
#include "platform/http_client.hpp"

#include <algorithm>

namespace hive::ctl {
namespace {

using upgrade_answer = caf::expected<msg<wire::ClusterUpgrade>>;

struct stop_options {
  std::string id, reason;
  bool only_pending = false;
  std::vector<std::string> unknown; ///< nodes whose rollback is not waited for
};

std::string track_query(const std::string& track) {
  return track.empty() ? std::string{} : "&track=" + http::url_encode(track);
}

outcome list_upgrades(session& s, const std::string& track) {
  table rows{{text_column("ID"), text_column("TRACK"), text_column("FROM"), text_column("TO"), text_column("STATE"),
              text_column("ANNOUNCED"), text_column("REASON")}};
  std::string after;
  do {
    auto page = s.node.ask<wire::ClusterUpgradeList>({.path = "/upgrades?limit=1000" + track_query(track) + after});
    if (!page)
      return page.error();
    s.out.answer(*page, [&] {
      for (auto each : (*page)->getUpgrades())
        rows.add_row({short_upgrade_id(each.getId()), each.getTrack().cStr(), each.getFrom().cStr(),
                      each.getTo().cStr(), describe_state(each), s.out.time(each.getAnnouncedAt()),
                      with_names(names_of_members(each), each.getReason())});
    });
    after = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
  } while (!after.empty() && !s.json);
  if (rows.empty())
    s.out.line("No upgrade has been proposed yet: 'hivectl upgrade propose FROM TO' proposes one.");
  else
    s.out.print(rows);
  return exit_status::done;
}

upgrade_answer ask_for_upgrade(session& s, const std::string& id) {
  return s.node.ask<wire::ClusterUpgrade>({.path = upgrade_path(id)});
}

/// The only proposal that is not over.
upgrade_answer find_open_upgrade(session& s, const std::string& track) {
  auto page = s.node.ask<wire::ClusterUpgradeList>({.path = "/upgrades?limit=1000" + track_query(track)});
  if (!page)
    return page.error();
  std::vector<std::string> open;
  for (auto each : (*page)->getUpgrades())
    if (!each.getFinal() && each.getDecision() != wire::UpgradeDecision::REFUSED)
      open.emplace_back(each.getId().cStr());
  if (open.empty())
    return fail_as(exit_status::not_found, "no proposal is open; 'hivectl upgrade list' shows all");
  if (open.size() > 1) {
    for (auto& id : open)
      id.resize(std::min(id.size(), size_t{12}));
    return fail_as(exit_status::usage, "more than one proposal is open, so an id is needed: " + join_texts(open, ", "));
  }
  return ask_for_upgrade(s, open.front());
}

outcome show_one_upgrade(session& s, const std::string& id) {
  auto answer = ask_for_upgrade(s, id);
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_upgrade(**answer, s.out); });
  return exit_status::done;
}

outcome watch_upgrade(session& s, const std::string& id, const std::string& track) {
  auto upgrade = id.empty() ? find_open_upgrade(s, track) : ask_for_upgrade(s, id);
  if (!upgrade)
    return upgrade.error();
  return wait_for_upgrade(s, *upgrade, {upgrade_goal::rollout, false, std::nullopt});
}

outcome stop_upgrade(session& s, const stop_options& options) {
  auto body = msg<wire::StopUpgrade>::build([&](wire::StopUpgrade::Builder out) {
    out.setId(options.id);
    if (!options.reason.empty())
      out.setReason(options.reason);
    out.setOnlyPending(options.only_pending);
    auto unknown = out.initUnknown(static_cast<uint32_t>(options.unknown.size()));
    for (uint32_t i = 0; i < unknown.size(); ++i)
      unknown.set(i, options.unknown[i]);
  });
  auto answer = s.node.ask<wire::ClusterUpgrade>(
    {.method = "POST", .path = upgrade_path(options.id) + "/stop", .body = to_json(body)});
  if (!answer)
    return answer.error();
  auto id = short_upgrade_id((*answer)->getId());
  s.out.answer(*answer, [&] {
    s.out.line("The hive is asked to stop proposal " + id + ", which is " + describe_state(**answer) +
               ". It stops once a quorum has agreed: 'hivectl upgrade watch " + id + "' follows it.");
  });
  return exit_status::done;
}

void add_upgrade_list(CLI::App& group, context& ctx) {
  auto track = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("list", "The proposals of the hive, newest first");
  command.add_option("--track", *track, "Only this track")->check(valid_id());
  ctx.on(command, [track](session& s) { return list_upgrades(s, *track); });
}

void add_upgrade_show(CLI::App& group, context& ctx) {
  auto id = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("show", "A proposal with its votes, stage and hooks");
  command.add_option("ID", *id, "Id of the proposal, or at least 6 of its first characters")
    ->required()
    ->check(valid_id());
  ctx.on(command, [id](session& s) { return show_one_upgrade(s, *id); });
}

void add_upgrade_watch(CLI::App& group, context& ctx) {
  auto id = std::make_shared<std::string>(), track = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("watch", "Follow a proposal to its end, through the rollout");
  auto* named = command.add_option("ID", *id, "Id of the proposal (default: the one that is open)")->check(valid_id());
  command.add_option("--track", *track, "Follow the proposal that is open on this track")
    ->check(valid_id())
    ->excludes(named);
  command.footer(
    "The exit status is 0 when the rollout is complete, 1 when the proposal was rejected or rolled back, 2 when\n"
    "it was aborted. Ctrl-C ends the watching, not the proposal.");
  ctx.on(command, [id, track](session& s) { return watch_upgrade(s, *id, *track); });
}

void add_upgrade_stop(CLI::App& group, context& ctx) {
  auto options = std::make_shared<stop_options>();
  auto& command = *group.add_subcommand(
    "stop", "Abort a proposal, or roll back one that is being rolled out; does not ask for confirmation");
  command.add_option("ID", options->id, "Id of the proposal, or at least 6 of its first characters")
    ->required()
    ->check(valid_id());
  command.add_option("--reason", options->reason, "The reason, which is kept with the decision");
  command.add_flag("--only-pending", options->only_pending,
                   "Do not roll back if the proposal is approved before the stop takes effect");
  command
    .add_option("--unknown", options->unknown,
                "Do not wait for the rollback on this node, by id, for example because it is gone; may be repeated")
    ->type_name("NODE")
    ->allow_extra_args(false)
    ->check(valid_id());
  ctx.on(command, [options](session& s) { return stop_upgrade(s, *options); });
}

} // namespace

void add_cluster_commands(CLI::App& group, context& ctx) {
  add_propose_command(group, ctx);
  add_upgrade_list(group, ctx);
  add_upgrade_show(group, ctx);
  add_upgrade_watch(group, ctx);
  add_upgrade_stop(group, ctx);
  add_track_commands(group, ctx);
}

} // namespace hive::ctl
