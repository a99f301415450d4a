#include "actors/engines/load_slots.hpp"

#include "messages/hive.capnp.h"
#include "messages/packed.hpp"

namespace hive {
namespace {

constexpr auto load_key = "load";

} // namespace

slot_rules load_rules() {
  auto decode = [](std::string_view, std::string_view payload) -> caf::expected<slot_content> {
    auto load = from_packed<wire::NodeLoad>(payload);
    if (!load)
      return load.error();
    return make_content(std::move(*load));
  };
  auto describe = [](const slot_content& content, wire::NodeInfo::Builder out) {
    if (const auto* load = content_as<msg<wire::NodeLoad>>(content))
      out.setSpawned((*load)->getSpawned());
  };
  return {load_kind, "load", decode, describe};
}

publish_slots load_to_publish(uint32_t spawned) {
  auto load = msg<wire::NodeLoad>::build([&](wire::NodeLoad::Builder out) { out.setSpawned(spawned); });
  return {load_kind, {{load_key, to_packed(load)}}};
}

} // namespace hive
