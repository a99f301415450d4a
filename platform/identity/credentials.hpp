#pragma once

#include "platform/identity/certificate_authority.hpp"

namespace hive {

/// What a node or an engine shows and trusts: its certificate with its key, and the CAs. Read once and used from
/// memory, so that what was checked is what is used.
struct credentials {
  std::vector<certificate> trusted; ///< CAs, one at least; expired ones too, since cards of their time still count
  certified_key own;
  certificate_role role;

  /// The CA that issued this certificate.
  const certificate& issuer() const;

  /// This certificate's signature over admission_statement(node).
  caf::expected<std::string> sign_admission(const node_id& node) const;
};

/// Reads ca.pem, cert.pem and key.pem from `directory` and checks that they fit: the key belongs to the certificate,
/// one of the CAs signed it, it is valid at `now` (seconds since 1970) and is for `role`. The key's file must not be
/// accessible to others. Each error names the file and the reason.
caf::expected<credentials> load_credentials(const std::filesystem::path& directory, certificate_role role, int64_t now);

/// Reads the certificates of a file, one at least. ec::malformed naming the file, and which one of several.
caf::expected<std::vector<certificate>> load_certificates(const std::filesystem::path& file);

/// Reads a certificate and its private key. The key's file must not be accessible to others.
caf::expected<certified_key> load_certified_key(const std::filesystem::path& cert_file,
                                                const std::filesystem::path& key_file);

/// The certificate in `certificate_der`, if it is a node's that one of `trusted` signed, valid at `when` (seconds since
/// 1970), whose holder admits `node` with this signature over admission_statement(node). ec::forbidden or ec::malformed
/// with the reason when not.
caf::expected<certificate> check_admission(const std::vector<certificate>& trusted, std::string_view certificate_der,
                                           const node_id& node, std::string_view signature, int64_t when);

} // namespace hive
