#include "actors/hive/tls_context.hpp"

#include "messages/ec.hpp"

#include <openssl/ssl.h>

namespace hive {

tls_context::tls_context(SSL_CTX* context) : context_{context, SSL_CTX_free} {
}

caf::expected<tls_context> tls_context::make(const credentials& own) {
  tls_context out{SSL_CTX_new(TLS_method())};
  auto* context = out.get();
  bool good = context && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
              SSL_CTX_use_certificate(context, own.own.cert.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, own.own.key.get()) == 1 &&
              X509_STORE_add_cert(SSL_CTX_get_cert_store(context), own.ca.get()) == 1 &&
              SSL_CTX_set_num_tickets(context, 0) == 1;
  if (!good)
    return fail(ec::internal, "TLS cannot be set up: " + take_openssl_error());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // CAF keeps what it could not write yet in a buffer that moves.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return out;
}

} // namespace hive
