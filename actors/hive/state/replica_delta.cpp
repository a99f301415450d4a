#include "actors/hive/state/replica.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <charconv>
#include <sodium.h>
#include <unordered_map>

// Digests and deltas: what a replica has, and what another one lacks.

namespace hive {
namespace {

/// Above any valid stamp. Digests list every proven equivocator with it, so that nodes with different proofs agree.
constexpr write_stamp proven{UINT64_MAX, UINT64_MAX};

/// One half of an id as a number.
uint64_t half_of_id(const node_id& id, size_t half) {
  constexpr size_t digits = 16;
  uint64_t out = 0;
  auto* from = id.value.data() + half * digits;
  std::from_chars(from, from + digits, out, 16);
  return out;
}

uint64_t number_at(const unsigned char* bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < sizeof out; ++i)
    out = out << 8 | bytes[i];
  return out;
}

void append_number(std::string& out, uint64_t value) {
  for (size_t byte = 0; byte < sizeof value; ++byte)
    out += static_cast<char>(value >> (8 * byte) & 0xFF);
}

/// Most slots of one origin that a delta may hold: maxLength in HiveDelta.
constexpr size_t most_slots = 256;

struct id_hash {
  size_t operator()(const std::pair<uint64_t, uint64_t>& id) const {
    return id.first ^ id.second; // ids are hashes already
  }
};
} // namespace

/// The part of a delta about one origin.
struct replica::origin_part {
  const public_key* key = nullptr;
  write_stamp since;
  std::vector<slot_ptr> slots;
  slot_ptr credential;
  const quarantine* proof = nullptr;

  bool is_empty() const {
    return slots.empty() && !credential && !proof;
  }

  /// Upper bound of its size without slots.
  size_t fixed_bytes() const {
    constexpr size_t structs = 136;
    auto credentials = credential ? wire_bytes(*credential) : 0;
    return structs + credentials + (proof ? structs + wire_bytes(*proof->first) + wire_bytes(*proof->second) : 0);
  }

  /// Truncates the part to the budget and returns the remaining budget. The first part of a delta keeps at least one
  /// slot or its proof: with payloads of at most 64 KiB it takes up to 200 KiB, which fits a message of 1 MiB beside
  /// everything else.
  size_t cut(size_t budget, bool is_first) {
    if (fixed_bytes() > budget && !is_first) {
      *this = {};
      return 0;
    }
    auto left = budget - std::min(budget, fixed_bytes());
    size_t kept = 0;
    while (kept < std::min(slots.size(), most_slots)) {
      auto next = wire_bytes(*slots[kept]);
      if (next > left && !(is_first && kept == 0))
        break;
      left -= std::min(left, next);
      ++kept;
    }
    bool all_fit = kept == slots.size();
    slots.resize(kept);
    return all_fit ? left : 0;
  }

  void write(wire::OriginDelta::Builder out) const {
    out.setPublicKey({key->data(), key->size()});
    out.setSinceEpoch(since.epoch);
    out.setSinceVersion(since.version);
    if (credential)
      to_wire(*credential, out.initCredential());
    if (proof)
      to_wire(*key, *proof, proof->why == quarantine::kind::contradiction ? out.initContradiction() : out.initProof());
    auto list = out.initSlots(static_cast<uint32_t>(slots.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      to_wire(*slots[i], list[i]);
  }
};

namespace {

/// Selects a run of slots that starts at a varying position, so that repeated truncated deltas bring different slots;
/// sorted by stamp.
void start_anywhere(std::vector<slot_ptr>& slots, size_t budget, uint64_t turn) {
  if (slots.empty())
    return;
  std::rotate(slots.begin(), slots.begin() + static_cast<ptrdiff_t>(turn % slots.size()), slots.end());
  size_t bytes = 0, kept = 0;
  while (kept < slots.size() && (kept == 0 || bytes + wire_bytes(*slots[kept]) <= budget))
    bytes += wire_bytes(*slots[kept++]);
  slots.resize(kept);
  std::ranges::sort(slots, {}, [](const slot_ptr& each) { return each->stamp; });
}

} // namespace

struct replica::progress {
  write_stamp highest;
  uint64_t hash_high = 0, hash_low = 0;
  bool operator==(const progress&) const = default;

  static progress of(const origin& known) {
    if (known.is_proven())
      return {proven};
    auto hash = known.log.hash();
    return {known.log.highest(), number_at(hash.data()), number_at(hash.data() + sizeof(uint64_t))};
  }

  static progress read(wire::OriginDigest::Reader from) {
    return {{from.getEpoch(), from.getVersion()}, from.getHashHigh(), from.getHashLow()};
  }
};

const msg<wire::HiveDigest>& replica::digest() const {
  if (digest_)
    return *digest_;
  std::vector<std::pair<const node_id*, progress>> all;
  for (const auto& [id, known] : origins_)
    if (known.log.size() > 0 || known.is_proven())
      all.emplace_back(&id, progress::of(known));
  digest_ = msg<wire::HiveDigest>::build([&](wire::HiveDigest::Builder out) {
    auto list = out.initOrigins(static_cast<uint32_t>(all.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const auto& [id, come] = all[i];
      list[i].setIdHigh(half_of_id(*id, 0));
      list[i].setIdLow(half_of_id(*id, 1));
      list[i].setEpoch(come.highest.epoch);
      list[i].setVersion(come.highest.version);
      list[i].setHashHigh(come.hash_high);
      list[i].setHashLow(come.hash_low);
    }
  });
  return *digest_;
}

/// Hashes the numbers of the digest and not its bytes: a later schema may encode them differently.
const root_hash& replica::root() const {
  if (root_)
    return *root_;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, std::tuple_size_v<root_hash>);
  for (auto entry : digest()->getOrigins()) {
    std::string bytes;
    for (auto number : {entry.getIdHigh(), entry.getIdLow(), entry.getEpoch(), entry.getVersion(), entry.getHashHigh(),
                        entry.getHashLow()})
      append_number(bytes, number);
    crypto_generichash_update(&state, bytes_of(bytes), bytes.size());
  }
  crypto_generichash_final(&state, root_.emplace().data(), std::tuple_size_v<root_hash>);
  return *root_;
}

replica::origin_part replica::part_for_newcomer(const origin& known) {
  origin_part out{&known.key, {}, {}, known.card, nullptr};
  if (known.is_proven())
    out.proof = &*known.quarantined;
  else
    out.slots = known.log.newer_than({});
  return out;
}

replica::origin_part replica::part_since(const origin& known, write_stamp since, size_t budget, uint64_t turn) {
  origin_part out{&known.key, since, {}, nullptr, nullptr};
  if (known.is_proven()) {
    out.proof = &*known.quarantined;
  } else if (since < known.log.highest()) {
    out.slots = known.log.newer_than(since);
  } else {
    // Equal stamp but different content: send everything, which shows missing slots or contradictions.
    out.slots = known.log.newer_than({});
    start_anywhere(out.slots, budget, turn);
  }
  return out;
}

bool replica::holds_newer_own_slots(wire::HiveDigest::Reader theirs) const {
  auto high = half_of_id(own_id_, 0), low = half_of_id(own_id_, 1);
  for (auto each : theirs.getOrigins())
    if (each.getIdHigh() == high && each.getIdLow() == low) {
      auto highest = progress::read(each).highest;
      return highest > origins_.at(own_id_).log.highest() && highest != proven; // a proof is all that it would send
    }
  return false;
}

msg<wire::HiveDelta> replica::delta_for(wire::HiveDigest::Reader theirs, size_t budget, uint64_t turn,
                                        const node_id& peer) const {
  std::unordered_map<std::pair<uint64_t, uint64_t>, progress, id_hash> they_have;
  for (auto each : theirs.getOrigins())
    they_have.emplace(std::pair{each.getIdHigh(), each.getIdLow()}, progress::read(each));
  std::vector<origin_part> parts;
  auto left = budget;
  auto add = [&](const node_id& id, const origin& known) {
    if (known.log.size() == 0 && !known.is_proven())
      return;
    auto entry = they_have.find({half_of_id(id, 0), half_of_id(id, 1)});
    auto ours = progress::of(known);
    if (entry != they_have.end() && (entry->second == ours || entry->second.highest > ours.highest))
      return;
    auto part =
      entry == they_have.end() ? part_for_newcomer(known) : part_since(known, entry->second.highest, left, turn);
    left = part.cut(left, parts.empty());
    if (!part.is_empty())
      parts.push_back(std::move(part));
  };
  auto of_peer = origins_.find(peer);
  if (of_peer != origins_.end())
    add(peer, of_peer->second);
  auto next = std::next(origins_.begin(), static_cast<ptrdiff_t>(turn % origins_.size()));
  for (size_t i = 0; i < origins_.size() && left > 0; ++i, ++next) {
    if (next == origins_.end())
      next = origins_.begin();
    if (next != of_peer)
      add(next->first, next->second);
  }
  return to_delta(parts);
}

msg<wire::HiveDelta> replica::delta_since(const std::map<node_id, write_stamp>& stamps, size_t budget) const {
  std::vector<origin_part> parts;
  auto left = budget;
  for (const auto& [id, since] : stamps) {
    auto found = origins_.find(id);
    if (found == origins_.end())
      continue;
    const auto& known = found->second;
    if (since >= known.log.highest() && !known.is_proven())
      continue;
    auto part = since == write_stamp{} ? part_for_newcomer(known) : part_since(known, since, left, 0);
    left = part.cut(left, parts.empty());
    if (!part.is_empty())
      parts.push_back(std::move(part));
    if (left == 0)
      break;
  }
  return to_delta(parts);
}

msg<wire::HiveDelta> replica::to_delta(const std::vector<origin_part>& parts) {
  return msg<wire::HiveDelta>::build([&](wire::HiveDelta::Builder out) {
    auto list = out.initOrigins(static_cast<uint32_t>(parts.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      parts[i].write(list[i]);
  });
}

} // namespace hive
