#include "actors/http/tls_identity.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/credentials.hpp"

#include <ctime>
#include <openssl/ssl.h>

namespace hive::http {
namespace {

constexpr int64_t micros = 1'000'000;

/// Neither tickets nor a cache: a resumed session would skip the check of a client's certificate. Renegotiation would
/// let clients spend the server's time.
std::shared_ptr<tls_identity::context> new_context() {
  auto out = std::make_shared<tls_identity::context>(tls_identity::context::tls_server);
  auto* ctx = out->native_handle();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  return out;
}

caf::error refused(const std::filesystem::path& file) {
  return fail(ec::invalid, file.string() + " cannot be used: " + take_openssl_error());
}

caf::error present(SSL_CTX* ctx, const std::vector<certificate>& chain, const certified_key& own,
                   const tls_files& files) {
  if (SSL_CTX_use_certificate(ctx, own.cert.get()) != 1)
    return refused(files.certificate);
  for (size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(ctx, chain[i].get()) != 1)
      return refused(files.certificate);
  if (SSL_CTX_use_PrivateKey(ctx, own.key.get()) != 1)
    return refused(files.key);
  return caf::none;
}

/// Takes certificates that one of these issued, even if it is no root.
caf::error trust(SSL_CTX* ctx, const std::vector<certificate>& issuers, const std::filesystem::path& file) {
  for (const auto& issuer : issuers)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), issuer.get()) != 1 ||
        SSL_CTX_add_client_CA(ctx, issuer.get()) != 1) // browsers offer only certificates of these
      return refused(file);
  X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  return caf::none;
}

caf::error check_dates(const certificate& cert, const std::filesystem::path& file, int64_t now) {
  if (now >= cert.not_after())
    return fail(ec::invalid, file.string() + " expired at " + format_iso8601(cert.not_after() * micros));
  if (now < cert.not_before())
    return fail(ec::invalid, file.string() + " is valid only from " + format_iso8601(cert.not_before() * micros));
  return caf::none;
}

} // namespace

caf::expected<std::shared_ptr<tls_identity>> tls_identity::load(tls_files files, certificate_roles roles, int64_t now) {
  std::shared_ptr<tls_identity> out{new tls_identity{std::move(files), std::move(roles)}};
  if (auto error = out->reload(now))
    return error;
  return out;
}

caf::error tls_identity::reload(int64_t now) {
  auto next = read(now);
  if (!next)
    return next.error();
  std::lock_guard lock{mutex_};
  now_ = std::move(*next);
  return caf::none;
}

caf::expected<tls_identity::loaded> tls_identity::read(int64_t now) const {
  auto chain = load_certificates(files_.certificate);
  if (!chain)
    return chain.error();
  auto own = load_certified_key(files_.certificate, files_.key);
  if (!own)
    return own.error();
  if (auto error = check_dates(own->cert, files_.certificate, now))
    return error;
  loaded out{new_context(), own->cert.not_after()};
  if (auto error = present(out.made->native_handle(), *chain, *own, files_))
    return error;
  if (files_.client_ca.empty())
    return out;
  auto issuers = load_certificates(files_.client_ca);
  if (!issuers)
    return issuers.error();
  if (auto error = trust(out.made->native_handle(), *issuers, files_.client_ca))
    return error;
  return out;
}

tls_identity::stamps tls_identity::stamps_now() const {
  stamps out{};
  std::error_code none;
  for (size_t i = 0; const auto* file : {&files_.certificate, &files_.key, &files_.client_ca})
    out[i++] = std::filesystem::last_write_time(*file, none);
  return out;
}

bool tls_identity::has_changed() {
  auto now = stamps_now();
  std::lock_guard lock{mutex_};
  return std::exchange(seen_, now) != now;
}

std::shared_ptr<tls_identity::context> tls_identity::current() const {
  std::lock_guard lock{mutex_};
  return now_.made;
}

std::optional<peer> tls_identity::holder_of(SSL* connection) const {
  auto* shown = SSL_get0_peer_certificate(connection);
  if (!shown || SSL_get_verify_result(connection) != X509_V_OK)
    return std::nullopt;
  certificate cert{shown};
  auto out = roles_.holder_of(cert);
  out.shown.emplace(std::move(cert), std::time(nullptr));
  return out;
}

int64_t tls_identity::not_after() const {
  std::lock_guard lock{mutex_};
  return now_.not_after;
}

} // namespace hive::http
