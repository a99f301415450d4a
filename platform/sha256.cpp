#include "platform/sha256.hpp"

#include "messages/text.hpp"

#include <sodium.h>

namespace hive {

static_assert(std::tuple_size_v<sha256_digest> == crypto_hash_sha256_BYTES);

sha256_digest sha256(std::span<const unsigned char> bytes) {
  sha256_digest out;
  crypto_hash_sha256(out.data(), bytes.data(), bytes.size());
  return out;
}

sha256_digest sha256(std::string_view bytes) {
  return sha256(std::span{bytes_of(bytes), bytes.size()});
}

} // namespace hive
