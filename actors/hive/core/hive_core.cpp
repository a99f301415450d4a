#include "actors/hive/core/hive_core.hpp"

#include "actors/hive/members/member_event.hpp"

#include <algorithm>

// Start, timers, and dispatch of events.

namespace hive {
namespace {

std::string_view to_string(member_state state) {
  switch (state) {
  case member_state::ACTIVE:
    return "active";
  case member_state::SUSPECT:
    return "suspected";
  case member_state::STALE:
    return "stale";
  case member_state::DEAD:
    return "dead";
  case member_state::QUARANTINED:
    return "quarantined";
  }
  return "in a state that this version does not know";
}

caf::expected<public_key> key_from(capnp::Data::Reader bytes) {
  public_key out;
  if (bytes.size() != out.size())
    return fail(ec::corrupt, "a stored slot has a public key of " + std::to_string(bytes.size()) + " bytes");
  std::ranges::copy(bytes, out.begin());
  return out;
}

std::map<slot_kind, slot_rules> by_kind(const std::vector<slot_rules>& topics) {
  std::map<slot_kind, slot_rules> out;
  for (const auto& each : topics)
    out.emplace(each.kind, each);
  return out;
}

yielding_topics yielding(const std::vector<slot_rules>& topics) {
  yielding_topics out;
  for (const auto& each : topics)
    if (each.quota)
      out.emplace(each.kind, yielding_topic{each.name, *each.quota});
  return out;
}

/// The topics with this property.
std::set<slot_kind> kinds_with(const std::vector<slot_rules>& topics, bool slot_rules::*property) {
  std::set<slot_kind> out;
  for (const auto& each : topics)
    if (each.*property)
      out.insert(each.kind);
  return out;
}

slot_checks checks_of(const hive_core_options& options) {
  auto decode = [topics = by_kind(options.topics)](const slot& what) -> caf::expected<slot_content> {
    auto found = topics.find(what.name.kind);
    return found == topics.end() ? slot_content{} : found->second.decode(what.name.key, what.payload);
  };
  slot_checks out{options.admit, decode};
  for (const auto& each : options.topics)
    if (each.contradicts)
      out.contradictions.emplace(each.kind, each.contradicts);
  out.own_room = kinds_with(options.topics, &slot_rules::has_own_room);
  return out;
}

} // namespace

caf::error hive_core_options::validate() const {
  if (gossip.interval <= std::chrono::milliseconds{0} || gossip.fan_out == 0)
    return fail(ec::invalid, "the interval and the fan-out of gossip must be positive");
  if (!admit)
    return fail(ec::invalid, "the check of cards is missing");
  std::set<slot_kind> kinds{slot_kind::card};
  for (const auto& each : topics) {
    if (!each.decode || each.name.empty())
      return fail(ec::invalid, "a topic needs a name and a decoder: " + each.name);
    if (each.quota && each.has_own_room)
      return fail(ec::invalid, "a topic that yields to others has no room of its own: " + each.name);
    if (!kinds.insert(each.kind).second)
      return fail(ec::invalid, "two topics have the number " + std::to_string(static_cast<uint16_t>(each.kind)) +
                                 ", one of them is " + each.name);
  }
  if (run > max_run)
    return fail(ec::invalid, "the number of the run must be at most " + std::to_string(max_run));
  if (auto wrong = overlay.validate())
    return wrong;
  return bounds.validate();
}

// -- start -----------------------------------------------------------------------

hive_core::hive_core(hive_core_options options, core_time now)
    : options_{std::move(options)}, now_{now}, replica_{options_.keys, options_.epoch, checks_of(options_),
                                                        options_.bounds, options_.run},
      membership_{replica_.own_id(), options_.epoch, now.steady, options_.membership},
      overlay_{options_.epoch ^ std::hash<std::string>{}(replica_.own_id().value), options_.overlay},
      random_{options_.epoch ^ ~std::hash<std::string>{}(replica_.own_id().value)},
      warning_limiter_{now.steady, defaults::refusal_log_burst, defaults::refusal_log_per_s}, trusted_keys_{keys_of(
                                                                                                options_.trusted)},
      topics_{by_kind(options_.topics)}, own_{yielding(options_.topics),
                                              kinds_with(options_.topics, &slot_rules::has_own_room),
                                              kinds_with(options_.topics, &slot_rules::waits_for_admission)} {
  if (options_.certificates)
    expiry_ = expiry_watch{options_.certificates->watched};
}

caf::error hive_core::restore(wire::StoredSlot::Reader stored) {
  auto key = key_from(stored.getPublicKey());
  if (!key)
    return key.error();
  auto held = from_wire(stored.getSlot());
  return held ? replica_.restore(*key, std::move(held)) : fail(ec::corrupt, "a stored slot has no whole signature");
}

caf::error hive_core::restore(wire::EquivocationProof::Reader stored, quarantine::kind of) {
  return replica_.restore(stored, of);
}

core_output hive_core::begin(core_time now) {
  now_ = now;
  replica_.end_restore();
  enforce_revocations();
  forget_nodes();
  for (const auto& origin : replica_.origins())
    deliver_all(origin);
  add_known_members();
  begin_hearing();
  write_card(options_.self->getCard().getWrittenAt());
  return finish();
}

// -- life ------------------------------------------------------------------------

core_output hive_core::step(core_event event, core_time now) {
  now_ = now;
  clocks_.follow_own(now.steady, now.unix_micros);
  std::visit([this](auto& what) { on(std::move(what)); }, event);
  return finish();
}

core_output hive_core::finish() {
  return std::exchange(out_, {});
}

/// The heartbeat of the transport closes silent links, so a link that is up means contact.
void hive_core::on(pulse_due) {
  for (const auto& [id, entry] : peers_)
    if (entry.linked)
      membership_.confirm_alive(id, now_.steady);
  set_patience();
  membership_.tick(now_.steady);
  report_changes();
  choose_links();
  report_clocks();
  close_superseded_links();
  watch_own_place();
  refresh_card();
  warn_of_expiry();
  if (revoked_unsaved_)
    store_revocations();
  advance_hearing();
  raise_epoch(); // once per pulse, not per delta: earlier slots of this node arrive in several deltas
  write_own();   // retries after a failed write
}

/// An exchange that another node began finds a difference as well as an own one, so it counts for the round; except for
/// the last, since a node that is asked by few others must not depend on them.
void hive_core::on(round_due) {
  auto answered = std::exchange(answered_equal_, 0);
  auto wanted = std::max<size_t>(options_.gossip.fan_out - std::min(options_.gossip.fan_out, answered), 1);
  std::vector<peer_map::pointer> linked;
  for (auto& each : peers_)
    if (each.second.linked && !each.second.round_due)
      linked.push_back(&each);
  std::ranges::shuffle(linked, random_);
  linked.resize(std::min(linked.size(), wanted));
  bool wants_evidence = membership_.lacks_evidence(); // asks only one peer, since the answer is large
  for (auto* each : linked) {
    each->second.round_due = true;
    each->second.wants_evidence = std::exchange(wants_evidence, false);
    advance(each->first, each->second);
  }
}

void hive_core::on(wake_due) {
  waking_at_.reset();
  publish_changed();
  for (auto& [id, entry] : peers_)
    advance(id, entry);
}

void hive_core::wake_at(tick_point when) {
  if (waking_at_ && *waking_at_ <= when)
    return;
  waking_at_ = when;
  out_.wake_at = when;
}

// -- what is reported ------------------------------------------------------------

void hive_core::log(log::level level, std::string text) {
  out_.log.push_back({level, std::move(text)});
}

void hive_core::warn_limited(std::string what) {
  uint64_t left_out = 0;
  if (!warning_limiter_.allow(now_.steady, left_out))
    return;
  if (left_out > 0)
    log(log::level::warning,
        "Suppressed " + std::to_string(left_out) + " further warnings about other nodes (log rate limit)");
  log(log::level::warning, std::move(what));
}

const slot_rules* hive_core::rules_of(slot_kind kind) const {
  auto found = topics_.find(kind);
  return found == topics_.end() ? nullptr : &found->second;
}

void hive_core::report_changes() {
  for (const auto& change : membership_.take_changes()) {
    auto name = name_of(change.node);
    log(log::level::info, "Node is " + std::string{to_string(change.after)} +
                            (change.why.empty() ? "" : ": " + change.why) + " node=" + change.node.value +
                            (name.empty() ? "" : " name=" + name));
    out_.events.push_back(to_event(change, name));
  }
}

void hive_core::report_clocks() {
  if (!clocks_.has_changed())
    return;
  auto wrong = clocks_.text();
  if (wrong.empty())
    log(log::level::info, "The clocks of this node and those linked with it agree");
  else if (clocks_.verdict().own_is_off)
    log(log::level::error, "Local clock deviates from the hive: " + wrong);
  else
    log(log::level::warning, "The clocks of the hive differ: " + wrong);
}

} // namespace hive
