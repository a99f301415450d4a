#include "actors/node/identity.hpp"

#include "messages/change.hpp"
#include "messages/node.capnp.h"
#include "storage/keys.hpp"
#include "storage/schema.hpp"

#include <algorithm>
#include <sodium.h>

namespace hive {
namespace {

constexpr size_t node_id_bytes = 16;

struct key_pair {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key;
};

key_pair make_key_pair() {
  key_pair out;
  crypto_sign_keypair(out.public_key.data(), out.secret_key.data());
  return out;
}

msg<wire::NodeMeta> first_start(int64_t now_unix_micros) {
  auto keys = make_key_pair();
  return msg<wire::NodeMeta>::build([&](wire::NodeMeta::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setPublicKey({keys.public_key.data(), keys.public_key.size()});
    out.setSecretKey({keys.secret_key.data(), keys.secret_key.size()});
    out.setEpoch(1);
    out.setCreatedAt(now_unix_micros);
  });
}

msg<wire::NodeMeta> with_epoch(const msg<wire::NodeMeta>& before, uint64_t epoch) {
  return changed(before, [epoch](wire::NodeMeta::Builder out) { out.setEpoch(epoch); });
}

/// Also raises the schema version of a store that was opened as an older one: opening it has migrated it.
msg<wire::NodeMeta> next_start(const msg<wire::NodeMeta>& before) {
  return changed(before, [&before](wire::NodeMeta::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setEpoch(before->getEpoch() + 1);
  });
}

/// Takes the keys over when they have the lengths of keys.
caf::expected<node_identity> identity_of(wire::NodeMeta::Reader meta) {
  node_identity out;
  auto open = meta.getPublicKey();
  auto secret = meta.getSecretKey();
  if (open.size() != out.public_key.size() || secret.size() != out.secret_key.size())
    return fail(ec::corrupt, "the store's node identity has keys of a wrong length");
  std::copy(open.begin(), open.end(), out.public_key.begin());
  std::copy(secret.begin(), secret.end(), out.secret_key.begin());
  out.id = node_id_of(out.public_key);
  out.epoch = meta.getEpoch();
  return out;
}

} // namespace

node_id node_id_of(std::span<const unsigned char> public_key) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), public_key.data(), public_key.size());
  std::string hex(2 * node_id_bytes + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), node_id_bytes);
  hex.pop_back();
  return {std::move(hex)};
}

caf::expected<node_identity> begin_epoch(database& db, int64_t now_unix_micros) {
  if (sodium_init() < 0)
    return fail(ec::internal, "libsodium cannot be initialised");
  auto before = db.get_msg<wire::NodeMeta>(column::meta, keys::node());
  if (!before)
    return before.error();
  if (*before && (**before)->getSchemaVersion() > store_schema_version)
    return fail(ec::unsupported, "the store has schema version " + std::to_string((**before)->getSchemaVersion()) +
                                   ", this hived reads up to " + std::to_string(store_schema_version));
  auto now = *before ? next_start(**before) : first_start(now_unix_micros);
  write_set writes;
  writes.put(column::meta, keys::node(), now.bytes());
  if (auto err = db.write(writes))
    return err;
  return identity_of(*now);
}

caf::expected<epoch_change> epoch_write(const database& db, uint64_t wanted) {
  auto before = db.get_msg<wire::NodeMeta>(column::meta, keys::node());
  if (!before)
    return before.error();
  if (!*before)
    return fail(ec::corrupt, "the store has no node identity");
  epoch_change out;
  out.epoch = std::max(wanted, (**before)->getEpoch() + 1);
  out.writes.put(column::meta, keys::node(), with_epoch(**before, out.epoch).bytes());
  return out;
}

} // namespace hive
