#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "platform/create_file.hpp"
#include "platform/hex.hpp"
#include "platform/read_file.hpp"

#include <sodium.h>

namespace hive::guardrail {
namespace {

/// A key file is 64 digits and a line end; a much longer file is something else.
constexpr size_t max_key_file_bytes = 256;

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

caf::error write_secret_key(const std::filesystem::path& path, const key_pair& key) {
  return create_file(path, to_hex(key.seed()) + "\n", 0600);
}

caf::error write_public_key(const std::filesystem::path& path, const public_key& key) {
  return create_file(path, to_hex(key) + "\n", 0644);
}

caf::expected<key_pair> read_secret_key(const std::filesystem::path& path) {
  auto file = open_regular_file(path);
  if (!file)
    return name_file(path, file.error());
  // Both kinds of file look alike, and everybody can sign with a "secret" key that is a public one.
  if (path.extension() == ".pub") {
    auto secret = std::filesystem::path{path}.replace_extension(".key").string();
    return fail(ec::invalid, path.string() + " is named like a public key; signing needs the secret key, " + secret);
  }
  if ((file->status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(ec::forbidden, path.string() + " is a secret key that others may access; run chmod 600 on it");
  auto seed = parse_key(path, *file, "secret");
  if (!seed)
    return seed.error();
  auto key = key_pair::from_seed(*seed);
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
  return *bytes;
}

} // namespace hive::guardrail
