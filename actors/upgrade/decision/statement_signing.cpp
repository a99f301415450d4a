#include "actors/upgrade/decision/statement_signing.hpp"

#include "platform/identity/node_identity.hpp"

#include <concepts>
#include <limits>
#include <span>

namespace hive {
namespace {

constexpr std::string_view statement_domain{"hivemark gate 1\0", 16};

template <std::unsigned_integral T>
void append_number(std::string& out, T value) {
  for (size_t byte = 0; byte < sizeof value; ++byte)
    out += static_cast<char>(value >> (8 * byte) & 0xFF);
}

/// Unambiguous: every part but the last has a fixed length or a length prefix.
std::string signed_bytes(const node_id& origin, wire::HiveSlot::Reader slot) {
  std::string out{statement_domain};
  out += origin.value;
  append_number(out, slot.getKind());
  append_number(out, slot.getEpoch());
  append_number(out, slot.getVersion());
  auto key = as_view(slot.getKey());
  append_number(out, static_cast<uint16_t>(key.size()));
  out += key;
  out += gate::view_of(slot.getPayload());
  return out;
}

std::span<const unsigned char> span_of(capnp::Data::Reader data) {
  return {data.begin(), data.size()};
}

} // namespace

msg<wire::StoredSlot> sign_statement(const key_pair& keys, gate::slot_type type, const std::string& key,
                                     const std::string& payload, uint64_t epoch, uint64_t version) {
  const auto& mine = keys.public_part();
  return msg<wire::StoredSlot>::build([&](wire::StoredSlot::Builder out) {
    out.setPublicKey({mine.data(), mine.size()});
    auto slot = out.initSlot();
    slot.setKind(static_cast<uint16_t>(type));
    slot.setKey(key);
    slot.setEpoch(epoch);
    slot.setVersion(version);
    slot.setPayload(gate::data_of(payload));
    auto signature = keys.sign(signed_bytes(node_id_of(mine), slot.asReader()));
    slot.setSignature({signature.data(), signature.size()});
  });
}

std::optional<node_id> verify_statement(wire::StoredSlot::Reader statement) {
  auto key = span_of(statement.getPublicKey());
  auto slot = statement.getSlot();
  auto origin = node_id_of(key);
  // A longer key would not fit its length prefix; the keys of slots are far shorter.
  if (slot.getKey().size() > std::numeric_limits<uint16_t>::max() ||
      !is_signed_by(key, signed_bytes(origin, slot), span_of(slot.getSignature())))
    return std::nullopt;
  return origin;
}

} // namespace hive
