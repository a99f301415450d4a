#include "tests/actors/upgrade/gate/gate_signing.hpp"

#include "platform/hex.hpp"

#include <array>
#include <cstring>

namespace hive::gate::testing {
namespace {

constexpr size_t key_bytes = 32;
constexpr size_t signature_size = 64;

/// Stands in for a signature: nobody in the world makes one for another node.
std::array<uint64_t, 8> mark_of(rank signer, wire::HiveSlot::Reader slot) {
  uint64_t state = 0x9E3779B97F4A7C15 * (signer + 1u);
  auto mix = [&](uint64_t word) { state = (state ^ word) * 0xFF51AFD7ED558CCD + (state >> 29); };
  mix(slot.getKind());
  mix(slot.getEpoch());
  mix(slot.getVersion());
  auto payload = slot.getPayload();
  mix(payload.size());
  for (size_t i = 0; i < payload.size(); i += sizeof state) {
    uint64_t word = 0;
    std::memcpy(&word, payload.begin() + i, std::min(sizeof word, payload.size() - i));
    mix(word);
  }
  for (char c : slot.getKey())
    mix(static_cast<unsigned char>(c));
  std::array<uint64_t, 8> out{};
  for (auto& each : out)
    each = state;
  return out;
}

capnp::Data::Reader bytes_of_mark(const std::array<uint64_t, 8>& mark) {
  return {reinterpret_cast<const kj::byte*>(mark.data()), sizeof mark};
}

} // namespace

node_id id_of(rank number) {
  std::array<unsigned char, 16> bytes{};
  bytes[0] = number;
  return {to_hex(bytes)};
}

msg<wire::StoredSlot> sign(rank signer, slot_type type, const std::string& key, const std::string& payload,
                           uint64_t epoch, uint64_t version) {
  return msg<wire::StoredSlot>::build([&](wire::StoredSlot::Builder out) {
    std::array<unsigned char, key_bytes> public_key{};
    public_key[0] = signer;
    out.setPublicKey({public_key.data(), public_key.size()});
    auto slot = out.initSlot();
    slot.setKind(static_cast<uint16_t>(type));
    slot.setKey(key);
    slot.setEpoch(epoch);
    slot.setVersion(version);
    slot.setPayload(data_of(payload));
    slot.setSignature(bytes_of_mark(mark_of(signer, slot.asReader())));
  });
}

std::optional<node_id> verify(wire::StoredSlot::Reader slot) {
  if (slot.getPublicKey().size() != key_bytes || slot.getSlot().getSignature().size() != signature_size)
    return std::nullopt;
  rank signer = slot.getPublicKey()[0];
  if (view_of(slot.getSlot().getSignature()) != view_of(bytes_of_mark(mark_of(signer, slot.getSlot()))))
    return std::nullopt;
  return id_of(signer);
}

} // namespace hive::gate::testing
