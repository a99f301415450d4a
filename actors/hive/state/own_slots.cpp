#include "actors/hive/state/own_slots.hpp"

#include <algorithm>
#include <utility>

namespace hive {
namespace {

/// A slot that is to say something else.
struct change {
  slot_name name;
  std::string_view payload;
  bool needs_room;

  /// What makes room goes first, results last; otherwise by name, which begins with the card.
  auto order() const {
    return std::pair{needs_room, name.kind == slot_kind::latest_results};
  }
};

} // namespace

void own_slots::want(slot_kind kind, std::map<std::string, std::string> payloads) {
  wanted_[kind] = std::move(payloads);
}

std::vector<slot_ptr> own_slots::prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& left_out) {
  by.forget_prepared();
  std::set<slot_name> beyond, refused;
  auto said = by.slots_of(by.own_id());
  std::vector<change> changes;
  for (const auto& [name, payload] : target(said, beyond)) {
    auto held = by.find(by.own_id(), name);
    if (!held || held->payload != payload)
      changes.push_back({name, payload, !held || held->payload.size() < payload.size()});
  }
  std::ranges::stable_sort(changes, {}, &change::order);
  std::vector<slot_ptr> out;
  for (const auto& each : changes) {
    auto made = by.prepare(each.name, std::string{each.payload}, now_unix_micros);
    if (made) {
      out.push_back(std::move(*made));
    } else {
      if (!refused_.contains(each.name))
        left_out.push_back(std::move(made.error()));
      refused.insert(each.name);
    }
  }
  if (!std::ranges::includes(beyond_, beyond))
    left_out.push_back(name_results(beyond));
  beyond_ = std::move(beyond);
  refused_ = std::move(refused);
  return out;
}

own_slots::payloads_by_name own_slots::target(const std::vector<slot_ptr>& said, std::set<slot_name>& beyond) const {
  payloads_by_name out;
  for (const auto& each : said)
    out[each->name] = wanted_.contains(each->name.kind) ? std::string_view{} : each->payload;
  for (const auto& [kind, payloads] : wanted_)
    if (kind != slot_kind::latest_results)
      for (const auto& [key, payload] : payloads)
        out[{kind, key}] = payload;
  add_results(out, beyond);
  return out;
}

/// By name, so that the same ones are told each time, whatever else comes.
void own_slots::add_results(payloads_by_name& to, std::set<slot_name>& beyond) const {
  auto wanted = wanted_.find(slot_kind::latest_results);
  if (wanted == wanted_.end())
    return;
  size_t names = 0, bytes = 0;
  for (const auto& [name, payload] : to) {
    names += name.kind == slot_kind::latest_results;
    bytes += name.key.size() + payload.size();
  }
  for (const auto& [key, payload] : wanted->second) {
    slot_name name{slot_kind::latest_results, key};
    bool is_new = !to.contains(name);
    auto more = payload.size() + (is_new ? key.size() : 0);
    if ((is_new && names >= options_.result_slots) || bytes + more > options_.bytes_with_results) {
      beyond.insert(std::move(name));
      continue;
    }
    names += is_new;
    bytes += more;
    to[std::move(name)] = payload;
  }
}

caf::error own_slots::name_results(const std::set<slot_name>& beyond) const {
  return fail(ec::too_large, "the results of " + std::to_string(beyond.size()) + " adapters, " + beyond.begin()->key +
                               " to " + beyond.rbegin()->key +
                               ", do not fit beside the others: " + std::to_string(options_.result_slots) +
                               " adapters and " + std::to_string(options_.bytes_with_results) +
                               " bytes of all that it tells are the most");
}

} // namespace hive
