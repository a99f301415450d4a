#pragma once

#include "messages/ids.hpp"
#include "platform/identity/certificate_authority.hpp"

#include <map>
#include <memory>
#include <set>

namespace hive {

/// What a CA takes back.
struct revocation_content {
  std::map<std::string, int64_t> serials; ///< of certificates, in hex; with the time of revocation, seconds since 1970
  std::set<std::string> keys;             ///< key_prefix of revoked public keys
  std::set<node_id> nodes;                ///< forgotten ones

  bool operator==(const revocation_content&) const = default;
};

/// The part of a key fingerprint that a list holds: 96 bits, of which no second key can be found.
std::string key_prefix(std::string_view key_fingerprint);

/// A CA's signed list of what it takes back: an X.509 CRL (RFC 5280) with a CRL number. An extension that is not
/// critical holds the revoked keys and the forgotten nodes. Immutable; copies share it and may be used from any thread.
///
/// Lists of a CA are ordered by CRL number alone. Both times in a list are ignored: a list never expires, and clocks
/// have no say.
class revocation_list {
public:
  /// Most bytes of a list: some 1,300 certificates, or 1,020 forgotten nodes.
  static constexpr size_t max_bytes = 65'536;

  /// Checks untrusted bytes, the only way in: their size, form, and the signature by one of `trusted`. ec::too_large;
  /// ec::malformed; ec::not_found when no trusted CA has the list's issuer name; ec::integrity_violated when such a CA
  /// exists and did not sign it.
  static caf::expected<revocation_list> check(std::string_view der, const std::vector<certificate>& trusted);

  /// The same for the lists in a PEM text, at least one and at most `max_lists`. Errors name `file` and, of several
  /// lists, which one.
  static caf::expected<std::vector<revocation_list>> check_pem(std::string_view text, const std::string& file,
                                                               const std::vector<certificate>& trusted);
  static constexpr size_t max_lists = 8;

  /// Signs a list. ec::too_large when it would exceed `max_bytes`.
  static caf::expected<revocation_list> sign(const certified_key& ca, uint64_t number, const revocation_content& what,
                                             int64_t now);

  /// Key fingerprint of the CA, which tells CAs of one name apart.
  const std::string& ca() const {
    return state_->ca_key;
  }

  uint64_t number() const {
    return state_->number;
  }

  const revocation_content& content() const {
    return state_->content;
  }

  const certificate& issuer() const {
    return state_->issuer;
  }

  const std::string& der() const {
    return state_->der;
  }

  std::string pem() const;

private:
  struct state {
    certificate issuer;
    std::string ca_key;
    uint64_t number = 0;
    revocation_content content;
    std::string der;
  };

  explicit revocation_list(state given) : state_{std::make_shared<const state>(std::move(given))} {
  }

  std::shared_ptr<const state> state_;
};

/// The newest list of each CA. Pure.
class revocations {
public:
  /// Takes a list of a higher number than the one held of its CA. False: nothing has changed.
  bool add(const revocation_list& list);

  /// Drops the lists of CAs that are not among these. Whether there were any.
  bool keep_only(const std::vector<certificate>& trusted);

  /// CRL number of the list held of this CA; 0 without one.
  uint64_t number_of(const std::string& ca) const;
  const revocation_list* list_of(const std::string& ca) const;

  /// Why this certificate must not be used; empty for a good one. By its serial number, for certificates of the list's
  /// CA, and by its key. Never by a hash of the certificate, which anybody can change (signatures of ECDSA have two
  /// forms).
  std::string why_revoked(const certificate& cert) const;

  /// Whether a CA has forgotten this node.
  bool forgets(const node_id& node) const;
  size_t forgotten_count() const;

  const std::map<std::string, revocation_list>& lists() const {
    return lists_;
  }

private:
  std::map<std::string, revocation_list> lists_;
};

} // namespace hive
