#include "actors/hive/link/tls_context.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace hive {
namespace {

struct ssl_free {
  void operator()(SSL* ssl) const {
    SSL_free(ssl);
  }
};
using ssl_handle = std::unique_ptr<SSL, ssl_free>;

/// One end of an in-memory connection. The validity period is not checked here but by callers with an explicit clock.
ssl_handle make_end(SSL_CTX* context) {
  ssl_handle out{SSL_new(context)};
  if (out)
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(out.get()), X509_V_FLAG_NO_CHECK_TIME);
  return out;
}

bool connect_in_memory(SSL* client, SSL* server) {
  BIO *at_client = nullptr, *at_server = nullptr;
  if (BIO_new_bio_pair(&at_client, 0, &at_server, 0) != 1)
    return false;
  SSL_set_bio(client, at_client, at_client);
  SSL_set_bio(server, at_server, at_server);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  return true;
}

/// Whether this end waits for the other.
bool is_waiting(SSL* end, int result) {
  auto why = SSL_get_error(end, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

std::string why_not(SSL* client, SSL* server) {
  for (auto* end : {client, server})
    if (auto verified = SSL_get_verify_result(end); verified != X509_V_OK) {
      ERR_clear_error();
      return X509_verify_cert_error_string(verified);
    }
  return take_openssl_error();
}

/// Tests the credentials with an in-memory handshake: OpenSSL itself decides whether TLS 1.3 accepts the kind and size
/// of the key, the signature hash and the key usage. The certificate of an engine is for clients only, so the client
/// end does not verify it.
caf::error rehearse(SSL_CTX* context, certificate_role role) {
  constexpr int most_flights = 10; // TLS 1.3 needs three
  auto client = make_end(context), server = make_end(context);
  if (!client || !server || !connect_in_memory(client.get(), server.get()))
    return fail(ec::internal, "TLS cannot be set up: " + take_openssl_error());
  if (role == certificate_role::engine)
    SSL_set_verify(client.get(), SSL_VERIFY_NONE, nullptr);
  for (int flight = 0; flight < most_flights; ++flight) {
    ERR_clear_error();
    auto dialled = SSL_do_handshake(client.get());
    if (dialled != 1 && !is_waiting(client.get(), dialled))
      break;
    auto accepted = SSL_do_handshake(server.get());
    if (accepted != 1 && !is_waiting(server.get(), accepted))
      break;
    if (dialled == 1 && accepted == 1)
      return caf::none;
  }
  return fail(ec::forbidden,
              "TLS 1.3 does not take the certificate and its key: " + why_not(client.get(), server.get()));
}

} // namespace

tls_context::tls_context(SSL_CTX* context) : context_{context, SSL_CTX_free} {
}

caf::expected<tls_context> tls_context::make(const credentials& own) {
  tls_context out{SSL_CTX_new(TLS_method())};
  auto* context = out.get();
  if (!context || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(context, 0) != 1)
    return fail(ec::internal, "TLS cannot be set up: " + take_openssl_error());
  bool good = SSL_CTX_use_certificate(context, own.own.cert.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, own.own.key.get()) == 1;
  for (const auto& ca : own.trusted)
    good = good && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) == 1;
  if (!good)
    return fail(ec::forbidden, "TLS 1.3 does not take the certificate and its key: " + take_openssl_error());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Room to read ahead, which idle connections do not keep.
  SSL_CTX_set_default_read_buffer_len(context, defaults::tls_read_ahead_bytes);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (auto wrong = rehearse(context, own.role))
    return wrong;
  return out;
}

} // namespace hive
