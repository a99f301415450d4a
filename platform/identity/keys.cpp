#include "platform/identity/keys.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <sodium.h>
#include <stdexcept>

namespace hive {
namespace {

static_assert(std::tuple_size_v<public_key> == crypto_sign_PUBLICKEYBYTES);
static_assert(std::tuple_size_v<signature_bytes> == crypto_sign_BYTES);
static_assert(key_pair::seed_bytes == crypto_sign_SEEDBYTES);
static_assert(key_pair::secret_bytes == crypto_sign_SECRETKEYBYTES);

/// Must precede any other use of the library; repeated calls are free.
void init_library() {
  if (sodium_init() < 0)
    throw std::runtime_error{"libsodium cannot be initialised"};
}

} // namespace

key_pair::~key_pair() {
  sodium_memzero(secret_.data(), secret_.size());
}

key_pair key_pair::generate() {
  init_library();
  key_pair out;
  crypto_sign_keypair(out.public_.data(), out.secret_.data());
  return out;
}

key_pair key_pair::from_seed(std::span<const unsigned char, seed_bytes> seed) {
  init_library();
  key_pair out;
  crypto_sign_seed_keypair(out.public_.data(), out.secret_.data(), seed.data());
  return out;
}

caf::expected<key_pair> key_pair::from_secret(std::span<const unsigned char> secret,
                                              std::span<const unsigned char> expected) {
  if (secret.size() != secret_bytes || expected.size() != crypto_sign_PUBLICKEYBYTES)
    return fail(ec::corrupt, "the key pair has a wrong length");
  auto out = from_seed(secret.first<seed_bytes>());
  if (!std::ranges::equal(out.secret_, secret) || !std::ranges::equal(out.public_, expected))
    return fail(ec::corrupt, "the two halves of the key pair do not belong together");
  return out;
}

signature_bytes key_pair::sign(std::string_view statement) const {
  signature_bytes out{};
  crypto_sign_detached(out.data(), nullptr, bytes_of(statement), statement.size(), secret_.data());
  return out;
}

bool is_signed_by(std::span<const unsigned char> key, std::string_view statement,
                  std::span<const unsigned char> signature) {
  return key.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), bytes_of(statement), statement.size(), key.data()) == 0;
}

} // namespace hive
