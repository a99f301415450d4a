#include "storage/backup/backup_manifest.hpp"

#include "messages/canonical_json.hpp"
#include "messages/change.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/identity/node_identity.hpp"
#include "platform/version.hpp"
#include "storage/schema.hpp"

namespace hive {
namespace {

constexpr uint32_t known_format = 1;

/// What the node signs. The first line keeps the signature from being taken for one of another kind of statement.
std::string statement_of(const msg<wire::BackupManifest>& manifest) {
  auto bare = changed(manifest, [](wire::BackupManifest::Builder out) { out.disownSignature(); });
  return "hivemark backup manifest\n" + to_canonical_json(bare);
}

caf::error check_signature(const msg<wire::BackupManifest>& manifest) {
  public_key key{};
  signature_bytes signature{};
  if (!from_hex(as_view(manifest->getPublicKey()), key) || !from_hex(as_view(manifest->getSignature()), signature))
    return fail(ec::corrupt, "has a key or a signature of the wrong form");
  if (node_id_of(key).value != as_view(manifest->getNode()))
    return fail(ec::corrupt, "names a node that its key does not belong to");
  if (!is_signed_by(key, statement_of(manifest), signature))
    return fail(ec::corrupt, "is not as its node signed it");
  return caf::none;
}

/// Asked before anything else of the manifest: the rest of a later version may have another form.
caf::error check_version(wire::BackupVersion::Reader version) {
  auto what = [&]() -> std::string {
    if (version.getFormat() > known_format)
      return "has format " + std::to_string(version.getFormat()) + "; this program (" + version_text +
             ") reads up to " + std::to_string(known_format);
    if (version.getSchemaVersion() > store_schema_version)
      return "is of a store of schema version " + std::to_string(version.getSchemaVersion()) + "; this program (" +
             version_text + ") reads up to " + std::to_string(store_schema_version);
    return {};
  }();
  if (what.empty())
    return caf::none;
  auto software = printable(cut_text(as_view(version.getSoftware()), 64));
  return fail(ec::unsupported, what + ". Use hived " + (software.empty() ? "of a later release" : software) +
                                 ", which made the backup, or a later one");
}

} // namespace

msg<wire::BackupManifest> sign_manifest(const msg<wire::BackupManifest>& manifest, const key_pair& keys) {
  auto named = changed(manifest, [&keys](wire::BackupManifest::Builder out) {
    out.setNode(node_id_of(keys.public_part()).value);
    out.setPublicKey(to_hex(keys.public_part()));
    out.disownSignature();
  });
  auto signature = keys.sign(statement_of(named));
  return changed(named, [&signature](wire::BackupManifest::Builder out) { out.setSignature(to_hex(signature)); });
}

std::string manifest_text(const msg<wire::BackupManifest>& manifest) {
  return to_pretty_json(manifest) + "\n";
}

caf::expected<msg<wire::BackupManifest>> parse_manifest(std::string_view text) {
  if (auto version = from_json<wire::BackupVersion>(text))
    if (auto err = check_version(**version))
      return err;
  auto manifest = from_json<wire::BackupManifest>(text);
  if (!manifest)
    return fail(ec::corrupt, "is damaged: " + text_of(manifest.error()));
  if (auto err = check_signature(*manifest))
    return err;
  // The signature does not cover spaces; a changed one is damage too.
  if (manifest_text(*manifest) != text)
    return fail(ec::corrupt, "is not as hived wrote it");
  return manifest;
}

} // namespace hive
