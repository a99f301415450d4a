#include "actors/hive/state/replica.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <utility>

// Proofs of misconduct: two slots of one origin that an honest node never signs both.

namespace hive {

const contradiction_rule* replica::rule_of(slot_kind kind) const {
  auto found = checks_.contradictions.find(kind);
  return found == checks_.contradictions.end() ? nullptr : &found->second;
}

/// Null for an erased slot, and for one that its topic refuses: it says nothing that could be contradicted.
slot_content replica::content_of(const slot& what) const {
  auto content = decode(what);
  return content ? std::move(*content) : nullptr;
}

std::string replica::contradiction_of(slot_kind kind, const slot_content& earlier, const slot_content& later) const {
  const auto* rule = rule_of(kind);
  return rule && earlier && later ? (*rule)(earlier, later) : "";
}

std::string replica::contradiction_of(const slot& earlier, const slot& later) const {
  return contradiction_of(earlier.name.kind, content_of(earlier), content_of(later));
}

/// Never across runs: another run of the same node may have started from an older disk.
slot_ptr replica::contradicted_by(const origin& known, const slot& what) const {
  auto kind = what.name.kind;
  if (!rule_of(kind))
    return nullptr;
  auto content = content_of(what);
  auto contradicts = [&](const slot& other, const slot_content& said) {
    if (other.stamp == what.stamp)
      return !other.has_same_content(what);
    return !(other.stamp < what.stamp ? contradiction_of(kind, said, content) : contradiction_of(kind, content, said))
              .empty();
  };
  auto may_contradict = [&](const slot& other) {
    return other.name == what.name && are_of_one_run(other.stamp, what.stamp);
  };
  if (auto held = known.log.find(what.name); held && may_contradict(*held) && contradicts(*held, content_of(*held)))
    return held;
  if (auto history = known.replaced.find(kind); history != known.replaced.end())
    for (const auto& [stamp, other] : history->second.slots())
      if (may_contradict(*other.what) && contradicts(*other.what, other.content))
        return other.what;
  return nullptr;
}

bool replica::may_contradict(const origin& known, const slot& held, const slot& what) const {
  if (!rule_of(what.name.kind) || !are_of_one_run(held.stamp, what.stamp))
    return false;
  auto history = known.replaced.find(what.name.kind);
  if (history == known.replaced.end())
    return true;
  auto same = history->second.slots().find(what.stamp);
  return same == history->second.slots().end() || !same->second.what->has_same_content(what);
}

void replica::remember(origin& known, slot_ptr replaced) {
  auto kind = replaced->name.kind;
  if (!rule_of(kind))
    return;
  auto content = content_of(*replaced);
  known.replaced[kind].add({std::move(replaced), std::move(content)}, options_.replaced_slots, options_.replaced_bytes);
}

caf::expected<replica::slot_pair> replica::read_proof(const public_key& key, wire::EquivocationProof::Reader from,
                                                      quarantine::kind of) const {
  auto first = from_wire(from.getFirst()), second = from_wire(from.getSecond());
  if (!first || !second || !std::ranges::equal(from.getPublicKey(), key) || !is_signed_by(*first, key) ||
      !is_signed_by(*second, key))
    return fail(ec::invalid, "its slots are not signed by the node");
  if (of == quarantine::kind::equivocation) {
    if (first->stamp != second->stamp || first->has_same_content(*second))
      return fail(ec::invalid, "its slots are not different ones under one stamp");
    return slot_pair{std::move(first), std::move(second)};
  }
  if (first->name != second->name || second->stamp <= first->stamp || !are_of_one_run(first->stamp, second->stamp))
    return fail(ec::invalid, "its slots are not two versions of one slot, of one run");
  if (!rule_of(first->name.kind))
    return fail(ec::unsupported, "this node does not know the rules of topic " +
                                   std::to_string(static_cast<uint16_t>(first->name.kind)));
  if (contradiction_of(*first, *second).empty())
    return fail(ec::invalid, "its slots do not contradict each other");
  return slot_pair{std::move(first), std::move(second)};
}

/// Every node passes proofs on, so they must fit any message: oversized slots prove nothing.
bool replica::join_proof(joining& work, const node_id& id, origin& known, wire::EquivocationProof::Reader proof,
                         quarantine::kind of) {
  auto read = read_proof(known.key, proof, of);
  if (!read) {
    bool is_unjudged = code_of(read.error()) == ec::unsupported;
    refuse(work, {id, is_unjudged ? slot_refusal_reason::unjudged : slot_refusal_reason::signature,
                  is_unjudged ? culprit::nobody : culprit::sender,
                  "the proof against node " + id.value + (is_unjudged ? " cannot be judged: " : " does not hold: ") +
                    text_of(read.error())});
    return false;
  }
  for (const auto& each : {read->first, read->second})
    if (auto wrong = check_size(id, *each)) {
      refuse_slot(work, id, known, *each, std::move(*wrong));
      return false;
    }
  expose(work, id, known, std::move(read->first), std::move(read->second));
  return true;
}

void replica::expose(joining& work, const node_id& id, origin& known, slot_ptr first, slot_ptr second) {
  work.out.news.try_emplace(id, known.log.highest());
  expose(known, std::move(first), std::move(second));
  work.out.quarantined.push_back(id);
}

void replica::expose(origin& known, slot_ptr first, slot_ptr second) {
  if (second->stamp < first->stamp)
    std::swap(first, second);
  auto version = [](const slot& of) { return std::to_string(of.stamp.version); };
  auto epoch = first->stamp.epoch;
  bool is_one_stamp = first->stamp == second->stamp;
  auto text = is_one_stamp ? "it signed two different slots for epoch " + std::to_string(epoch) + ", version " +
                               version(*first) + ": " + first->name.key + " and " + second->name.key
                           : "it signed two slots that contradict each other, topic " +
                               std::to_string(static_cast<uint16_t>(first->name.kind)) + ", key " + first->name.key +
                               ", epoch " + std::to_string(epoch) + ", versions " + version(*first) + " and " +
                               version(*second) + ": " + contradiction_of(*first, *second);
  bytes_ += bytes_of(*first) + bytes_of(*second);
  known.replaced.clear();
  known.quarantined = quarantine{is_one_stamp ? quarantine::kind::equivocation : quarantine::kind::contradiction,
                                 std::move(text), epoch, std::move(first), std::move(second)};
  changed();
}

void to_wire(const public_key& key, const quarantine& proven, wire::EquivocationProof::Builder out) {
  out.setPublicKey({key.data(), key.size()});
  to_wire(*proven.first, out.initFirst());
  to_wire(*proven.second, out.initSecond());
}

} // namespace hive
