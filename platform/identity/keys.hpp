#pragma once

#include <array>
#include <caf/expected.hpp>
#include <span>
#include <string_view>

namespace hive {

/// Ed25519 (RFC 8032), from libsodium.
using public_key = std::array<unsigned char, 32>;
using signature_bytes = std::array<unsigned char, 64>;

/// An Ed25519 key pair. The destructor wipes the secret key from memory. A default-constructed pair is all zeros; its
/// signatures are never valid.
class key_pair {
public:
  static constexpr size_t seed_bytes = 32;
  static constexpr size_t secret_bytes = 64;

  key_pair() = default;
  key_pair(const key_pair&) = default;
  key_pair& operator=(const key_pair&) = default;
  ~key_pair();

  /// Generates a pair from the system's random source. Throws std::runtime_error when libsodium cannot be initialised.
  static key_pair generate();

  /// Derives the pair from `seed`. Throws like `generate`.
  static key_pair from_seed(std::span<const unsigned char, seed_bytes> seed);

  /// Restores a pair from bytes that `secret()` returned. ec::corrupt when the length is wrong or `expected` is not its
  /// public key.
  static caf::expected<key_pair> from_secret(std::span<const unsigned char> secret,
                                             std::span<const unsigned char> expected);

  const public_key& public_part() const {
    return public_;
  }

  /// libsodium's secret key: the seed followed by the public key.
  std::span<const unsigned char, secret_bytes> secret() const {
    return secret_;
  }

  std::span<const unsigned char, seed_bytes> seed() const {
    return std::span{secret_}.first<seed_bytes>();
  }

  signature_bytes sign(std::string_view statement) const;

private:
  public_key public_{};
  std::array<unsigned char, secret_bytes> secret_{};
};

/// Whether the holder of `key` signed `statement`. False for a key or signature of the wrong length.
bool is_signed_by(std::span<const unsigned char> key, std::string_view statement,
                  std::span<const unsigned char> signature);

} // namespace hive
