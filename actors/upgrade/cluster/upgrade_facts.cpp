#include "actors/upgrade/cluster/upgrade_facts.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"

#include <algorithm>
#include <set>

namespace hive {
namespace {

using kind = wire::GateValueKind;

/// Finds the newest value for which `is_wanted` holds, if there is any.
caf::error find_newest(const gate_sight& sight, const upgrade_facts& from, bool (*is_wanted)(kind),
                       gate::value_ptr& out) {
  auto found =
    std::find_if(from.steps.rbegin(), from.steps.rend(), [&](const auto& step) { return is_wanted(step.kind); });
  if (found == from.steps.rend())
    return {};
  const auto& present = sight.state_of(from.track).newest();
  if (present && present->content->getPosition() == found->position) {
    out = present;
    return {};
  }
  auto loaded = sight.log.load(*found);
  if (!loaded)
    return loaded.error();
  out = loaded->value;
  return {};
}

caf::error gather_values(const gate_sight& sight, upgrade_facts& out) {
  if (auto error = find_newest(sight, out, is_verdict, out.verdict))
    return error;
  if (auto error = find_newest(
        sight, out, [](kind what) { return what == kind::BACK; }, out.back))
    return error;
  if (auto error = find_newest(
        sight, out, [](kind) { return true; }, out.newest))
    return error;
  out.what = out.newest->what;
  out.proposer = as_view(out.newest->content->getProposer());
  return {};
}

/// Tracks that are in use.
std::vector<uint8_t> used_tracks(const gate_sight& sight) {
  std::vector<uint8_t> out;
  for (uint8_t i = 0; i < std::min(sight.tracks.size(), gate::max_tracks); ++i)
    out.push_back(i);
  return out;
}

/// The values of a proposal: those of the log, and the newest of a track while that is being stored.
std::vector<logged_decision> steps_of(const gate_sight& sight, const std::string& proposal) {
  auto out = sight.log.of(proposal);
  for (auto track : used_tracks(sight)) {
    const auto& state = sight.state_of(track);
    if (!state.what() || to_hex(state.what()->id()) != proposal || sight.log.contains(track, state.position()))
      continue;
    out.push_back(summary_of(*state.newest()));
    out.back().learned_at = out.back().announced_at = now_unix_micros(); // it is being learned
  }
  return out;
}

std::optional<std::pair<uint8_t, gate::ask_view>> find_ask(const gate_sight& sight, const std::string& proposal) {
  for (auto track : used_tracks(sight))
    for (auto& ask : sight.core.at(track).proposals())
      if (ask.state != gate::ask_state::opened && to_hex(ask.ask->ask().propose->id()) == proposal)
        return std::pair{track, std::move(ask)};
  return std::nullopt;
}

/// Whether a member will vote again without being asked: it measures once more after an inconclusive vote.
bool will_measure_again(const gate::proposal& what, const gate::statement& vote) {
  return what.body().getMeasure() && vote.vote()->getVerdict() == wire::Verdict::INCONCLUSIVE &&
         vote.vote()->getAttempt() + 1 < what.body().getAttempts();
}

bool is_held(const gate_sight& sight, const upgrade_facts& from) {
  if (sight.core.at(from.track).is_overdue(sight.now))
    return true;
  return from.counted && from.counted->result == gate::tally_result::held &&
         std::ranges::all_of(from.counted->members, [&](const auto& each) {
           return each.vote && (each.vote->vote()->getStage() > 0 || !will_measure_again(*from.what, *each.vote));
         });
}

/// How an opened proposal stands now.
void gather_present(const gate_sight& sight, upgrade_facts& out) {
  out.is_dropped = out.is_current && sight.state_of(out.track).is_dropped();
  if (out.is_current)
    out.counted = sight.core.at(out.track).count();
  out.is_held = is_held(sight, out);
}

} // namespace

caf::expected<upgrade_facts> gather_facts(const gate_sight& sight, const std::string& proposal) {
  upgrade_facts out;
  out.steps = steps_of(sight, proposal);
  if (!out.steps.empty()) {
    out.track = out.steps.back().track;
    const auto& state = sight.state_of(out.track);
    out.is_current = state.what() && to_hex(state.what()->id()) == proposal;
    if (auto error = gather_values(sight, out))
      return error;
    gather_present(sight, out);
    return out;
  }
  auto asked = find_ask(sight, proposal);
  if (!asked)
    return fail(ec::not_found, "no proposal has the id " + printable(proposal));
  out.track = asked->first;
  out.what = asked->second.ask->ask().propose;
  out.proposer = asked->second.node.value;
  out.ask = std::move(asked->second);
  return out;
}

std::vector<std::string> proposal_ids(const gate_sight& sight) {
  std::vector<std::string> out;
  for (auto track : used_tracks(sight)) {
    for (const auto& ask : sight.core.at(track).proposals())
      if (ask.state != gate::ask_state::opened)
        out.push_back(to_hex(ask.ask->ask().propose->id()));
    if (const auto& what = sight.state_of(track).what())
      out.push_back(to_hex(what->id()));
  }
  auto logged = sight.log.proposals();
  std::set<std::string> known{logged.begin(), logged.end()};
  std::erase_if(out, [&](const auto& id) { return !known.insert(id).second; });
  out.insert(out.end(), logged.begin(), logged.end());
  return out;
}

std::optional<uint8_t> track_of(const gate_sight& sight, const std::string& proposal) {
  if (auto steps = steps_of(sight, proposal); !steps.empty())
    return steps.back().track;
  auto asked = find_ask(sight, proposal);
  return asked ? std::optional{asked->first} : std::nullopt;
}

bool is_verdict(wire::GateValueKind what) {
  return what == kind::APPROVED || what == kind::REJECTED || what == kind::ABORTED;
}

} // namespace hive
