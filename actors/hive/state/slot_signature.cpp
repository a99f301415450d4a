#include "actors/hive/state/slot_signature.hpp"

#include "messages/text.hpp"
#include "platform/identity/node_identity.hpp"

#include <concepts>
#include <sodium.h>
#include <string>

namespace hive {
namespace {

constexpr std::string_view domain{"hivemark slot 1\0", 16};

template <std::unsigned_integral T>
void append(std::string& out, T value) {
  for (size_t byte = 0; byte < sizeof value; ++byte)
    out += static_cast<char>(value >> (8 * byte) & 0xFF);
}

/// Unambiguous encoding of the content: every part but the last has a fixed length or a length prefix.
void append_content(std::string& out, const slot& what) {
  append(out, static_cast<uint16_t>(what.name.kind));
  append(out, what.stamp.epoch);
  append(out, what.stamp.version);
  append(out, static_cast<uint16_t>(what.name.key.size()));
  out += what.name.key;
  out += what.payload;
}

std::string signed_bytes(const slot& what, const public_key& key) {
  std::string out{domain};
  out += node_id_of(key).value;
  append_content(out, what);
  return out;
}

} // namespace

void sign(slot& what, const key_pair& keys) {
  what.signature = keys.sign(signed_bytes(what, keys.public_part()));
}

bool is_signed_by(const slot& what, const public_key& key) {
  return is_signed_by(key, signed_bytes(what, key), what.signature);
}

content_hash hash_of(const slot& what) {
  std::string text;
  append_content(text, what);
  content_hash out;
  crypto_generichash(out.data(), out.size(), bytes_of(text), text.size(), nullptr, 0);
  return out;
}

} // namespace hive
