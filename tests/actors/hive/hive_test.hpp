#pragma once

#include "actors/benchmark/result_slots.hpp"
#include "actors/engines/load_slots.hpp"
#include "actors/hive/state/replica.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "messages/packed.hpp"
#include "platform/identity/node_identity.hpp"

#include <gmock/gmock.h>
#include <random>
#include <sodium.h>

namespace hive {

/// An arbitrary time; replicas only compare cards with it.
inline constexpr int64_t test_now = 1'700'000'000'000'000;
inline constexpr size_t test_budget = size_t{256} << 10;

/// Deterministic keys.
inline key_pair keys_of(uint64_t number) {
  std::array<unsigned char, key_pair::seed_bytes> seed{};
  for (size_t i = 0; i < sizeof number; ++i)
    seed[i] = static_cast<unsigned char>(number >> (8 * i));
  return key_pair::from_seed(seed);
}

inline node_id id_of(const key_pair& keys) {
  return node_id_of(keys.public_part());
}

inline std::string card_payload(const std::string& name, int64_t written_at = test_now) {
  return to_packed(msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName(name);
    out.setWrittenAt(written_at);
  }));
}

inline slot_name card_name() {
  return {slot_kind::card, std::string{card_key}};
}

/// The name of a slot of an unknown kind, whose payload is not decoded.
inline slot_name note(std::string key) {
  return {slot_kind{77}, std::move(key)};
}

/// The topics of hived.
inline std::vector<slot_rules> node_topics() {
  return {tool_stats_rules(), latest_results_rules(), load_rules()};
}

inline caf::expected<slot_content> decode_slot(const slot& what) {
  static const auto topics = node_topics();
  auto rules = std::ranges::find(topics, what.name.kind, &slot_rules::kind);
  return rules == topics.end() ? slot_content{} : rules->decode(what.name.key, what.payload);
}

inline caf::expected<attested> admit_everybody(const public_key&, wire::NodeCard::Reader) {
  return attested{};
}

inline const slot_checks admit_all{admit_everybody, decode_slot};

/// A signed slot with any content.
inline slot_ptr signed_slot(const key_pair& keys, slot_name name, write_stamp stamp, std::string payload) {
  slot out{std::move(name), stamp, std::move(payload), {}};
  sign(out, keys);
  return std::make_shared<const slot>(std::move(out));
}

/// Prepares and commits a slot.
inline slot_ptr write(replica& by, slot_name name, std::string payload) {
  auto made = by.prepare(std::move(name), std::move(payload), test_now);
  if (!made)
    throw std::runtime_error(text_of(made.error()));
  if (auto wrong = by.commit(*made))
    throw std::runtime_error(text_of(wrong));
  return *made;
}

/// A replica with a card.
inline replica make_replica(uint64_t number, uint64_t epoch = 1, replica_options options = {}) {
  replica out{keys_of(number), epoch, admit_all, options};
  write(out, card_name(), card_payload("node" + std::to_string(number)));
  return out;
}

/// A delta with arbitrary slots of one origin.
struct forged_delta {
  public_key key{};
  write_stamp since;
  std::vector<slot_ptr> slots;
  slot_ptr credential;

  msg<wire::HiveDelta> make() const {
    return msg<wire::HiveDelta>::build([&](wire::HiveDelta::Builder out) {
      auto origin = out.initOrigins(1)[0];
      origin.setPublicKey({key.data(), key.size()});
      origin.setSinceEpoch(since.epoch);
      origin.setSinceVersion(since.version);
      if (credential)
        to_wire(*credential, origin.initCredential());
      auto list = origin.initSlots(static_cast<uint32_t>(slots.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        to_wire(*slots[i], list[i]);
    });
  }

  /// A delta that lists its origin once per slot.
  static msg<wire::HiveDelta> one_part_each(const public_key& key, const std::vector<slot_ptr>& slots) {
    return msg<wire::HiveDelta>::build([&](wire::HiveDelta::Builder out) {
      auto parts = out.initOrigins(static_cast<uint32_t>(slots.size()));
      for (uint32_t i = 0; i < parts.size(); ++i) {
        parts[i].setPublicKey({key.data(), key.size()});
        to_wire(*slots[i], parts[i].initSlots(1)[0]);
      }
    });
  }

  /// A delta with these slots as a proof, valid or not.
  static msg<wire::HiveDelta> with_proof(const public_key& key, slot_ptr first, slot_ptr second) {
    return msg<wire::HiveDelta>::build([&](wire::HiveDelta::Builder out) {
      auto origin = out.initOrigins(1)[0];
      origin.setPublicKey({key.data(), key.size()});
      quarantine said{quarantine::kind::equivocation, "", 1, std::move(first), std::move(second)};
      to_wire(key, said, origin.initProof());
    });
  }
};

/// The message as received: encoded and checked.
template <class T>
msg<T> over_the_wire(const msg<T>& sent) {
  auto got = msg<T>::load(sent.bytes());
  if (!got)
    throw std::runtime_error(text_of(got.error()));
  return *got;
}

/// Copies from `from` the slots that `to` lacks.
inline join_outcome pull(replica& to, const replica& from, uint64_t turn = 0, size_t budget = test_budget) {
  return to.join(*over_the_wire(from.delta_for(*to.digest(), budget, turn)), test_now);
}

/// One exchange of a gossip round, both ways. True if anything was transferred.
inline bool exchange(replica& a, replica& b, uint64_t turn = 0) {
  if (a.root() == b.root())
    return false;
  auto for_b = a.delta_for(*b.digest(), test_budget, turn);
  auto for_a = b.delta_for(*a.digest(), test_budget, turn);
  b.join(*over_the_wire(for_b), test_now);
  a.join(*over_the_wire(for_a), test_now);
  return true;
}

/// Content of all origins that are not quarantined, as bytes: equal for equal contents.
inline std::string content_of(const replica& of) {
  std::string out;
  of.visit_good([&](const node_id& id, const slot_ptr& what) {
    out += id.value + ' ' + std::to_string(static_cast<uint16_t>(what->name.kind)) + ' ' + what->name.key + ' ' +
           std::to_string(what->stamp.epoch) + ' ' + std::to_string(what->stamp.version) + ' ' +
           std::to_string(what->payload.size()) + ' ' + what->payload + '\n';
  });
  return out;
}

} // namespace hive
