#pragma once

#include "platform/identity/certificate_authority.hpp"

namespace hive {

/// What a node or engine presents and trusts: its certificate and key, and the CAs. Read once and then used from
/// memory, so that files changed after the check have no effect.
struct credentials {
  std::vector<certificate> trusted; ///< CAs, at least one; including expired ones, because cards from their time remain
                                    ///< valid
  certified_key own;
  certificate_role role;

  /// The CA certificate that signed `own`.
  const certificate& issuer() const;

  /// Signs admission_statement(node) with this certificate's key.
  caf::expected<std::string> sign_admission(const node_id& node) const;
};

/// Reads ca.pem, cert.pem and key.pem from `directory` and checks them: the key belongs to the certificate, one of the
/// CAs signed it, it is valid at `now` (seconds since 1970), and it is for `role`. The key file must not be accessible
/// to others. Errors name the file and the reason.
caf::expected<credentials> load_credentials(const std::filesystem::path& directory, certificate_role role, int64_t now);

/// Reads the certificates in a file, at least one. ec::malformed names the file and, when it holds several
/// certificates, which one.
caf::expected<std::vector<certificate>> load_certificates(const std::filesystem::path& file);

/// Reads a certificate and its private key. The key file must not be accessible to others.
caf::expected<certified_key> load_certified_key(const std::filesystem::path& cert_file,
                                                const std::filesystem::path& key_file);

/// Checks that `certificate_der` is a node's certificate, signed by one of `trusted` and valid at `when` (seconds since
/// 1970), and that its holder signed admission_statement(node). Returns the certificate. Fails with ec::forbidden or
/// ec::malformed and the reason.
caf::expected<certificate> check_admission(const std::vector<certificate>& trusted, std::string_view certificate_der,
                                           const node_id& node, std::string_view signature, int64_t when);

} // namespace hive
