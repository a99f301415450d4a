#pragma once

#include "messages/guardrail.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/keys.hpp"
#include "platform/work_limit.hpp"

#include <array>
#include <caf/expected.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The guardrail manifest: builds, signs and verifies a list of files and patterns whose changes must not go unnoticed.
/// All functions block on file access.
namespace hive::guardrail {

/// Writes a key as one line of hex to a new file; secret keys get mode 0600. ec::already_exists instead of overwriting.
caf::error write_secret_key(const std::filesystem::path& path, const key_pair& key);
caf::error write_public_key(const std::filesystem::path& path, const public_key& key);

/// Reads a key file. ec::forbidden when a secret key is accessible to others than its owner, ec::invalid when it is
/// named like a public key (*.pub), ec::malformed when it does not hold a key; otherwise fails like read_file.
caf::expected<key_pair> read_secret_key(const std::filesystem::path& path);
caf::expected<public_key> read_public_key(const std::filesystem::path& path);

/// A text whose wording is guarded, such as a prompt or a regular expression.
struct pattern {
  std::string name;
  std::string body;
};

/// Hashes `files` (paths relative to `directory`) and `patterns` into an unsigned manifest, each sorted by the bytes of
/// its keys. `root` is the directory's path relative to the manifest's future location; empty when both are the same.
/// ec::invalid for a path that is absolute, contains `.` or `..`, is listed twice or leaves the directory through a
/// symbolic link, and for an empty manifest.
caf::expected<msg<wire::GuardrailManifest>> build_manifest(const std::filesystem::path& directory,
                                                           std::span<const std::string> files,
                                                           std::span<const pattern> patterns,
                                                           std::string_view root = {});

/// Signs `manifest`, replacing an earlier signature.
msg<wire::GuardrailManifest> sign(const msg<wire::GuardrailManifest>& manifest, const key_pair& key);

/// Writes the manifest as JSON, replacing `path` atomically.
caf::error write_manifest(const std::filesystem::path& path, const msg<wire::GuardrailManifest>& manifest);

/// Reads a manifest from JSON without verifying it.
caf::expected<msg<wire::GuardrailManifest>> read_manifest(const std::filesystem::path& path);

/// One difference from what was signed.
struct finding {
  std::string subject; ///< the file's path, `pattern NAME`, or `manifest`
  std::string what;    ///< such as "has changed" or "is missing"
};

struct verification {
  std::vector<finding> findings; ///< empty when everything is as signed
  size_t files = 0;              ///< number checked
  size_t patterns = 0;           ///< number checked

  bool ok() const {
    return findings.empty();
  }
};

/// Verifies the signature against the caller's trusted key, never against the key in the manifest, and hashes all files
/// and patterns again. Changed, missing and unreadable files are findings. Fails when the manifest itself is missing,
/// unreadable, malformed or empty, and when `limit` ends the work.
caf::expected<verification> verify(const std::filesystem::path& manifest_path, const public_key& trusted,
                                   const work_limit& limit = {});

} // namespace hive::guardrail
