#pragma once

#include "platform/identity/credentials.hpp"

#include <memory>

namespace hive {

/// TLS settings shared by all connections of a process: TLS 1.3 only, certificates of the trusted CAs on both ends, no
/// session resumption (each connection authenticates anew). Immutable; copies share one context. Thread-safe.
class tls_context {
public:
  /// Fails with ec::forbidden and the reason for credentials that TLS 1.3 does not accept, such as a key on the curve
  /// secp256k1.
  static caf::expected<tls_context> make(const credentials& own);

  SSL_CTX* get() const {
    return context_.get();
  }

private:
  explicit tls_context(SSL_CTX* context);

  std::shared_ptr<SSL_CTX> context_;
};

} // namespace hive
