#pragma once

#include "platform/identity/revocation_list.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace hive {

/// Whom a process trusts at one moment.
struct trust_view {
  std::vector<certificate> trusted; ///< CAs; none without TLS
  revocations revoked;

  /// Why a connection with this certificate must end; empty for a good one. Needs no clock: see connection_validity.
  std::string why_invalid(const certificate& cert) const {
    if (auto why = revoked.why_revoked(cert); !why.empty())
      return why;
    bool is_trusted = std::ranges::any_of(trusted, [&](const certificate& ca) { return cert.is_signed_by(ca); });
    return is_trusted ? std::string{} : "the CA of the certificate of " + cert.name() + " is not trusted any more";
  }
};

/// The certificate of an established connection, and how long it is valid. The end is computed once, when TLS has just
/// found the certificate valid, and then watched on the monotonic clock: a wall clock that jumps ends no connection.
struct connection_validity {
  certificate cert;
  std::chrono::steady_clock::time_point until;

  connection_validity(certificate shown, int64_t now)
      : cert{std::move(shown)}, until{std::chrono::steady_clock::now() + std::chrono::seconds{cert.not_after() - now}} {
  }

  /// Why the connection must end; empty while it may go on.
  std::string why_invalid(const trust_view& view) const {
    if (std::chrono::steady_clock::now() >= until)
      return "the certificate of " + cert.name() + " has expired";
    return view.why_invalid(cert);
  }
};

/// Whom a process trusts now. Written when the CAs or their lists change, and read by each handshake. Thread-safe.
class trust_register {
public:
  std::shared_ptr<const trust_view> view() const {
    std::lock_guard lock{mutex_};
    return view_;
  }

  void set_trusted(std::vector<certificate> trusted) {
    change([&](trust_view& next) { next.trusted = std::move(trusted); });
  }

  void set_revoked(revocations revoked) {
    change([&](trust_view& next) { next.revoked = std::move(revoked); });
  }

private:
  template <class Change>
  void change(Change make) {
    std::lock_guard lock{mutex_};
    auto next = std::make_shared<trust_view>(*view_);
    make(*next);
    view_ = std::move(next);
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const trust_view> view_ = std::make_shared<trust_view>();
};

} // namespace hive
