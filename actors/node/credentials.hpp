#pragma once

#include "actors/node/certificate_authority.hpp"

namespace hive {

/// What a node or an engine shows and trusts: its certificate with its key, and the CA. Read once and used from memory,
/// so that what was checked is what is used.
struct credentials {
  certificate ca;
  certified_key own;
  certificate_role role;

  /// This certificate's signature over admission_statement(node).
  caf::expected<std::string> sign_admission(const node_id& node) const;
};

/// Reads ca.pem, cert.pem and key.pem from `directory` and checks that they fit: the key belongs to the certificate,
/// the CA signed it, it is valid at `now` (seconds since 1970) and is for `role`. The key's file must not be accessible
/// to others. Each error names the file and the reason.
caf::expected<credentials> load_credentials(const std::filesystem::path& directory, certificate_role role, int64_t now);

/// Reads a certificate and its private key. The key's file must not be accessible to others.
caf::expected<certified_key> load_certified_key(const std::filesystem::path& cert_file,
                                                const std::filesystem::path& key_file);

/// Whether `certificate_der` is a node's certificate that `ca` signed, valid at `now`, whose holder admits `node` with
/// this signature over admission_statement(node). ec::forbidden or ec::malformed with the reason when not.
caf::error check_admission(const certificate& ca, std::string_view certificate_der, const node_id& node,
                           std::string_view signature, int64_t now);

} // namespace hive
