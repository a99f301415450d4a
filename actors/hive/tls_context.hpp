#pragma once

#include "actors/node/credentials.hpp"

#include <memory>

namespace hive {

/// What all TLS connections of a process have in common: version 1.3 alone, a certificate on both sides, one trusted
/// CA, no resumption (each connection proves anew who is there). Immutable; copies share it, from any thread.
class tls_context {
public:
  /// ec::internal when OpenSSL refuses the credentials that load_credentials accepted.
  static caf::expected<tls_context> make(const credentials& own);

  SSL_CTX* get() const {
    return context_.get();
  }

private:
  explicit tls_context(SSL_CTX* context);

  std::shared_ptr<SSL_CTX> context_;
};

} // namespace hive
