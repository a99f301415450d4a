#include "actors/hive/members/membership.hpp"

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
  if (believe_for <= suspect_after)
    return fail(ec::invalid, "membership: believe_for must be longer than suspect_after");
  if (prove_within < tick)
    return fail(ec::invalid, "membership: prove_within must be a tick at least, or nobody can show that it lives");
  if (retransmissions == 0 || count_lead == 0 || members == 0)
    return fail(ec::invalid, "membership: retransmissions, count_lead and members must be above 0");
  return caf::none;
}

membership::membership(node_id self, uint64_t epoch, tick_point now, membership_options options)
    : self_{std::move(self)}, options_{options}, time_to_refute_{options.stale_after},
      believe_for_{options.believe_for}, prove_within_{options.prove_within}, own_{epoch, 0}, last_tick_{now} {
}

// -- evidence --------------------------------------------------------------------

void membership::link_up(const node_id& node, uint64_t epoch, tick_point now) {
  auto* known = find_or_add(node, epoch, now);
  if (!known && node != self_ && evict_absent_member())
    known = find_or_add(node, epoch, now);
  if (!known)
    return;
  if (epoch > known->about.epoch)
    believe(*known, {epoch, 0}, member_state::ACTIVE, now);
  known->linked = known->has_evidence = true;
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

void membership::link_closed(const node_id& node, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  found->second.linked = false;
  show(node, found->second, "another node says so", now);
}

void membership::dial_failed(const node_id& node, const std::string& why, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end() || found->second.linked)
    return;
  believe(found->second, found->second.about, member_state::SUSPECT, now);
  show(node, found->second, why, now);
}

void membership::confirm_alive(const node_id& node, tick_point now) {
  auto found = members_.find(node);
  if (found == members_.end())
    return;
  auto& known = found->second;
  take_evidence(known, now);
  // A suspicion raised by other nodes does not go stale while this node has contact.
  if (known.state == member_state::SUSPECT)
    known.since = now;
  show(node, known, "it was heard again", now);
}

void membership::learn_card(const node_id& node, uint64_t epoch, tick_point now) {
  auto* known = find_or_add(node, epoch, now);
  if (!known)
    return;
  if (epoch > known->about.epoch) {
    believe(*known, {epoch, 0}, member_state::ACTIVE, now);
    take_evidence(*known, now);
    return show(node, *known, "its card says that it was started again", now);
  }
  show(node, *known, "its card is known, but nothing shows yet that it lives", now);
}

void membership::raise_epoch(uint64_t epoch) {
  own_ = {epoch, 0};
}

caf::error membership::apply_claims(const std::vector<member_claim>& claims, tick_point now) {
  caf::error wrong;
  for (const auto& claim : claims) {
    if (claim.node == self_) {
      refute(claim);
      continue;
    }
    auto found = members_.find(claim.node);
    // Only a node's card or link proves its epoch, and claims about unknown nodes do not count.
    if (found == members_.end() || claim.about.epoch > found->second.about.epoch)
      continue;
    if (claim.state == member_state::QUARANTINED)
      wrong = fail(ec::invalid, "a claim about node " + claim.node.value + " speaks of quarantine, which is no claim");
    else
      apply_claim(claim, found->second, now);
  }
  return wrong;
}

/// A jump of the count is limited to `count_lead` per claim. So liars never exhaust the counter, and the node can
/// always answer with a higher count.
void membership::apply_claim(const member_claim& claim, member& known, tick_point now) {
  auto about = claim.about;
  // A claim about an earlier incarnation: the sender has missed later claims.
  if (about < known.about)
    retransmit(known.transmit_count);
  else
    about.count = known.about.count + std::min(about.count - known.about.count, options_.count_lead);
  bool is_refuted = claim.state == member_state::ACTIVE && known.state != member_state::ACTIVE && about > known.about;
  believe(known, about, claim.state, now);
  if (is_refuted)
    take_evidence(known, now); // only the node itself can have raised its incarnation
  else if (claim.heard_ago && *claim.heard_ago < believe_for_ && !known.linked)
    take_evidence(known, now - std::max(*claim.heard_ago, milliseconds{0}));
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

void membership::set_patience(milliseconds believe_for, milliseconds prove_within) {
  believe_for_ = std::max(believe_for, options_.believe_for);
  prove_within_ = std::max(prove_within, options_.prove_within);
}

void membership::forget(const node_id& node) {
  members_.erase(node);
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
  auto why = known.has_evidence ? after(between(known.last_heard, now))
                                : "since this node's start nothing has shown that it lives";
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
  fresh.transmit_count = UINT32_MAX; // no claim to send yet
  return &members_.emplace(node, std::move(fresh)).first->second;
}

void membership::believe(member& known, incarnation about, member_state state, tick_point now) {
  if (std::pair{about, state} <= std::pair{known.about, known.state})
    return;
  if (state != known.state)
    known.since = now;
  known.about = about;
  known.state = state;
  known.transmit_count = 0;
}

/// Contradicts any claimed count with the next higher one. A claim about a later epoch needs no answer: nobody believes
/// it before this node itself announces that epoch.
void membership::refute(const member_claim& claim) {
  if (claim.about.epoch > own_.epoch || claim.state == member_state::ACTIVE)
    return;
  if (claim.about < own_)
    return retransmit(own_transmit_count_);
  own_.count = claim.about.count + (claim.about.count < UINT64_MAX);
  own_transmit_count_ = 0;
}

bool membership::is_heard(const member& known, tick_point now) const {
  return known.linked && now - known.last_heard <= options_.suspect_after;
}

void membership::take_evidence(member& known, tick_point heard) const {
  known.last_heard = known.has_evidence ? std::max(known.last_heard, heard) : heard;
  known.has_evidence = true;
}

member_state membership::believable(const member& known, tick_point now) const {
  auto doubted_for = now - known.last_heard - (known.has_evidence ? believe_for_ : milliseconds{0});
  if (known.has_evidence && doubted_for < milliseconds{0})
    return member_state::ACTIVE;
  if (doubted_for < prove_within_)
    return member_state::SUSPECT;
  return doubted_for < prove_within_ + options_.dead_after ? member_state::STALE : member_state::DEAD;
}

/// As of the last tick; none when the evidence is too old to pass on.
std::optional<milliseconds> membership::heard_ago(const member& known) const {
  auto ago = std::max(between(known.last_heard, last_tick_), milliseconds{0});
  if (!known.has_evidence || known.state != member_state::ACTIVE || ago >= believe_for_)
    return std::nullopt;
  return ago;
}

member_claim membership::claim_about(const node_id& node, const member& known) const {
  return {node, known.about, known.state, heard_ago(known)};
}

bool membership::evict_absent_member() {
  auto gone = members_.end();
  for (auto each = members_.begin(); each != members_.end(); ++each)
    if (!each->second.linked && each->second.shown != member_state::ACTIVE &&
        (gone == members_.end() || each->second.last_heard < gone->second.last_heard))
      gone = each;
  if (gone == members_.end())
    return false;
  members_.erase(gone);
  return true;
}

member_state membership::state_to_show(const member& known, tick_point now) const {
  if (known.quarantined)
    return member_state::QUARANTINED;
  return is_heard(known, now) ? member_state::ACTIVE : std::max(known.state, believable(known, now));
}

void membership::show(const node_id& node, member& known, const std::string& why, tick_point now) {
  auto next = state_to_show(known, now);
  if (known.shown == next)
    return;
  known.shown = next;
  known.why = why;
  // Doubt about a newly learned node is not reported: most are confirmed within moments.
  if (!known.reported && next == member_state::SUSPECT && !known.has_evidence)
    return;
  changes_.push_back({node, known.reported, next, why});
  known.reported = next;
}

uint32_t membership::transmit_limit() const {
  return options_.retransmissions * static_cast<uint32_t>(std::bit_width(members_.size() + 1));
}

void membership::retransmit(uint32_t& transmit_count) const {
  transmit_count = std::min(transmit_count, transmit_limit() - 1);
}

// -- answers ---------------------------------------------------------------------

std::optional<member_state> membership::state_of(const node_id& node) const {
  if (node == self_)
    return member_state::ACTIVE;
  auto found = members_.find(node);
  return found == members_.end() ? std::nullopt : found->second.shown;
}

std::string membership::reason_for(const node_id& node) const {
  auto found = members_.find(node);
  return found == members_.end() ? std::string{} : found->second.why;
}

bool membership::may_live(const node_id& node) const {
  auto found = members_.find(node);
  if (node == self_ || found == members_.end())
    return node == self_;
  const auto& known = found->second;
  if (known.linked)
    return true;
  bool may_refute = known.state == member_state::SUSPECT && known.shown == member_state::SUSPECT;
  return known.has_evidence && (known.shown == member_state::ACTIVE || may_refute);
}

bool membership::is_in_doubt(const node_id& node) const {
  auto found = members_.find(node);
  return found != members_.end() && !may_live(node) && found->second.shown == member_state::SUSPECT;
}

bool membership::lacks_evidence() const {
  return std::ranges::any_of(members_, [this](const auto& entry) {
    const auto& known = entry.second;
    if (known.linked || known.quarantined || known.state != member_state::ACTIVE || known.shown == member_state::DEAD)
      return false;
    return !known.has_evidence || between(known.last_heard, last_tick_) >= believe_for_ / 2;
  });
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

/// A claim about the next missing node, in the order of ids, among those whose claims have been sent often enough.
std::optional<member_claim> membership::reminder() {
  auto is_worth_it = [&](const auto& entry) {
    return entry.second.state != member_state::ACTIVE && entry.second.transmit_count >= transmit_limit();
  };
  auto next = std::find_if(members_.upper_bound(last_reminder_), members_.end(), is_worth_it);
  if (next == members_.end())
    next = std::find_if(members_.begin(), members_.end(), is_worth_it);
  if (next == members_.end())
    return std::nullopt;
  last_reminder_ = next->first;
  return claim_about(next->first, next->second);
}

/// Continues in the order of ids after the last node sent.
void membership::add_evidence(std::vector<member_claim>& to, size_t most) {
  auto next = members_.upper_bound(last_vouched_);
  for (size_t seen = 0; seen < members_.size() && to.size() < most; ++seen, ++next) {
    if (next == members_.end())
      next = members_.begin();
    if (next->second.quarantined || !heard_ago(next->second))
      continue;
    to.push_back(claim_about(next->first, next->second));
    last_vouched_ = next->first;
  }
}

std::vector<member_claim> membership::claims_to_send(size_t most, bool was_asked) {
  struct entry {
    uint32_t* times;
    member_claim claim;
  };
  std::vector<entry> all;
  if (own_.count > 0)
    all.push_back({&own_transmit_count_, {self_, own_, member_state::ACTIVE}});
  for (auto& [node, known] : members_)
    all.push_back({&known.transmit_count, claim_about(node, known)});
  std::erase_if(all, [limit = transmit_limit()](const entry& each) { return *each.times >= limit; });
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
  if (was_asked)
    add_evidence(out, most);
  return out;
}

std::vector<member_change> membership::take_changes() {
  return std::exchange(changes_, {});
}

} // namespace hive
