#include "storage/epoch.hpp"

#include "messages/change.hpp"
#include "messages/node.capnp.h"
#include "platform/version.hpp"
#include "storage/keys.hpp"
#include "storage/schema.hpp"

#include <algorithm>
#include <span>

namespace hive {
namespace {

capnp::Data::Reader as_data(std::span<const unsigned char> bytes) {
  return {bytes.data(), bytes.size()};
}

msg<wire::NodeMeta> first_start(int64_t now_unix_micros) {
  auto keys = key_pair::generate();
  return msg<wire::NodeMeta>::build([&](wire::NodeMeta::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setPublicKey(as_data(keys.public_part()));
    out.setSecretKey(as_data(keys.secret()));
    out.setEpoch(1);
    out.setCreatedAt(now_unix_micros);
  });
}

msg<wire::NodeMeta> with_epoch(const msg<wire::NodeMeta>& before, uint64_t epoch) {
  return changed(before, [epoch](wire::NodeMeta::Builder out) { out.setEpoch(epoch); });
}

/// Also records the current schema version, because opening an older store has migrated it.
msg<wire::NodeMeta> next_start(const msg<wire::NodeMeta>& before) {
  return changed(before, [&before](wire::NodeMeta::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setEpoch(before->getEpoch() + 1);
  });
}

caf::expected<node_identity> identity_of(wire::NodeMeta::Reader meta) {
  auto open = meta.getPublicKey(), secret = meta.getSecretKey();
  auto keys = key_pair::from_secret({secret.begin(), secret.size()}, {open.begin(), open.size()});
  if (!keys)
    return fail(ec::corrupt, "the store's node identity cannot be used: " + text_of(keys.error()));
  return node_identity{node_id_of(keys->public_part()), meta.getEpoch(), *keys};
}

} // namespace

caf::expected<node_identity> begin_epoch(database& db, int64_t now_unix_micros) {
  auto before = db.get_msg<wire::NodeMeta>(column::meta, keys::node());
  if (!before)
    return before.error();
  if (*before && (**before)->getSchemaVersion() > store_schema_version)
    return fail(ec::unsupported, "the store has schema version " + std::to_string((**before)->getSchemaVersion()) +
                                   "; this hived (" + version_text + ") reads up to " +
                                   std::to_string(store_schema_version));
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
