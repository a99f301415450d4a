#include "actors/hive/core/hive_core.hpp"

#include <algorithm>

// Hearing: after a start, what other nodes hold of this node's slots comes before its own writes.

namespace hive {
namespace {

/// A slot is stored, then noted, then told. So a node that ended in between has stored one that it told nobody. Stamps
/// of different runs are in no order of time.
bool holds_all_told(write_stamp told, write_stamp stored) {
  return told == stored || (are_of_one_run(told, stored) && told < stored);
}

} // namespace

void hive_core::begin_hearing() {
  const auto& self = replica_.own_id();
  is_disk_current_ = options_.told && holds_all_told(*options_.told, replica_.highest_of(self));
  if (!options_.hears || is_disk_current_ || (!options_.joins && hearable().empty()))
    return;
  auto how = options_.hearing;
  how.enough = options_.overlay.active;
  hearing_ = hearing{how};
  hearing_.begin();
  log(log::level::info, "This node hears from others what they hold of its slots before it publishes any known=" +
                          std::to_string(hearable().size()));
}

std::vector<node_id> hive_core::hearable() const {
  std::vector<node_id> out;
  for (const auto& id : replica_.origins())
    if (id != replica_.own_id() && !replica_.quarantine_of(id))
      out.push_back(id);
  return out;
}

void hive_core::listen(const node_id& from, peer& entry, wire::GossipAnswer::Reader answer) {
  if (hearing_.is_over())
    return;
  if (gossip::has_told_own_slots(replica_, answer)) {
    hearing_.heard(from);
    advance_hearing();
  } else if (++entry.hearing_exchanges < defaults::max_hearing_exchanges) {
    entry.round_due = true;
  }
}

void hive_core::advance_hearing() {
  if (!hearing_.advance(hearable(), now_.steady))
    return;
  if (hearing_.count() > 0)
    log(log::level::info,
        "This node has heard what others hold of its slots nodes=" + std::to_string(hearing_.count()));
  else
    log(log::level::warning, "No linked node told in time what it holds of this node's slots: this node publishes "
                             "without having heard");
  end_hearing();
}

void hive_core::on(store_vouched) {
  if (!hearing_.vouch())
    return;
  log(log::level::warning, "The operator vouches for the store: this node publishes without having heard from others");
  end_hearing();
}

/// If later slots of this node were heard, they lead to a later epoch, in which it writes.
void hive_core::end_hearing() {
  raise_epoch();
  write_own();
}

void hive_core::show_own(const publish_slots& what) {
  const auto& rules = topics_.at(what.kind);
  if (!rules.describe)
    return;
  auto& shown = contents_[replica_.own_id()];
  std::erase_if(shown, [&](const auto& each) { return each.first.kind == what.kind; });
  for (const auto& [key, payload] : what.payloads)
    if (auto content = payload.empty() ? slot_content{} : rules.decode(key, payload); content && *content)
      shown[{what.kind, key}] = *content;
}

} // namespace hive
