#include "actors/hive/state/replica.hpp"
#include "messages/packed.hpp"

#include <algorithm>
#include <set>
#include <tuple>

// Which nodes a replica keeps: one per certificate, within the bounds.

namespace hive {

bool replica::outranks(const standing& a, const node_id& a_id, const standing& b, const node_id& b_id) {
  return std::tie(a.written_at, a_id) > std::tie(b.written_at, b_id);
}

/// Uses the card that admitted the origin, even if the log lacks it.
replica::standing replica::standing_of(const origin& known) const {
  auto card = known.card ? from_packed<wire::NodeCard>(known.card->payload) : fail(ec::no_data, "no card");
  if (!card)
    return {};
  auto admitted = checks_.admit(known.key, **card);
  return {admitted ? std::move(admitted->holder) : std::string{}, (*card)->getWrittenAt()};
}

replica::origin_map::iterator replica::lowest(const node_id& but) {
  auto out = origins_.end();
  for (auto each = origins_.begin(); each != origins_.end(); ++each)
    if (each->first != own_id_ && each->first != but && !each->second.is_proven() && // proofs are kept
        (out == origins_.end() || outranks(out->second.stands, out->first, each->second.stands, each->first)))
      out = each;
  return out;
}

std::optional<slot_refusal> replica::take_place(const node_id& id, const standing& stands) {
  auto superseded = origins_.end();
  for (auto each = origins_.begin(); each != origins_.end() && !stands.holder.empty(); ++each) {
    const auto& [other, known] = *each;
    if (other == id || known.stands.holder != stands.holder)
      continue;
    if (outranks(known.stands, other, stands, id))
      return slot_refusal{id, slot_refusal_reason::superseded, culprit::nobody,
                          "node " + id.value + " has the same certificate as node " + other.value +
                            ", whose card is newer"};
    if (other != own_id_) // this node continues, but other nodes ignore it
      superseded = each;
  }
  if (superseded != origins_.end())
    forget(superseded);
  if (origins_.contains(id) || origins_.size() < options_.origins)
    return std::nullopt;
  auto oldest = lowest(id);
  if (oldest == origins_.end() || outranks(oldest->second.stands, oldest->first, stands, id))
    return slot_refusal{id, slot_refusal_reason::full, culprit::nobody,
                        "node " + id.value + " is new, and " + std::to_string(options_.origins) +
                          " with newer cards are known already"};
  forget(oldest);
  return std::nullopt;
}

bool replica::make_room(const node_id& id, const standing& stands, size_t bytes) {
  auto needed = [&] {
    auto found = origins_.find(id);
    return bytes_ - (found == origins_.end() ? 0 : found->second.bytes()) + bytes;
  };
  while (needed() > options_.bytes) {
    auto oldest = lowest(id);
    if (oldest == origins_.end() || outranks(oldest->second.stands, oldest->first, stands, id))
      return false;
    forget(oldest);
  }
  return true;
}

void replica::forget(origin_map::iterator what) {
  bytes_ -= what->second.bytes();
  forgotten_.push_back(what->first);
  origins_.erase(what);
  changed();
}

void replica::bar(std::set<node_id> nodes) {
  barred_ = std::move(nodes);
  barred_.erase(own_id_);
  for (const auto& id : barred_)
    if (auto found = origins_.find(id); found != origins_.end())
      forget(found);
}

void replica::admit_by(admission_check check) {
  checks_.admit = std::move(check);
  end_restore();
}

void replica::end_restore() {
  std::vector<node_id> rejected;
  for (auto& [id, known] : origins_) {
    auto card = known.card ? from_packed<wire::NodeCard>(known.card->payload) : fail(ec::no_data, "no card");
    if (card && id != own_id_ && !checks_.admit(known.key, **card))
      rejected.push_back(id);
    else
      known.stands = standing_of(known);
  }
  for (const auto& id : rejected)
    forget(origins_.find(id));
  std::map<std::string, node_id> places; // earlier versions kept several nodes per certificate
  for (const auto& id : origins()) {
    const auto& stands = origins_.at(id).stands;
    if (stands.holder.empty())
      continue;
    auto [place, is_free] = places.try_emplace(stands.holder, id);
    if (is_free)
      continue;
    auto other = place->second;
    bool is_newer = outranks(stands, id, origins_.at(other).stands, other);
    if (is_newer)
      place->second = id;
    if (auto lost = is_newer ? other : id; lost != own_id_)
      forget(origins_.find(lost));
  }
  while (origins_.size() > options_.origins)
    forget(lowest({}));
}

const node_id* replica::node_of(const std::string& holder) const {
  const origin_map::value_type* found = nullptr;
  for (const auto& each : origins_)
    if (!holder.empty() && each.second.stands.holder == holder &&
        (!found || outranks(each.second.stands, each.first, found->second.stands, found->first)))
      found = &each;
  return found ? &found->first : nullptr;
}

std::optional<replica::rival> replica::newer_on_own_certificate() const {
  const auto* holds = node_of(origins_.at(own_id_).stands.holder);
  if (!holds || *holds == own_id_)
    return std::nullopt;
  return rival{*holds, origins_.at(*holds).stands.written_at};
}

} // namespace hive
