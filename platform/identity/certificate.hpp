#pragma once

#include "messages/ids.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Role of a certificate's holder: a node of the hive, or an agent engine.
enum class certificate_role { node, engine };

std::string_view to_string(certificate_role role);

/// An X.509 certificate. Immutable; copies share it and may be used from any thread.
///
/// Hivemark certificates carry the holder's name as common name, and its role as URI `hivemark:role:ROLE` in the
/// subject alternative names. The CA's certificate has no role, and its only key usage is signing.
class certificate {
public:
  /// Reads the first certificate in `text`. ec::malformed when there is none; the text names `file`.
  static caf::expected<certificate> from_pem(std::string_view text, const std::string& file);

  /// Reads all certificates in `text`. ec::malformed when there is none or one of them cannot be parsed; the text names
  /// `file`.
  static caf::expected<std::vector<certificate>> all_from_pem(std::string_view text, const std::string& file);

  /// Reads exactly one certificate. ec::malformed for anything else.
  static caf::expected<certificate> from_der(std::string_view bytes);

  /// Shares ownership of `x509`, which must not be null.
  explicit certificate(X509* x509);

  std::string pem() const;
  std::string der() const;

  /// The holder's name; empty when the common name is not a valid id.
  std::string name() const;

  /// The holder's role. ec::forbidden when the certificate names no role, an unknown one, or several.
  caf::expected<certificate_role> role() const;

  /// Host names and IP addresses in the subject alternative names, in canonical spelling.
  std::vector<std::string> hosts() const;

  /// Bounds of the validity period, in seconds since 1970.
  int64_t not_before() const;
  int64_t not_after() const;

  /// The serial number in hex, with two digits per byte. CAs may use the same ones.
  std::string serial() const;

  /// SHA-256 of the public key, in hex: equal for all certificates of a key pair.
  std::string key_fingerprint() const;

  /// Whether the key of `ca` signed this certificate; no other condition is checked.
  bool is_signed_by(const certificate& ca) const;

  /// Checks that one of `trusted` signed this certificate and that both are valid at `when` (seconds since 1970). Fails
  /// with ec::forbidden and the reason.
  caf::error verify_against(const std::vector<certificate>& trusted, int64_t when) const;

  /// Whether this certificate's key made `signature` over `statement`.
  bool has_signed(std::string_view statement, std::string_view signature) const;

  /// For OpenSSL's functions; owned by this certificate.
  X509* get() const {
    return x509_.get();
  }

  bool operator==(const certificate& other) const;

private:
  std::shared_ptr<X509> x509_;
};

/// The private key of a certificate, of any kind that OpenSSL can sign with. Copies share it.
class private_key {
public:
  /// Generates a P-256 key.
  static caf::expected<private_key> generate();

  /// Reads a private key. ec::malformed when `text` holds none or one with a passphrase; the text names `file`.
  static caf::expected<private_key> from_pem(std::string_view text, const std::string& file);

  std::string pem() const;

  /// Whether this is the certificate's key.
  bool belongs_to(const certificate& cert) const;

  /// Signs `statement`, hashed with the key's `signing_digest`.
  caf::expected<std::string> sign(std::string_view statement) const;

  /// For OpenSSL's functions; owned by this key.
  EVP_PKEY* get() const {
    return key_.get();
  }

private:
  explicit private_key(EVP_PKEY* key);

  std::shared_ptr<EVP_PKEY> key_;
};

/// The hash to sign with: the one that the type of key prescribes, else SHA-256. Null for Ed25519 and Ed448, which
/// prescribe that no separate hash is used.
const EVP_MD* signing_digest(EVP_PKEY* key);

/// A time in seconds since 1970; 0 when it is malformed.
int64_t seconds_of(const ASN1_TIME* time);

/// A certificate's serial number in hex, with two digits per byte.
std::string serial_text(const ASN1_INTEGER* serial);

/// The last error of OpenSSL on this thread, as a suffix for an error's text. Clears OpenSSL's error queue.
std::string take_openssl_error();

/// What a certificate's holder signs to vouch for a node id, so that only the certificate's key can admit a node to the
/// hive.
std::string admission_statement(const node_id& node);

} // namespace hive
