#include "actors/hive/state/slot.hpp"

#include "messages/packed.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/common.h>

namespace hive {
namespace {

constexpr size_t word = sizeof(capnp::word);

constexpr size_t padded(size_t bytes) {
  return (bytes + word - 1) / word * word;
}

} // namespace

slot_ptr from_wire(wire::HiveSlot::Reader from) {
  auto signature = from.getSignature();
  slot out;
  if (signature.size() != out.signature.size())
    return nullptr;
  std::ranges::copy(signature, out.signature.begin());
  out.name = {static_cast<slot_kind>(from.getKind()), std::string{as_view(from.getKey())}};
  out.stamp = {from.getEpoch(), from.getVersion()};
  auto payload = from.getPayload();
  out.payload.assign(reinterpret_cast<const char*>(payload.begin()), payload.size());
  return std::make_shared<const slot>(std::move(out));
}

void to_wire(const slot& from, wire::HiveSlot::Builder out) {
  out.setKind(static_cast<uint16_t>(from.name.kind));
  out.setKey(from.name.key);
  out.setEpoch(from.stamp.epoch);
  out.setVersion(from.stamp.version);
  if (!from.payload.empty())
    out.setPayload({reinterpret_cast<const kj::byte*>(from.payload.data()), from.payload.size()});
  out.setSignature({from.signature.data(), from.signature.size()});
}

msg<wire::StoredSlot> to_stored(const public_key& key, const slot& what) {
  return msg<wire::StoredSlot>::build([&](wire::StoredSlot::Builder out) {
    out.setPublicKey({key.data(), key.size()});
    to_wire(what, out.initSlot());
  });
}

caf::expected<slot_content> decode_card(const slot& what) {
  auto card = from_packed<wire::NodeCard>(what.payload);
  if (!card)
    return fail(ec::malformed, "it is no card: " + text_of(card.error()));
  return make_content(std::move(*card));
}

size_t wire_bytes(const slot& of) {
  constexpr size_t fixed = 3 * word + 3 * word; // the struct's data and its pointers
  return fixed + padded(of.name.key.size() + 1) + padded(of.payload.size()) + padded(of.signature.size());
}

} // namespace hive
