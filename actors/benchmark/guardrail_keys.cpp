#include "actors/benchmark/file_reader.hpp"
#include "actors/benchmark/guardrail_manifest.hpp"
#include "actors/benchmark/hex.hpp"
#include "actors/benchmark/new_file.hpp"

#include <sodium.h>
#include <stdexcept>

namespace hive::guardrail {
namespace {

static_assert(std::tuple_size_v<decltype(public_key::bytes)> == crypto_sign_PUBLICKEYBYTES);
static_assert(secret_key::seed_bytes == crypto_sign_SEEDBYTES);

/// A key file is 64 digits and a line end; anything much longer is another file.
constexpr size_t max_key_file_bytes = 256;

/// Must come before any other use of the library; costs nothing the second time.
void init_library() {
  if (sodium_init() < 0)
    throw std::runtime_error{"libsodium cannot be initialised"};
}

caf::expected<std::array<unsigned char, 32>> parse_key(const std::filesystem::path& path, const opened_file& file,
                                                       const char* kind) {
  auto text = read_all(file, max_key_file_bytes);
  if (!text)
    return name_file(path, text.error());
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
    text->pop_back();
  std::array<unsigned char, 32> bytes{};
  bool good = from_hex(*text, bytes);
  sodium_memzero(text->data(), text->size());
  if (!good)
    return fail(ec::malformed, path.string() + " is no " + kind + " key: it must hold 64 lower-case hex digits");
  return bytes;
}

} // namespace

std::string to_hex(const public_key& key) {
  return hive::to_hex(key.bytes);
}

secret_key::secret_key(std::span<const unsigned char, seed_bytes> seed) {
  init_library();
  guardrail::public_key unused;
  crypto_sign_seed_keypair(unused.bytes.data(), bytes_.data(), seed.data());
}

secret_key::~secret_key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

public_key secret_key::public_key() const {
  guardrail::public_key out;
  crypto_sign_ed25519_sk_to_pk(out.bytes.data(), bytes_.data());
  return out;
}

std::string secret_key::seed_hex() const {
  std::array<unsigned char, seed_bytes> seed{};
  crypto_sign_ed25519_sk_to_seed(seed.data(), bytes_.data());
  auto out = hive::to_hex(seed);
  sodium_memzero(seed.data(), seed.size());
  return out;
}

std::array<unsigned char, 64> secret_key::sign(std::span<const unsigned char> message) const {
  std::array<unsigned char, 64> signature{};
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), bytes_.data());
  return signature;
}

key_pair make_key_pair() {
  init_library();
  std::array<unsigned char, secret_key::seed_bytes> seed{};
  randombytes_buf(seed.data(), seed.size());
  secret_key secret{seed};
  sodium_memzero(seed.data(), seed.size());
  return {secret.public_key(), secret};
}

caf::error write_secret_key(const std::filesystem::path& path, const secret_key& key) {
  return create_file(path, key.seed_hex() + "\n", 0600);
}

caf::error write_public_key(const std::filesystem::path& path, const public_key& key) {
  return create_file(path, to_hex(key) + "\n", 0644);
}

caf::expected<secret_key> read_secret_key(const std::filesystem::path& path) {
  auto file = open_regular_file(path);
  if (!file)
    return name_file(path, file.error());
  // Inside both kinds look alike, and what a public key signs, everybody could have signed.
  if (path.extension() == ".pub") {
    auto secret = std::filesystem::path{path}.replace_extension(".key").string();
    return fail(ec::invalid, path.string() + " is a public key by its name; to sign takes the secret key, " + secret);
  }
  if ((file->status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(ec::forbidden, path.string() + " is a secret key that others may access; run chmod 600 on it");
  auto seed = parse_key(path, *file, "secret");
  if (!seed)
    return seed.error();
  secret_key key{*seed};
  sodium_memzero(seed->data(), seed->size());
  return key;
}

caf::expected<public_key> read_public_key(const std::filesystem::path& path) {
  auto file = open_regular_file(path);
  if (!file)
    return name_file(path, file.error());
  auto bytes = parse_key(path, *file, "public");
  if (!bytes)
    return bytes.error();
  return public_key{*bytes};
}

} // namespace hive::guardrail
