#include "actors/upgrade/cluster/decision_log.hpp"

#include "platform/hex.hpp"
#include "platform/identity/node_identity.hpp"

#include <algorithm>
#include <set>

namespace hive {
namespace {

logged_decision summary_of(wire::GateValue::Reader value, const gate::digest& hash) {
  logged_decision out;
  out.track = value.getTrack();
  out.position = value.getPosition();
  out.kind = value.getKind();
  out.stage = value.getStage();
  out.hash = hash;
  if (value.getProposal().size() == 0)
    return out;
  out.proposal = to_hex(gate::digest_of(value.getProposal()));
  if (auto body = gate::load_canonical<wire::GateProposal>(value.getBody())) {
    out.from = (*body)->getFrom().cStr();
    out.to = (*body)->getTo().cStr();
  }
  if (value.hasDecision())
    out.decision = to_hex(gate::digest_of(value.getDecision()));
  return out;
}

msg<wire::SealedRecord> to_record(const gate::sealed_value& sealed, int64_t learned_at, int64_t announced_at) {
  return msg<wire::SealedRecord>::build([&](wire::SealedRecord::Builder out) {
    gate::set_sealed(out.initSealed(), sealed);
    out.setLearnedAt(learned_at);
    out.setAnnouncedAt(announced_at);
  });
}

} // namespace

logged_decision summary_of(const gate::proposed_value& value) {
  return summary_of(*value.content, value.hash);
}

caf::error decision_log::restore(uint8_t track) {
  caf::error damage;
  auto unreadable = store_.visit_decisions(track, [&](const msg<wire::SealedRecord>& record) {
    auto value = gate::load_canonical<wire::GateValue>(record->getSealed().getValue());
    if (!value) {
      damage = fail(ec::corrupt, "a stored decision of the gate cannot be decoded: " + text_of(value.error()));
      return database::scan::stop;
    }
    auto entry = summary_of(**value, gate::hash_of(*value));
    entry.learned_at = record->getLearnedAt();
    entry.announced_at = record->getAnnouncedAt();
    tracks_[track].insert_or_assign(entry.position, std::move(entry));
    return database::scan::next;
  });
  return unreadable ? unreadable : damage;
}

void decision_log::add(const gate::sealed_value& sealed, int64_t learned_at, int64_t announced_at, write_set& writes) {
  auto entry = summary_of(*sealed.value);
  if (contains(entry.track, entry.position))
    return;
  entry.learned_at = learned_at;
  entry.announced_at = announced_at;
  gate_store::put_decision(writes, entry.track, entry.position, to_record(sealed, learned_at, announced_at));
  fresh_.insert_or_assign({entry.track, entry.position}, sealed);
  auto& track = tracks_[entry.track];
  auto newest = entry.proposal;
  track.insert_or_assign(entry.position, std::move(entry));
  if (track.size() <= kept_decisions)
    return;
  auto oldest = track.begin();
  if (oldest->second.proposal == newest)
    return;
  if (auto& gone = oldest->second.proposal; !gone.empty())
    gate_store::forget_judgements(writes, gone);
  track.erase(oldest);
  gate_store::forget_before(writes, sealed.value->content->getTrack(), track.begin()->first);
}

std::vector<logged_decision> decision_log::of(const std::string& proposal) const {
  std::vector<logged_decision> out;
  for (const auto& track : tracks_)
    for (const auto& [position, entry] : track)
      if (entry.proposal == proposal)
        out.push_back(entry);
  return out;
}

bool decision_log::contains(uint8_t track, uint64_t position) const {
  return tracks_[track].contains(position);
}

std::vector<std::string> decision_log::proposals() const {
  std::vector<const logged_decision*> entries;
  for (const auto& track : tracks_)
    for (const auto& [position, entry] : track)
      if (!entry.proposal.empty())
        entries.push_back(&entry);
  std::ranges::stable_sort(entries, [](const auto* a, const auto* b) { return a->learned_at > b->learned_at; });
  std::set<std::string> seen;
  std::vector<std::string> out;
  for (const auto* each : entries)
    if (seen.insert(each->proposal).second)
      out.push_back(each->proposal);
  return out;
}

std::optional<node_id> trusted_origin(wire::StoredSlot::Reader slot) {
  public_key key{};
  auto bytes = slot.getPublicKey();
  if (bytes.size() != key.size())
    return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return node_id_of(key);
}

void decision_log::stored(const gate::sealed_value& sealed) {
  fresh_.erase({sealed.value->content->getTrack(), sealed.value->content->getPosition()});
}

caf::expected<gate::sealed_value> decision_log::load(const logged_decision& entry) const {
  if (auto found = fresh_.find({entry.track, entry.position}); found != fresh_.end())
    return found->second;
  auto record = store_.decision(entry.track, entry.position);
  if (!record)
    return record.error();
  if (!*record)
    return fail(ec::corrupt, "the decision at position " + std::to_string(entry.position) + " is not stored");
  auto sealed = gate::decode_sealed((**record)->getSealed(), trusted_origin);
  if (!sealed)
    return fail(ec::corrupt, "a stored decision of the gate cannot be decoded: " + text_of(sealed.error()));
  return sealed;
}

} // namespace hive
