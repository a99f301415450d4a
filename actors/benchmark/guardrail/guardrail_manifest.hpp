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

/// The guardrail manifest: makes, signs and checks the list of files and patterns that must not change unnoticed.
/// Everything here blocks while it reads files.
namespace hive::guardrail {

/// Writes a key as one line of hex into a new file: the secret one with mode 0600. ec::already_exists rather than
/// replacing a key.
caf::error write_secret_key(const std::filesystem::path& path, const key_pair& key);
caf::error write_public_key(const std::filesystem::path& path, const public_key& key);

/// Reads a key file. ec::forbidden for a secret key that others than its owner may access, ec::invalid for one that is
/// named like a public key (*.pub); ec::malformed, and the errors of read_file.
caf::expected<key_pair> read_secret_key(const std::filesystem::path& path);
caf::expected<public_key> read_public_key(const std::filesystem::path& path);

/// A text whose wording is guarded, such as a prompt or a regular expression.
struct pattern {
  std::string name;
  std::string body;
};

/// Hashes `files`, which are paths relative to `directory`, and `patterns` into an unsigned manifest, each in byte
/// order of its keys. `root` is what the manifest says about the directory: its path relative to where the manifest
/// will stand, empty when that is the directory itself. ec::invalid for a path that is absolute, has a component `.` or
/// `..`, stands twice or leaves the directory through a symbolic link, and for a manifest that would guard nothing.
caf::expected<msg<wire::GuardrailManifest>> build_manifest(const std::filesystem::path& directory,
                                                           std::span<const std::string> files,
                                                           std::span<const pattern> patterns,
                                                           std::string_view root = {});

/// `manifest` signed now; an earlier signature is replaced.
msg<wire::GuardrailManifest> sign(const msg<wire::GuardrailManifest>& manifest, const key_pair& key);

/// Writes the manifest as JSON, replacing `path` in one step.
caf::error write_manifest(const std::filesystem::path& path, const msg<wire::GuardrailManifest>& manifest);

/// Reads the JSON of a manifest without judging it.
caf::expected<msg<wire::GuardrailManifest>> read_manifest(const std::filesystem::path& path);

/// One thing that is not as it was signed.
struct finding {
  std::string subject; ///< the file's path, `pattern NAME`, or `manifest`
  std::string what;    ///< such as "has changed" or "is missing"
};

struct verification {
  std::vector<finding> findings; ///< empty when all is as it was signed
  size_t files = 0;              ///< checked
  size_t patterns = 0;           ///< checked

  bool ok() const {
    return findings.empty();
  }
};

/// Checks the signature against the key that the caller trusts, never against the one the manifest names, and hashes
/// every file and pattern again. A file that changed, is missing or cannot be read is a finding. Fails when the
/// manifest itself is missing, unreadable, malformed or guards nothing, and when `limit` ends the work.
caf::expected<verification> verify(const std::filesystem::path& manifest_path, const public_key& trusted,
                                   const work_limit& limit = {});

} // namespace hive::guardrail
