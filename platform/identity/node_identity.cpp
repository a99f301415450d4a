#include "platform/identity/node_identity.hpp"

#include "platform/hex.hpp"
#include "platform/sha256.hpp"

namespace hive {

node_id node_id_of(std::span<const unsigned char> public_key) {
  constexpr size_t node_id_bytes = 16;
  auto hash = sha256(public_key);
  return {to_hex(std::span{hash}.first<node_id_bytes>())};
}

} // namespace hive
