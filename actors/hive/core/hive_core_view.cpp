#include "actors/hive/core/hive_core.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"

#include <algorithm>

// Queries: the node list and the status.

namespace hive {

namespace {

void fill_from(wire::NodeInfo::Builder out, wire::NodeCard::Reader card) {
  out.setName(card.getName());
  out.setTier(card.getTier());
  out.setAddress(card.getDoor());
  out.setLabels(card.getLabels());
  out.setGpus(card.getGpus());
  out.setSoftware(card.getSoftware());
}

} // namespace

/// A node that has just started is described by its hello until its new card arrives or is stored.
void hive_core::fill_card(wire::NodeInfo::Builder out, const node_id& id) const {
  bool is_self = id == replica_.own_id();
  auto found = peers_.find(id);
  const auto* hello = is_self ? &options_.self : found != peers_.end() ? &found->second.hello : nullptr;
  auto held = replica_.find(id, {slot_kind::card, std::string{card_key}});
  auto held_epoch = held ? held->stamp.epoch : 0;
  auto shown_epoch = hello ? (*hello)->getEpoch() : 0;
  out.setEpoch(std::max(held_epoch, shown_epoch));
  if (hello && (is_self || shown_epoch > held_epoch))
    return fill_from(out, (*hello)->getCard());
  if (const auto* card = card_of(id); held && card)
    fill_from(out, **card);
}

void hive_core::fill(wire::NodeInfo::Builder out, const node_id& id, core_time now) const {
  out.setId(id.value);
  bool is_self = id == replica_.own_id();
  out.setSelf(is_self);
  out.setSameRoot(is_self);
  auto* broke_rules = replica_.quarantine_of(id);
  out.setState(broke_rules ? member_state::QUARANTINED
               : is_self   ? member_state::ACTIVE
                           : membership_.state_of(id).value_or(member_state::SUSPECT));
  auto found = peers_.find(id);
  fill_card(out, id);
  if (auto described = contents_.find(id); described != contents_.end())
    for (const auto& [name, content] : described->second)
      topics_.at(name.kind).describe(content, out);
  if (broke_rules)
    out.setReason(broke_rules->text);
  if (auto shown = certificates_.find(id); shown != certificates_.end()) {
    out.setCertificateSerial(shown->second.serial);
    out.setCertificateKey(shown->second.key);
    out.setCertificateExpires(shown->second.cert.not_after() * micros_per_s);
    out.setRevoked(!shown->second.why_revoked.empty());
    if (out.getRevoked() && !out.hasReason())
      out.setReason(shown->second.why_revoked);
  }
  out.setLastSeen(is_self || (found != peers_.end() && found->second.linked) ? now.unix_micros
                  : found != peers_.end()                                    ? found->second.last_seen_unix_micros
                                                                             : 0);
  auto explain = [&](const std::string& why) {
    if (!out.hasReason() && !why.empty() && out.getState() != member_state::ACTIVE)
      out.setReason(why);
  };
  if (found == peers_.end())
    return explain(membership_.reason_for(id));
  out.setLinked(found->second.linked);
  out.setSameRoot(found->second.same_root);
  out.setRoundTripMs(static_cast<double>(found->second.round_trip.count()) / 1e3);
  if (!found->second.linked && !out.hasReason())
    out.setReason(found->second.reason);
  if (!is_self)
    explain(membership_.reason_for(id));
}

std::string hive_core::name_of(const node_id& node) const {
  if (const auto* card = card_of(node))
    return std::string{as_view((*card)->getName())};
  auto found = peers_.find(node);
  return found == peers_.end() ? std::string{} : std::string{as_view(found->second.hello->getCard().getName())};
}

msg<wire::NodeList> hive_core::nodes(core_time now) const {
  std::set<node_id> all{replica_.own_id()};
  for (const auto& id : membership_.members())
    all.insert(id);
  for (const auto& id : replica_.origins())
    all.insert(id);
  return msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
    auto list = out.initNodes(static_cast<uint32_t>(all.size()));
    uint32_t i = 0;
    for (const auto& id : all)
      fill(list[i++], id, now);
  });
}

caf::expected<msg<wire::NodeList>> hive_core::node(const node_id& id, core_time now) const {
  if (!replica_.key_of(id) && !membership_.state_of(id))
    return fail(ec::not_found, "there is no node " + id.value);
  uint64_t records = 0;
  for (const auto& each : replica_.slots_of(id))
    if (const auto* rules = rules_of(each->name.kind); rules && rules->count_records)
      if (auto content = decode(*each))
        records += rules->count_records(*content);
  return msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
    auto found = out.initNodes(1)[0];
    fill(found, id, now);
    found.setTaskRecords(records);
  });
}

void hive_core::fill_clocks(wire::HiveStatus::Builder out) const {
  auto in_ms = [](clock_difference of) { return static_cast<double>(of.count()) / 1e3; };
  const auto& clocks = clocks_.verdict();
  if (clocks.hive_ahead)
    out.setClockAheadMs(in_ms(-*clocks.hive_ahead));
  if (auto wrong = clocks_.text(); !wrong.empty())
    out.setClockWarning(wrong);
  auto list = out.initClocksOff(static_cast<uint32_t>(clocks.off.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setId(clocks.off[i].value);
    list[i].setAheadMs(in_ms(clocks_.ahead(clocks.off[i])));
  }
}

void hive_core::fill_certificates(wire::HiveStatus::Builder out, core_time now) const {
  if (superseded_by_)
    out.setCertificateTakenBy(superseded_by_->value);
  if (!options_.certificates)
    return;
  out.setCertificateExpires(options_.certificates->own_until * micros_per_s);
  out.setCaExpires(options_.certificates->ca_until * micros_per_s);
  if (revoked_.forgets(replica_.own_id()))
    out.setCertificateWarning("This node is forgotten by its CA: no other node makes links with it");
  else if (auto own = certificates_.find(replica_.own_id());
           own != certificates_.end() && !own->second.why_revoked.empty())
    out.setCertificateWarning("No other node makes links with this one: " + own->second.why_revoked);
  else if (auto soon = expiry_.text(now.unix_micros / micros_per_s); !soon.empty())
    out.setCertificateWarning(soon);
}

msg<wire::HiveStatus> hive_core::status(core_time now) const {
  uint32_t linked = 0, same = 0;
  for (const auto& [id, entry] : peers_) {
    linked += entry.linked;
    same += entry.linked && entry.same_root;
  }
  std::vector<std::pair<node_id, std::string>> quarantined;
  for (const auto& id : replica_.origins())
    if (auto* why = replica_.quarantine_of(id))
      quarantined.emplace_back(id, why->text);
  uint64_t slots = 0;
  replica_.visit_good([&](const node_id&, const slot_ptr&) { ++slots; });
  const auto& counted = replica_.counters();
  auto reasons = std::ranges::count_if(counted.refused, [](uint64_t each) { return each > 0; });
  return msg<wire::HiveStatus>::build([&](wire::HiveStatus::Builder out) {
    out.setNode(replica_.own_id().value);
    out.setLinked(linked);
    out.setKnown(static_cast<uint32_t>(replica_.origin_count()));
    out.setRoot(to_hex(replica_.root()));
    out.setConverged((1.0 + same) / (1.0 + linked));
    out.setSlots(slots);
    out.setExchanges(counters_.exchanges);
    out.setFailedExchanges(counters_.failed);
    out.setSentBytes(counters_.sent_bytes);
    out.setReceivedBytes(counters_.received_bytes);
    out.setAccepted(counted.accepted);
    out.setRepeated(counted.known);
    out.setUnreadable(counters_.malformed);
    fill_clocks(out);
    fill_certificates(out, now);
    if (!hearing_.is_over())
      out.setHearing(hearing_.text(hearable().size()));
    auto refused = out.initRefused(static_cast<uint32_t>(reasons));
    for (uint32_t i = 0, next = 0; i < counted.refused.size(); ++i)
      if (counted.refused[i] > 0) {
        refused[next].setReason(std::string{to_string(static_cast<slot_refusal_reason>(i))});
        refused[next++].setCount(counted.refused[i]);
      }
    auto list = out.initQuarantined(static_cast<uint32_t>(quarantined.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setId(quarantined[i].first.value);
      list[i].setReason(quarantined[i].second);
    }
  });
}

} // namespace hive
