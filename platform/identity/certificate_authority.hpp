#pragma once

#include "platform/identity/certificate.hpp"

#include <filesystem>
#include <optional>

namespace hive {

/// Names of certificate files within a directory.
namespace certificate_files {
inline constexpr auto ca = "ca.pem"; ///< certificates of the trusted CAs; more than one while a CA is being replaced
inline constexpr auto ca_key = "ca-key.pem";    ///< the CA's private key; stays on the machine that issues certificates
inline constexpr auto certificate = "cert.pem"; ///< the holder's certificate
inline constexpr auto key = "key.pem";          ///< the holder's private key
} // namespace certificate_files

/// A certificate with its private key.
struct certified_key {
  certificate cert;
  private_key key;
};

/// Parameters of a certificate to issue.
struct certificate_request {
  certificate_role role = certificate_role::node;
  std::string name;       ///< a valid id
  int64_t not_before = 0; ///< seconds since 1970
  int64_t not_after = 0;
  /// Host names and IP addresses, beside its name, that clients of HTTPS may know it by. At most `max_hosts`.
  std::vector<std::string> hosts = {};

  static constexpr size_t max_hosts = 64;
};

/// Makes a CA that can sign certificates but no further CAs. Generates a key unless one is given. ec::invalid when the
/// name is not a valid id or the times are out of order.
caf::expected<certified_key> make_ca(const std::string& name, int64_t not_before, int64_t not_after,
                                     std::optional<private_key> key = {});

/// Makes a certificate signed by `ca`. Generates a key unless one is given. ec::invalid like make_ca, and when the
/// certificate would outlive the CA's, and for a host that is none.
caf::expected<certified_key> issue_certificate(const certified_key& ca, const certificate_request& request,
                                               std::optional<private_key> key = {});

/// Makes a CA that is valid for `days` from `now` and stores it in `directory`, which is created if needed. Overwrites
/// nothing: ec::already_exists names the existing file. Private keys get mode 0600.
caf::expected<certified_key> create_ca(const std::filesystem::path& directory, const std::string& name, uint32_t days,
                                       int64_t now);

/// Issues a certificate with the CA in `ca_directory` and writes the holder's files to `directory`: cert.pem, key.pem,
/// and ca.pem with all certificates of the CA's own ca.pem. The first of these must belong to the CA's key. The
/// certificate expires no later than the CA's. It is in the CA's ledger before its files are there. Overwrites nothing,
/// like create_ca.
caf::expected<certified_key> issue_into(const std::filesystem::path& ca_directory,
                                        const std::filesystem::path& directory, certificate_role role,
                                        const std::string& name, uint32_t days, int64_t now,
                                        const std::vector<std::string>& hosts = {});

/// Issues a certificate for the name, hosts and role of the one in `directory`, with a new key, and replaces the files
/// there: ca.pem, key.pem and cert.pem, each by renaming. Whoever reads them in between finds a key that does not fit,
/// and reads again.
caf::expected<certified_key> renew_into(const std::filesystem::path& ca_directory,
                                        const std::filesystem::path& directory, uint32_t days, int64_t now);

} // namespace hive
