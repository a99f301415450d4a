#pragma once

#include "platform/identity/credentials.hpp"

#include <memory>

namespace hive {

/// What all TLS connections of a process have in common: version 1.3 alone, a certificate on both sides, that one
/// of the trusted CAs signed, no resumption (each connection proves anew who is there). Immutable; copies share it,
/// from any thread.
class tls_context {
public:
  /// ec::forbidden with the reason for credentials that TLS 1.3 does not take, such as a key on the curve secp256k1.
  static caf::expected<tls_context> make(const credentials& own);

  SSL_CTX* get() const {
    return context_.get();
  }

private:
  explicit tls_context(SSL_CTX* context);

  std::shared_ptr<SSL_CTX> context_;
};

} // namespace hive
