#pragma once

#include "actors/upgrade/gate/track.hpp"

namespace hive::gate {

/// Signs a slot of this node and adds it to what is to be written.
template <class T>
statement_ptr track::write(slot_type type, T content, const std::string& payload, effects& out) {
  auto made = std::make_shared<statement>();
  made->origin = options_.self;
  made->type = type;
  made->track = number_;
  made->whole = crypto_.sign(type, slot_key(type, number_), payload);
  made->epoch = made->whole->getSlot().getEpoch();
  made->version = made->whole->getSlot().getVersion();
  made->content = std::move(content);
  // One write holds the newest of a slot alone.
  std::erase_if(out.slots, [&](const auto& each) { return each->type == type && each->track == number_; });
  out.slots.push_back(made);
  return made;
}

} // namespace hive::gate
