#pragma once

#include "platform/identity/certificate.hpp"

#include <filesystem>
#include <optional>

namespace hive {

/// Names of the files that hold a hive's certificates, each alone in its directory's.
namespace certificate_files {
inline constexpr auto ca =
  "ca.pem"; ///< certificates of the CAs that everybody trusts; more than one while a CA is replaced
inline constexpr auto ca_key = "ca-key.pem";    ///< the CA's private key; stays where certificates are issued
inline constexpr auto certificate = "cert.pem"; ///< the holder's certificate
inline constexpr auto key = "key.pem";          ///< the holder's private key
} // namespace certificate_files

/// A certificate with its private key.
struct certified_key {
  certificate cert;
  private_key key;
};

/// Whom a certificate is for.
struct certificate_request {
  certificate_role role = certificate_role::node;
  std::string name;       ///< a valid id
  int64_t not_before = 0; ///< seconds since 1970
  int64_t not_after = 0;
};

/// Makes a CA that can only sign certificates, not further CAs, with a new key unless one is given. ec::invalid for a
/// name that is no id and for times that do not follow each other.
caf::expected<certified_key> make_ca(const std::string& name, int64_t not_before, int64_t not_after,
                                     std::optional<private_key> key = {});

/// Makes a certificate that `ca` signs, with a new key unless one is given. ec::invalid as above, and for a certificate
/// that would outlive the CA's.
caf::expected<certified_key> issue_certificate(const certified_key& ca, const certificate_request& request,
                                               std::optional<private_key> key = {});

/// Makes a CA of this name that is valid for `days` from `now` and keeps it in `directory`, which is made when it is
/// missing. Replaces nothing: ec::already_exists names the file that is there. Private keys get mode 0600.
caf::expected<certified_key> create_ca(const std::filesystem::path& directory, const std::string& name, uint32_t days,
                                       int64_t now);

/// Issues a certificate with the CA in `ca_directory` and keeps what its holder needs in `directory`: cert.pem,
/// key.pem, and ca.pem with all certificates that the CA's has. The first of them must be that of the CA's key. Its
/// dates end with the CA's where `days` would go further. Replaces nothing, as above.
caf::expected<certified_key> issue_into(const std::filesystem::path& ca_directory,
                                        const std::filesystem::path& directory, certificate_role role,
                                        const std::string& name, uint32_t days, int64_t now);

} // namespace hive
