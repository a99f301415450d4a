#include "platform/identity/node_identity.hpp"

#include "platform/hex.hpp"

#include <array>
#include <sodium.h>

namespace hive {

node_id node_id_of(std::span<const unsigned char> public_key) {
  constexpr size_t node_id_bytes = 16;
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), public_key.data(), public_key.size());
  return {to_hex(std::span{hash}.first<node_id_bytes>())};
}

} // namespace hive
