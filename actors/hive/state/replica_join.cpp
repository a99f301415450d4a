#include "actors/hive/state/replica.hpp"
#include "platform/identity/node_identity.hpp"

#include <algorithm>
#include <utility>

// Joins: inserting slots that other nodes send.

namespace hive {
namespace {

std::optional<public_key> read_key(capnp::Data::Reader from) {
  public_key out;
  if (from.size() != out.size())
    return std::nullopt;
  std::ranges::copy(from, out.begin());
  return out;
}

std::string of_node(const node_id& id) {
  return " of node " + id.value;
}

} // namespace

join_outcome replica::join(wire::HiveDelta::Reader delta, int64_t now_unix_micros, const node_id& sender) {
  joining work{now_unix_micros, sender};
  for (auto each : delta.getOrigins()) {
    join_origin(work, each);
    if (work.stopped)
      break;
  }
  std::erase_if(work.out.accepted, [this](const accepted_slot& each) { return !origins_.contains(each.origin); });
  std::erase_if(work.out.quarantined, [this](const node_id& id) { return !quarantine_of(id); });
  std::erase_if(work.out.released, [this](const node_id& id) { return !origins_.contains(id) || quarantine_of(id); });
  return std::move(work.out);
}

void replica::join_origin(joining& work, wire::OriginDelta::Reader delta) {
  auto key = read_key(delta.getPublicKey());
  if (!key)
    return refuse(work, {{}, slot_refusal_reason::malformed, culprit::sender, "a delta names no public key"});
  auto id = node_id_of(*key);
  // No honest node lists an origin twice. The two parts could quarantine and release it in turn.
  if (!work.named.insert(id).second)
    return refuse(work,
                  {id, slot_refusal_reason::malformed, culprit::sender, "a delta names node " + id.value + " twice"});
  if (barred_.contains(id))
    return refuse(work,
                  {id, slot_refusal_reason::forgotten, culprit::nobody, "node " + id.value + " is forgotten by a CA"});
  auto found = origins_.find(id);
  auto* known = found == origins_.end() ? admit(work, id, *key, delta) : &found->second;
  if (!known)
    return;
  using enum quarantine::kind;
  if (delta.hasProof() && !known->is_proven() && !join_proof(work, id, *known, delta.getProof(), equivocation))
    return;
  if (delta.hasContradiction() && !known->is_proven() &&
      !join_proof(work, id, *known, delta.getContradiction(), contradiction))
    return;
  if (!known->is_proven())
    join_slots(work, id, *known, delta);
}

/// Adds an origin only with a valid card: keys are free, so anyone could fill the table.
replica::origin* replica::admit(joining& work, const node_id& id, const public_key& key,
                                wire::OriginDelta::Reader delta) {
  auto card = delta.hasCredential() ? from_wire(delta.getCredential()) : nullptr;
  if (!card || card->name.kind != slot_kind::card) {
    refuse(work, {id, slot_refusal_reason::not_admitted, culprit::nobody, "node " + id.value + " shows no card"});
    return nullptr;
  }
  if (!is_signed_by(*card, key)) {
    refuse(work, {id, slot_refusal_reason::signature, culprit::sender,
                  "the card" + of_node(id) + " does not bear its signature"});
    return nullptr;
  }
  origin fresh;
  fresh.key = key;
  reading read;
  auto wrong = check(id, fresh, {}, *card, work.now_unix_micros, read);
  fresh.stands = std::move(read.stands);
  if (!wrong)
    wrong = take_place(id, fresh.stands);
  if (wrong) {
    refuse(work, std::move(*wrong));
    return nullptr;
  }
  fresh.card = std::move(card);
  changed();
  return &origins_.emplace(id, std::move(fresh)).first->second;
}

void replica::join_slots(joining& work, const node_id& id, origin& known, wire::OriginDelta::Reader delta) {
  if (delta.getSlots().size() == 0)
    return;
  write_stamp since{delta.getSinceEpoch(), delta.getSinceVersion()};
  if (since > known.log.highest())
    return refuse(work, {id, slot_refusal_reason::gap, culprit::nobody,
                         "the delta" + of_node(id) + " is for someone who has more of it"});
  write_stamp before;
  for (auto each : delta.getSlots()) {
    auto what = from_wire(each);
    if (!what || what->stamp <= before)
      return refuse(work, {id, slot_refusal_reason::malformed, culprit::sender,
                           "the slots" + of_node(id) + " are out of order or not signed"});
    before = what->stamp;
    if (!join_slot(work, id, known, std::move(what)))
      return;
  }
}

/// After a refused slot the rest is skipped: otherwise the digest would claim a slot that is not held.
bool replica::join_slot(joining& work, const node_id& id, origin& known, slot_ptr what) {
  auto twin = known.log.at(what->stamp);
  auto held = known.log.find(what->name);
  if (twin ? twin->has_same_content(*what) : held && held->stamp > what->stamp) {
    if (!twin && may_contradict(known, *held, *what))
      return join_replaced(work, id, known, std::move(what));
    ++counters_.known;
    return true;
  }
  // The card that admitted the origin has been checked before.
  bool is_checked = known.card && known.card->has_same_content(*what) && known.card->signature == what->signature;
  if (!is_checked && !is_signed_by(*what, known.key)) {
    refuse(work, {id, slot_refusal_reason::signature, culprit::sender,
                  "slot " + what->name.key + of_node(id) + " does not bear its signature"});
    return false;
  }
  if (auto other = twin ? twin : contradicted_by(known, *what); other && !check_size(id, *what)) {
    expose(work, id, known, std::move(other), std::move(what));
    return false;
  }
  reading read;
  auto taken = room_beside(known, what->name);
  auto wrong = check(id, known, taken, *what, work.now_unix_micros, read);
  if (wrong && wrong->why == slot_refusal_reason::full && make_room(id, known.stands, taken.bytes + bytes_of(*what)))
    wrong = check(id, known, taken, *what, work.now_unix_micros, read);
  if (!wrong && what->name.kind == slot_kind::card && (!known.card || known.card->stamp < what->stamp))
    wrong = take_place(id, read.stands);
  if (wrong) {
    refuse_slot(work, id, known, *what, std::move(*wrong));
    return false;
  }
  take_in(work, id, known, std::move(what), std::move(read));
  return true;
}

bool replica::join_replaced(joining& work, const node_id& id, origin& known, slot_ptr what) {
  if (!is_signed_by(*what, known.key)) {
    refuse(work, {id, slot_refusal_reason::signature, culprit::sender,
                  "slot " + what->name.key + of_node(id) + " does not bear its signature"});
    return false;
  }
  if (auto other = contradicted_by(known, *what); other && !check_size(id, *what)) {
    expose(work, id, known, std::move(other), std::move(what));
    return false;
  }
  ++counters_.known;
  if (!check_size(id, *what))
    remember(known, std::move(what));
  return true;
}

void replica::take_in(joining& work, const node_id& id, origin& known, slot_ptr what, reading read) {
  if (known.quarantined && what->stamp.epoch > known.quarantined->epoch) {
    known.quarantined.reset();
    known.strikes = 0;
    known.blamed.clear();
    work.out.released.push_back(id);
  }
  if (id == own_id_ && what->stamp.epoch >= prepared_.epoch)
    must_raise_epoch_ = true; // the store is older than what this node published
  ++counters_.accepted;
  work.out.news.try_emplace(id, known.log.highest());
  work.out.accepted.push_back({id, what, std::move(read.content)});
  put(known, std::move(what), std::move(read.stands));
}

// -- misconduct ------------------------------------------------------------------

void replica::strike(joining& work, const node_id& id, quarantine::kind why, uint64_t epoch, const std::string& text) {
  auto& known = origins_.at(id);
  if (known.quarantined || ++known.strikes < options_.strikes)
    return;
  known.quarantined = quarantine{why, text, epoch, nullptr, nullptr};
  work.out.quarantined.push_back(id);
}

void replica::refuse(joining& work, slot_refusal refused) {
  ++counters_.refused[static_cast<size_t>(refused.why)];
  if (refused.at_fault == culprit::sender) {
    work.stopped = true;
    // Nodes pass on only checked data, so an honest sender has nothing invalid.
    if (auto found = origins_.find(work.sender); found != origins_.end() && work.sender != own_id_)
      strike(work, work.sender, quarantine::kind::forgery, found->second.log.highest().epoch,
             "it altered what it passed on: " + refused.text);
  }
  if (work.out.refused.size() < options_.named_refusals)
    work.out.refused.push_back(std::move(refused));
}

void replica::refuse_slot(joining& work, const node_id& id, origin& known, const slot& what, slot_refusal refused) {
  if (refused.at_fault == culprit::origin && !known.quarantined && known.blamed.insert(hash_of(what)).second)
    strike(work, id, quarantine::kind::content, what.stamp.epoch, refused.text);
  refuse(work, std::move(refused));
}

} // namespace hive
