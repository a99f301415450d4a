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

/// What the holder of a certificate may be: a node of the hive, or an agent engine that uses one.
enum class certificate_role { node, engine };

std::string_view to_string(certificate_role role);

/// An X.509 certificate. Immutable; copies share it, from any thread.
///
/// Hivemark's certificates carry the holder's name as common name and its role as the URI `hivemark:role:ROLE` among
/// the alternative names. The CA's carries neither role nor key usage other than signing.
class certificate {
public:
  /// Reads the first certificate in `text`. ec::malformed when there is none; the text names `file`.
  static caf::expected<certificate> from_pem(std::string_view text, const std::string& file);

  /// Reads all certificates in `text`, of which there must be one at least. ec::malformed when there is none, or one
  /// that cannot be read; the text names `file`.
  static caf::expected<std::vector<certificate>> all_from_pem(std::string_view text, const std::string& file);

  /// Reads exactly one certificate. ec::malformed for anything else.
  static caf::expected<certificate> from_der(std::string_view bytes);

  /// Shares `x509`, which must not be null.
  explicit certificate(X509* x509);

  std::string pem() const;
  std::string der() const;

  /// The holder's name, or empty when it has none that is a valid id.
  std::string name() const;

  /// The holder's role. ec::forbidden when the certificate has none, one that is unknown, or more than one.
  caf::expected<certificate_role> role() const;

  /// Seconds since 1970 between which the certificate is valid.
  int64_t not_before() const;
  int64_t not_after() const;

  /// SHA-256 of the public key, in hex: the same for all certificates of one key pair.
  std::string key_fingerprint() const;

  /// Whether one of `trusted` signed this certificate and both are valid at `when`, in seconds since 1970.
  /// ec::forbidden with the reason when not.
  caf::error verify_against(const std::vector<certificate>& trusted, int64_t when) const;

  /// Whether `signature` was made over `statement` with the key of this certificate.
  bool has_signed(std::string_view statement, std::string_view signature) const;

  /// For OpenSSL's functions; belongs to this certificate.
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
  /// Makes a new one on the curve P-256.
  static caf::expected<private_key> generate();

  /// ec::malformed when `text` holds no private key, or one that needs a passphrase; the text names `file`.
  static caf::expected<private_key> from_pem(std::string_view text, const std::string& file);

  std::string pem() const;

  /// Whether it is the key of this certificate.
  bool belongs_to(const certificate& cert) const;

  /// A signature over `statement`, with `signing_digest` of the key.
  caf::expected<std::string> sign(std::string_view statement) const;

  /// For OpenSSL's functions; belongs to this key.
  EVP_PKEY* get() const {
    return key_.get();
  }

private:
  explicit private_key(EVP_PKEY* key);

  std::shared_ptr<EVP_PKEY> key_;
};

/// The hash to sign with: the one that the key's kind prescribes, which for Ed25519 and Ed448 is none (null), otherwise
/// SHA-256.
const EVP_MD* signing_digest(EVP_PKEY* key);

/// What OpenSSL's functions reported last on this thread, for the end of an error's text. Clears it.
std::string take_openssl_error();

/// What a certificate's holder signs to say that its node has this id: nobody without the certificate's key can take a
/// node into the hive.
std::string admission_statement(const node_id& node);

} // namespace hive
