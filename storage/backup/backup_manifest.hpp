#pragma once

#include "messages/backup.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/keys.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive {

/// The manifest with the public part of `keys`, the id of its node, and its signature.
msg<wire::BackupManifest> sign_manifest(const msg<wire::BackupManifest>& manifest, const key_pair& keys);

/// The manifest as its file holds it.
std::string manifest_text(const msg<wire::BackupManifest>& manifest);

/// Reads the text of a manifest. ec::corrupt unless it is byte for byte what manifest_text wrote, and is signed by the
/// node that it names; ec::unsupported for the layout, or a store, of a later version; it names both.
caf::expected<msg<wire::BackupManifest>> parse_manifest(std::string_view text);

} // namespace hive
