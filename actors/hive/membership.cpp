#include "actors/hive/membership.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace hive {
namespace {

using std::chrono::milliseconds;

milliseconds between(tick_point from, tick_point to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

std::string after(milliseconds silence) {
  return "nothing was heard of it for " + std::to_string(silence.count()) + " ms";
}

} // namespace

caf::error membership_options::validate() const {
  if (tick.count() <= 0)
    return fail(ec::invalid, "membership: tick must be above 0");
  if (suspect_after <= tick)
    return fail(ec::invalid, "membership: suspect_after must be longer than tick");
  if (stale_after < tick)
    return fail(ec::invalid, "membership: stale_after must be a tick at least, or nobody can refute");
  if (dead_after < stale_after)
    return fail(ec::invalid, "membership: dead_after must not be shorter than stale_after");
  if (retransmissions == 0 || count_lead == 0 || members == 0)
    return fail(ec::invalid, "membership: retransmissions, count_lead and members must be above 0");
  return caf::none;
}

membership::membership(node_id self, uint64_t epoch, tick_point now, membership_options options)
    : self_{std::move(self)}, options_{options}, time_to_refute_{options.stale_after}, own_{epoch, 0}, last_tick_{now} {
}

// -- evidence --------------------------------------------------------------------

void membership::link_up(const node_id& node, uint64_t epoch, tick_point now) {
  auto* known = find_or_add(node, epoch, now);
  if (!known)
    return;
  if (epoch > known->about.epoch)
    believe(*known, {epoch, 0}, member_state::ACTIVE, now);
  known->linked = true;
  known->last_heard = now;
  show(node, *known, "a link to it stands", now);
}

void membership::link_down(const node_id& node, const std::string& why, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  auto& known = found->second;
  known.linked = false;
  believe(known, known.about, member_state::SUSPECT, now);
  show(node, known, why, now);
}

void membership::link_ended(const node_id& node, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  found->second.linked = false;
  show(node, found->second, "another node says so", now);
}

void membership::not_reached(const node_id& node, const std::string& why, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end() || found->second.linked)
    return;
  believe(found->second, found->second.about, member_state::SUSPECT, now);
  show(node, found->second, why, now);
}

void membership::heard(const node_id& node, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  auto& known = found->second;
  known.last_heard = now;
  // What others suspect does not ripen while this node hears it.
  if (known.state == member_state::SUSPECT)
    known.since = now;
  show(node, known, "it was heard again", now);
}

void membership::met(const node_id& node, uint64_t epoch, tick_point now) {
  auto* known = find_or_add(node, epoch, now);
  if (!known)
    return;
  if (epoch > known->about.epoch)
    believe(*known, {epoch, 0}, member_state::ACTIVE, now);
  show(node, *known, "its card came", now);
}

void membership::raise_epoch(uint64_t epoch) {
  own_ = {epoch, 0};
}

caf::error membership::hear_claims(const std::vector<member_claim>& claims, tick_point now) {
  caf::error wrong;
  for (const auto& claim : claims) {
    if (claim.node == self_) {
      refute(claim);
      continue;
    }
    auto found = members_.find(claim.node);
    // Only its card and its link prove an epoch. Without them nothing is known of it that could be wrong.
    if (found == members_.end() || claim.about.epoch > found->second.about.epoch)
      continue;
    if (claim.state == member_state::QUARANTINED)
      wrong = fail(ec::invalid, "a claim about node " + claim.node.value + " speaks of quarantine, which is no claim");
    else
      hear_claim(claim, found->second, now);
  }
  return wrong;
}

/// Of a count that leaps ahead as much is believed as one claim may add. So however far liars drive it, they never come
/// to its end, and the node can always say a higher one.
void membership::hear_claim(const member_claim& claim, member& known, tick_point now) {
  auto about = claim.about;
  // Who speaks of an earlier incarnation has missed what was said since.
  if (about < known.about)
    tell_again(known.times_told);
  else
    about.count = known.about.count + std::min(about.count - known.about.count, options_.count_lead);
  believe(known, about, claim.state, now);
  show(claim.node, known, "another node says so", now);
}

void membership::set_quarantined(const node_id& node, bool quarantined, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  found->second.quarantined = quarantined;
  show(node, found->second, quarantined ? "it broke the rules" : "it keeps the rules again", now);
}

void membership::set_time_to_refute(milliseconds time) {
  time_to_refute_ = std::max(time, options_.stale_after);
}

void membership::tick(tick_point now) {
  auto late = (now - last_tick_) - options_.tick;
  last_tick_ = now;
  for (auto& [node, known] : members_) {
    if (late > options_.tick) {
      known.last_heard += late;
      known.since += late;
    }
    age(node, known, now);
  }
}

void membership::age(const node_id& node, member& known, tick_point now) {
  auto why = after(between(known.last_heard, now));
  if (known.linked && !is_heard(known, now))
    believe(known, known.about, member_state::SUSPECT, now);
  if (is_heard(known, now))
    return;
  auto in_state = now - known.since;
  if (known.state == member_state::SUSPECT && in_state >= time_to_refute_) {
    believe(known, known.about, member_state::STALE, now);
    why = "it did not refute the suspicion";
  } else if (known.state == member_state::STALE && in_state >= options_.dead_after) {
    believe(known, known.about, member_state::DEAD, now);
    why = "it has been stale for long";
  }
  show(node, known, why, now);
}

// -- beliefs ---------------------------------------------------------------------

membership::member* membership::find_or_add(const node_id& node, uint64_t epoch, tick_point now) {
  if (node == self_)
    return nullptr;
  auto found = members_.find(node);
  if (found != members_.end())
    return &found->second;
  if (members_.size() >= options_.members)
    return nullptr;
  member fresh;
  fresh.about = {epoch, 0};
  fresh.since = now;
  fresh.last_heard = now;
  fresh.times_told = UINT32_MAX; // that it is active is what everybody believes
  return &members_.emplace(node, std::move(fresh)).first->second;
}

void membership::believe(member& known, incarnation about, member_state state, tick_point now) {
  if (std::pair{about, state} <= std::pair{known.about, known.state})
    return;
  if (state != known.state)
    known.since = now;
  known.about = about;
  known.state = state;
  known.times_told = 0;
}

/// Whatever count is claimed, the next one contradicts it. A claim about a later epoch is believed by nobody before
/// this node says itself that it is in it.
void membership::refute(const member_claim& claim) {
  if (claim.about.epoch > own_.epoch || claim.state == member_state::ACTIVE)
    return;
  if (claim.about < own_)
    return tell_again(times_own_told_);
  own_.count = claim.about.count + (claim.about.count < UINT64_MAX);
  times_own_told_ = 0;
}

bool membership::is_heard(const member& known, tick_point now) const {
  return known.linked && now - known.last_heard <= options_.suspect_after;
}

member_state membership::state_to_show(const member& known, tick_point now) const {
  if (known.quarantined)
    return member_state::QUARANTINED;
  return is_heard(known, now) ? member_state::ACTIVE : known.state;
}

void membership::show(const node_id& node, member& known, const std::string& why, tick_point now) {
  auto next = state_to_show(known, now);
  if (known.shown == next)
    return;
  changes_.push_back({node, known.shown, next, why});
  known.shown = next;
}

uint32_t membership::times_to_tell() const {
  return options_.retransmissions * static_cast<uint32_t>(std::bit_width(members_.size() + 1));
}

void membership::tell_again(uint32_t& times_told) const {
  times_told = std::min(times_told, times_to_tell() - 1);
}

// -- answers ---------------------------------------------------------------------

std::optional<member_state> membership::state_of(const node_id& node) const {
  if (node == self_)
    return member_state::ACTIVE;
  auto found = members_.find(node);
  return found == members_.end() ? std::nullopt : found->second.shown;
}

std::vector<node_id> membership::members() const {
  std::vector<node_id> out;
  for (const auto& [node, known] : members_)
    out.push_back(node);
  return out;
}

std::optional<milliseconds> membership::silence_of(const node_id& node, tick_point now) const {
  auto found = members_.find(node);
  if (found == members_.end() || !found->second.linked)
    return std::nullopt;
  return between(found->second.last_heard, now);
}

/// Of the next node in the order of ids that is missing and whose absence was told often enough.
std::optional<member_claim> membership::reminder() {
  auto is_worth_it = [&](const auto& entry) {
    return entry.second.state != member_state::ACTIVE && entry.second.times_told >= times_to_tell();
  };
  auto next = std::find_if(members_.upper_bound(last_reminder_), members_.end(), is_worth_it);
  if (next == members_.end())
    next = std::find_if(members_.begin(), members_.end(), is_worth_it);
  if (next == members_.end())
    return std::nullopt;
  last_reminder_ = next->first;
  return member_claim{next->first, next->second.about, next->second.state};
}

std::vector<member_claim> membership::claims_to_send(size_t most) {
  struct entry {
    uint32_t* times;
    member_claim claim;
  };
  std::vector<entry> all;
  if (own_.count > 0)
    all.push_back({&times_own_told_, {self_, own_, member_state::ACTIVE}});
  for (auto& [node, known] : members_)
    all.push_back({&known.times_told, {node, known.about, known.state}});
  std::erase_if(all, [limit = times_to_tell()](const entry& each) { return *each.times >= limit; });
  std::ranges::stable_sort(all, {}, [](const entry& each) { return *each.times; });
  std::vector<member_claim> out;
  auto reminded = reminder();
  for (auto& each : all) {
    if (out.size() == most)
      break;
    ++*each.times;
    out.push_back(std::move(each.claim));
  }
  if (reminded && out.size() < most)
    out.push_back(std::move(*reminded));
  return out;
}

std::vector<member_change> membership::take_changes() {
  return std::exchange(changes_, {});
}

} // namespace hive
