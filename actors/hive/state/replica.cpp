#include "actors/hive/state/replica.hpp"

#include "platform/identity/node_identity.hpp"

#include <algorithm>
#include <sodium.h>
#include <utility>

namespace hive {
namespace {

std::string describe(const node_id& origin, const slot& what) {
  return "slot " + std::to_string(static_cast<uint16_t>(what.name.kind)) + "/" + what.name.key + " of node " +
         origin.value + " (epoch " + std::to_string(what.stamp.epoch) + ", version " +
         std::to_string(what.stamp.version) + ")";
}

caf::error wrong_option(const char* text) {
  return fail(ec::invalid, std::string{"a replica's bounds: "} + text);
}

} // namespace

caf::error replica_options::validate() const {
  if (origins == 0 || origins > 1'024)
    return wrong_option("origins must be between 1 and 1,024, the most that a digest holds");
  if (slots_per_origin == 0 || slots_per_origin > 256)
    return wrong_option("slots_per_origin must be between 1 and 256, the most that a delta holds");
  if (payload_bytes == 0 || payload_bytes > (64u << 10))
    return wrong_option("payload_bytes must be between 1 and 65,536");
  if (bytes_per_origin < payload_bytes || bytes < bytes_per_origin)
    return wrong_option("payload_bytes, bytes_per_origin and bytes must not fall");
  if (own_room_bytes < payload_bytes || own_room_slots >= slots_per_origin)
    return wrong_option("own_room_bytes must be at least payload_bytes, and own_room_slots below slots_per_origin");
  if (replaced_slots == 0 || replaced_slots > 1'024)
    return wrong_option("replaced_slots must be between 1 and 1,024");
  if (strikes == 0)
    return wrong_option("strikes must be at least 1");
  return caf::none;
}

std::string_view to_string(slot_refusal_reason reason) {
  switch (reason) {
  case slot_refusal_reason::malformed:
    return "malformed";
  case slot_refusal_reason::signature:
    return "signature";
  case slot_refusal_reason::not_admitted:
    return "not_admitted";
  case slot_refusal_reason::gap:
    return "gap";
  case slot_refusal_reason::from_future:
    return "from_future";
  case slot_refusal_reason::epoch_ahead:
    return "epoch_ahead";
  case slot_refusal_reason::content:
    return "content";
  case slot_refusal_reason::too_large:
    return "too_large";
  case slot_refusal_reason::full:
    return "full";
  case slot_refusal_reason::superseded:
    return "superseded";
  case slot_refusal_reason::unjudged:
    return "unjudged";
  case slot_refusal_reason::forgotten:
    return "forgotten";
  }
  return "unknown";
}

replica::replica(key_pair own, uint64_t epoch, slot_checks checks, replica_options options, uint64_t run)
    : own_keys_{own}, own_id_{node_id_of(own.public_part())}, checks_{std::move(checks)}, options_{options},
      first_version_{run << write_count_bits}, prepared_{epoch, first_version_} {
  origins_[own_id_].key = own.public_part();
}

// -- own slots -------------------------------------------------------------------

caf::expected<slot_ptr> replica::prepare(slot_name name, std::string payload, int64_t now_unix_micros) {
  const auto& own = origins_.at(own_id_);
  if (must_raise_epoch_)
    return fail(ec::unavailable, "this node has told others more than its store knows; it needs an epoch above " +
                                   std::to_string(own.log.highest().epoch));
  slot next{std::move(name), {prepared_.epoch, prepared_.version + 1}, std::move(payload), {}};
  if (!is_valid_id(next.name.key))
    return fail(ec::invalid, "slot key '" + next.name.key + "' " + std::string{id_rule});
  reading read;
  if (auto wrong = check(own_id_, own, own_room_beside(next.name), next, now_unix_micros, read))
    return fail(wrong->why == slot_refusal_reason::content ? ec::invalid : ec::too_large, std::move(wrong->text));
  if (auto told = contradicted_by(own, next))
    return fail(ec::invalid, describe(own_id_, next) + " would contradict version " +
                               std::to_string(told->stamp.version) + ": " + contradiction_of(*told, next));
  sign(next, own_keys_);
  prepared_ = next.stamp;
  auto out = std::make_shared<const slot>(std::move(next));
  uncommitted_[out->name] = out;
  return out;
}

caf::error replica::commit(slot_ptr prepared) {
  auto& own = origins_.at(own_id_);
  if (prepared->stamp <= own.log.highest() || prepared->stamp > prepared_ ||
      !is_signed_by(*prepared, own_keys_.public_part()))
    return fail(ec::invalid, describe(own_id_, *prepared) + " is not the next one that was prepared");
  std::erase_if(uncommitted_, [&](const auto& each) { return each.second->stamp <= prepared->stamp; });
  bool is_card = prepared->name.kind == slot_kind::card;
  put(own, std::move(prepared), {});
  if (is_card) {
    own.stands = standing_of(own);
    take_place(own_id_, own.stands); // if outranked, newer_on_own_certificate reports it
  }
  return caf::none;
}

caf::error replica::raise_epoch(uint64_t epoch) {
  if (epoch <= prepared_.epoch || epoch <= highest_own_epoch() || epoch > options_.max_epoch)
    return fail(ec::invalid, "epoch " + std::to_string(epoch) + " is not above " +
                               std::to_string(std::max(prepared_.epoch, highest_own_epoch())));
  prepared_ = {epoch, first_version_};
  forget_prepared();
  must_raise_epoch_ = false;
  return caf::none;
}

uint64_t replica::highest_own_epoch() const {
  return origins_.at(own_id_).log.highest().epoch;
}

// -- restart ---------------------------------------------------------------------

caf::error replica::restore(const public_key& key, slot_ptr stored) {
  auto id = node_id_of(key);
  if (!is_signed_by(*stored, key))
    return fail(ec::corrupt, describe(id, *stored) + " is stored with a signature that does not hold");
  auto& known = origins_[id];
  auto held = known.log.find(stored->name);
  if (known.log.at(stored->stamp) || (held && held->stamp > stored->stamp))
    return fail(ec::corrupt, describe(id, *stored) + " is stored twice");
  known.key = key;
  must_raise_epoch_ |= id == own_id_ && stored->stamp.epoch >= prepared_.epoch;
  put(known, std::move(stored), {});
  return caf::none;
}

caf::error replica::restore(wire::EquivocationProof::Reader stored, quarantine::kind of) {
  public_key key{};
  if (stored.getPublicKey().size() != key.size())
    return fail(ec::corrupt, "a stored proof of misconduct has no public key");
  std::ranges::copy(stored.getPublicKey(), key.begin());
  auto id = node_id_of(key);
  auto read = read_proof(key, stored, of);
  if (!read && code_of(read.error()) == ec::unsupported)
    return caf::none; // of a topic that this version does not have
  if (!read)
    return fail(ec::corrupt,
                "the stored proof of misconduct of node " + id.value + " does not hold: " + text_of(read.error()));
  // An earlier version stored proofs of any size. Nobody accepts an oversized one any more, so it has no effect here
  // either.
  if (check_size(id, *read->first) || check_size(id, *read->second))
    return caf::none;
  auto& known = origins_[id];
  known.key = key;
  if (!known.is_proven())
    expose(known, std::move(read->first), std::move(read->second));
  return caf::none;
}

// -- reading ---------------------------------------------------------------------

slot_ptr replica::find(const node_id& origin, const slot_name& name) const {
  auto found = origins_.find(origin);
  return found == origins_.end() ? nullptr : found->second.log.find(name);
}

std::vector<slot_ptr> replica::slots_of(const node_id& origin) const {
  auto found = origins_.find(origin);
  return found == origins_.end() ? std::vector<slot_ptr>{} : found->second.log.newer_than({});
}

const quarantine* replica::quarantine_of(const node_id& origin) const {
  auto found = origins_.find(origin);
  return found == origins_.end() || !found->second.quarantined ? nullptr : &*found->second.quarantined;
}

slot_ptr replica::credential_of(const node_id& origin) const {
  auto found = origins_.find(origin);
  return found == origins_.end() ? nullptr : found->second.card;
}

write_stamp replica::highest_of(const node_id& origin) const {
  auto found = origins_.find(origin);
  return found == origins_.end() ? write_stamp{} : found->second.log.highest();
}

const public_key* replica::key_of(const node_id& origin) const {
  auto found = origins_.find(origin);
  return found == origins_.end() ? nullptr : &found->second.key;
}

std::vector<node_id> replica::origins() const {
  std::vector<node_id> out;
  for (const auto& [id, known] : origins_)
    out.push_back(id);
  return out;
}

// -- checks ----------------------------------------------------------------------

std::optional<slot_refusal> replica::check_size(const node_id& id, const slot& what) const {
  if (what.payload.size() <= options_.payload_bytes)
    return std::nullopt;
  return slot_refusal{id, slot_refusal_reason::too_large, culprit::origin,
                      describe(id, what) + " has a payload of " + std::to_string(what.payload.size()) +
                        " bytes, at most " + std::to_string(options_.payload_bytes) + " are allowed"};
}

replica::room replica::room_beside(const origin& known, const slot_name& name) const {
  auto [slots_apart, bytes_apart] = known.log.usage_of(checks_.own_room);
  room out{known.log.size(), known.bytes(), slots_apart, bytes_apart};
  out.put(known.log.find(name).get(), nullptr, checks_.own_room.contains(name.kind));
  return out;
}

replica::room replica::own_room_beside(const slot_name& name) const {
  const auto& own = origins_.at(own_id_);
  auto out = room_beside(own, name);
  for (const auto& [other, next] : uncommitted_)
    if (other != name)
      out.put(own.log.find(other).get(), next.get(), checks_.own_room.contains(other.kind));
  return out;
}

std::optional<slot_refusal> replica::check_bounds(const origin& known, const room& taken, const slot& what) const {
  auto refuse = [&](slot_refusal_reason why, culprit at_fault, std::string text) {
    return slot_refusal{{}, why, at_fault, std::move(text)};
  };
  auto highest = known.log.highest().epoch;
  if (what.stamp.epoch == 0 || what.stamp.version == 0 || what.stamp.version > options_.max_version ||
      what.stamp.epoch > options_.max_epoch ||
      (highest > 0 && what.stamp.epoch > highest && what.stamp.epoch - highest > options_.epoch_lead))
    return refuse(slot_refusal_reason::epoch_ahead, culprit::origin, "has a stamp that no honest node reaches");
  if (taken.slots >= options_.slots_per_origin)
    return refuse(slot_refusal_reason::too_large, culprit::origin,
                  "is one more than " + std::to_string(options_.slots_per_origin) + " slots");
  bool is_apart = checks_.own_room.contains(what.name.kind);
  if (is_apart && taken.slots_apart >= options_.own_room_slots)
    return refuse(slot_refusal_reason::too_large, culprit::origin,
                  "is one more than " + std::to_string(options_.own_room_slots) + " slots of topics like this one");
  auto bytes = is_apart ? taken.bytes_apart : taken.bytes - taken.bytes_apart;
  if (auto most = is_apart ? options_.own_room_bytes : options_.bytes_per_origin; bytes + bytes_of(what) > most)
    return refuse(slot_refusal_reason::too_large, culprit::origin,
                  "takes its origin over " + std::to_string(most) + " bytes");
  if (bytes_ - known.bytes() + taken.bytes + bytes_of(what) > options_.bytes)
    return refuse(slot_refusal_reason::full, culprit::nobody,
                  "has no room: " + std::to_string(bytes_) + " bytes are kept of all nodes");
  return std::nullopt;
}

std::optional<slot_refusal> replica::check(const node_id& id, const origin& known, const room& taken, const slot& what,
                                           int64_t now_unix_micros, reading& out) const {
  if (auto broken = check_size(id, what))
    return broken;
  auto name = describe(id, what) + " ";
  if (auto broken = check_bounds(known, taken, what)) {
    broken->origin = id;
    broken->text = name + broken->text;
    return broken;
  }
  auto content = decode(what);
  if (!content)
    return slot_refusal{id, slot_refusal_reason::content, culprit::origin,
                        name + "is impossible: " + text_of(content.error())};
  out.content = std::move(*content);
  return what.name.kind == slot_kind::card ? check_card(id, known, what, now_unix_micros, out) : std::nullopt;
}

caf::expected<slot_content> replica::decode(const slot& what) const {
  if (what.name.kind != slot_kind::card)
    return what.payload.empty() ? slot_content{} : checks_.decode(what);
  if (what.name.key != card_key)
    return fail(ec::invalid, "a card has the key " + what.name.key);
  return decode_card(what);
}

std::optional<slot_refusal> replica::check_card(const node_id& id, const origin& known, const slot& what,
                                                int64_t now_unix_micros, reading& out) const {
  auto name = describe(id, what) + " ";
  const auto& card = *content_as<msg<wire::NodeCard>>(out.content);
  auto& stands = out.stands;
  if (card->getWrittenAt() > now_unix_micros + options_.card_lead.count())
    return slot_refusal{id, slot_refusal_reason::from_future, culprit::nobody,
                        name + "was written ahead of this node's clock; one of the two is wrong"};
  stands.written_at = card->getWrittenAt();
  if (id == own_id_)
    return std::nullopt;
  auto admitted = checks_.admit(known.key, *card);
  if (!admitted)
    return slot_refusal{id, slot_refusal_reason::not_admitted, culprit::nobody, // other nodes may trust another CA
                        name + "does not admit it: " + text_of(admitted.error())};
  stands.holder = std::move(admitted->holder);
  return std::nullopt;
}

// -- state -----------------------------------------------------------------------

void replica::put(origin& known, slot_ptr what, standing stands) {
  bytes_ += bytes_of(*what);
  if (what->name.kind == slot_kind::card && (!known.card || known.card->stamp < what->stamp)) {
    known.card = what;
    known.stands = std::move(stands);
  }
  if (auto earlier = known.log.put(std::move(what))) {
    bytes_ -= bytes_of(*earlier);
    remember(known, std::move(earlier));
  }
  changed();
}

void replica::changed() {
  root_.reset();
  digest_.reset();
}

} // namespace hive
