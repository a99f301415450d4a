#include "apps/hivectl/cluster_upgrade_view.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"

#include <charconv>
#include <utility>

namespace hive::ctl {
namespace {

constexpr uint32_t largest_weight = 1'000'000;

struct members_options {
  std::string track;
  std::vector<std::string> set; ///< ID[:WEIGHT[:TIER]]; empty: show
  uint32_t slack = 0;
  bool force = false;
};

struct new_member {
  std::string node;
  uint32_t weight = 1;
  wire::NodeTier tier = wire::NodeTier::FLAT;
};

caf::expected<new_member> parse_member(const std::string& text) {
  auto wrong = [&](const std::string& why) {
    return fail_as(exit_status::usage,
                   "--set " + text + ": " + why + "; write ID[:WEIGHT[:TIER]], such as ab12:2:regional");
  };
  new_member out;
  auto first = text.find(':');
  out.node = text.substr(0, first);
  if (!is_valid_id(out.node))
    return wrong("the id " + std::string{id_rule});
  if (first == std::string::npos)
    return out;
  auto second = text.find(':', first + 1);
  auto weight = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  auto parsed = std::from_chars(weight.data(), weight.data() + weight.size(), out.weight);
  bool is_number = parsed.ec == std::errc{} && parsed.ptr == weight.data() + weight.size();
  if (!is_number || out.weight == 0 || out.weight > largest_weight)
    return wrong("the weight must be from 1 to 1000000");
  if (second == std::string::npos)
    return out;
  auto tier = value_of<wire::NodeTier>(text.substr(second + 1));
  if (!tier)
    return wrong("the tier must be flat, regional or central");
  out.tier = *tier;
  return out;
}

/// Why this node does not take part, or what else of the track needs an operator.
void show_track_warnings(wire::TrackMembers::Reader track, output& out) {
  if (!track.getAdmitted())
    out.line("Waiting   this node takes part once " + std::to_string(track.getAcknowledgements()) +
             " other members have answered it since its start; 'hivectl upgrade admit' vouches for its disk instead");
  if (track.getConflict().size() > 0)
    out.line(std::string{"Conflict  "} + track.getConflict().cStr());
  if (track.getDiffering().size() > 0)
    out.line("Differing " + list_of_names({}, track.getDiffering(), 32) +
             ": these nodes have another list of members, so their statements do not count here");
}

void show_track(wire::TrackMembers::Reader track, output& out) {
  out.line(std::string{"Track     "} + track.getTrack().cStr() + " (number " + std::to_string(track.getNumber()) + ")");
  out.line("Members   generation " + std::to_string(track.getGeneration()) +
           (track.getHash().size() > 0 ? ", " + short_upgrade_id(track.getHash()) : ""));
  out.line("Quorum    " + std::to_string(track.getQuorum()) + " of " + std::to_string(track.getMembers().size()) +
           " members seal a decision; " + std::to_string(track.getSlack()) + " of them may lie");
  out.line("Position  " + std::to_string(track.getPosition()) +
           (track.getOpen().size() > 0 ? ", open is " + short_upgrade_id(track.getOpen()) : ", nothing is open"));
  show_track_warnings(track, out);
  table rows{{text_column("NODE"), text_column("NAME"), number_column("WEIGHT"), text_column("TIER"),
              text_column("STATE"), text_column("ADMITTED"), text_column("VERSION"), text_column("NOTE")}};
  for (auto member : track.getMembers()) {
    std::string note = member.getSelf() ? "this node" : "";
    if (member.getQuarantined())
      note += (note.empty() ? "" : ", ") + std::string{"in quarantine: its votes do not count"};
    rows.add_row({member.getNode().cStr(), member.getName().cStr(), std::to_string(member.getWeight()),
                  name_of(member.getTier()), name_of(member.getState()), format_yes_no(member.getAdmitted()),
                  member.getVersion().cStr(), note});
  }
  out.line("");
  out.print(rows);
}

void show_tracks(wire::TrackMembersList::Reader list, output& out) {
  if (list.getTracks().size() == 0)
    out.line("No track is configured: [upgrade] in the node's configuration names the members.");
  bool is_first = true;
  for (auto track : list.getTracks()) {
    if (!std::exchange(is_first, false))
      out.line("");
    show_track(track, out);
  }
}

outcome answer_tracks(session& s, const caf::expected<msg<wire::TrackMembersList>>& answer) {
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_tracks(**answer, s.out); });
  return exit_status::done;
}

outcome change_members(session& s, const members_options& options) {
  std::vector<new_member> members;
  for (const auto& text : options.set) {
    auto member = parse_member(text);
    if (!member)
      return member.error();
    members.push_back(*member);
  }
  auto body = msg<wire::ChangeMembers>::build([&](wire::ChangeMembers::Builder out) {
    out.setTrack(options.track);
    out.setSlack(static_cast<uint8_t>(options.slack));
    out.setForce(options.force);
    auto list = out.initMembers(static_cast<uint32_t>(members.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setNode(members[i].node);
      list[i].setWeight(members[i].weight);
      list[i].setTier(members[i].tier);
    }
  });
  auto answer = s.node.ask<wire::TrackMembers>({.method = "PUT", .path = "/upgrades/members", .body = to_json(body)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_track(**answer, s.out); });
  s.out.remark(options.force ? "this node goes on with these members alone; run the same command on each of them"
                             : "the members change once no proposal is open and a quorum of the present ones agrees");
  return exit_status::done;
}

outcome members(session& s, const members_options& options) {
  if (options.set.empty())
    return answer_tracks(
      s, s.node.ask<wire::TrackMembersList>(
           {.path = "/upgrades/members" + (options.track.empty() ? "" : "?track=" + http::url_encode(options.track))}));
  if (options.track.empty())
    return fail_as(exit_status::usage, "--track is required to change the members");
  return change_members(s, options);
}

outcome admit(session& s, const std::string& track) {
  auto body = msg<wire::AdmitNode>::build([&](wire::AdmitNode::Builder out) {
    if (!track.empty())
      out.setTrack(track);
  });
  return answer_tracks(
    s, s.node.ask<wire::TrackMembersList>({.method = "POST", .path = "/upgrades/admit", .body = to_json(body)}));
}

} // namespace

void add_track_commands(CLI::App& group, context& ctx) {
  auto track = std::make_shared<std::string>();
  auto& vouch = *group.add_subcommand(
    "admit", "Vouch that the node's data directory is the one that it ran with last, so that it takes part at once");
  vouch.add_option("--track", *track, "Only on this track")->check(valid_id());
  ctx.on(vouch, [track](session& s) { return admit(s, *track); });

  auto options = std::make_shared<members_options>();
  auto& command = *group.add_subcommand("members", "Show or change the members that decide on a track");
  command.add_option("--track", options->track, "The track (default: show all)")->check(valid_id());
  auto* set =
    command
      .add_option("--set", options->set,
                  "A member from now on, such as ab12:2:regional; repeat it for all of them, those that stay included")
      ->type_name("ID[:WEIGHT[:TIER]]")
      ->allow_extra_args(false);
  command.add_option("--slack", options->slack, "Lying members that a decision bears, 0 or 1 (default: 0)")
    ->check(CLI::Range(0, 1))
    ->needs(set);
  command
    .add_flag(
      "--force", options->force,
      "Go on without the agreement of the present members, because a quorum of them is lost for good; run it on "
      "each of the new members")
    ->needs(set);
  ctx.on(command, [options](session& s) { return members(s, *options); });
}

} // namespace hive::ctl
