#include "actors/hive/own_slots.hpp"

#include <utility>

namespace hive {

void own_slots::want(slot_kind kind, std::map<std::string, std::string> payloads) {
  wanted_[kind] = std::move(payloads);
}

std::vector<slot_ptr> own_slots::prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& refused) const {
  std::vector<slot_ptr> out;
  auto say = [&](const slot_name& name, const std::string& payload) {
    auto made = by.prepare(name, payload, now_unix_micros);
    if (made)
      out.push_back(std::move(*made));
    else
      refused.push_back(std::move(made.error()));
  };
  for (const auto& [kind, payloads] : wanted_)
    for (const auto& [key, payload] : payloads) {
      slot_name name{kind, key};
      auto said = by.find(by.own_id(), name);
      if (!said || said->payload != payload)
        say(name, payload);
    }
  for (const auto& said : by.slots_of(by.own_id())) {
    auto wanted = wanted_.find(said->name.kind);
    if (wanted != wanted_.end() && !said->payload.empty() && !wanted->second.contains(said->name.key))
      say(said->name, {});
  }
  return out;
}

} // namespace hive
