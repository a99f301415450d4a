#include "actors/hive/link/channel.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>

namespace hive {
namespace {

constexpr std::string_view binding_label = "EXPORTER-hivemark-hello";
constexpr size_t binding_bytes = 32;
/// Longest wait for the peer to read the reason for its refusal.
constexpr std::chrono::seconds linger_time{1};

} // namespace

void channel::ssl_free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

channel::channel(unique_fd fd, std::string remote)
    : fd_{std::move(fd)}, socket_{fd_.get()}, remote_{std::move(remote)} {
}

caf::expected<channel> channel::open(unique_fd fd, channel_side side, const std::optional<tls_context>& tls,
                                     deadline until) {
  auto remote = remote_of(fd.get());
  channel out{std::move(fd), std::move(remote)};
  if (tls)
    if (auto err = out.shake_hands(side, *tls, until))
      return err;
  return out;
}

caf::error channel::shake_hands(channel_side side, const tls_context& tls, deadline until) {
  ssl_.reset(SSL_new(tls.get()));
  below_ = std::make_unique<tls_socket>(socket_);
  if (!ssl_ || !below_->attach_to(ssl_.get()))
    return fail(ec::internal, "TLS cannot be started: " + take_openssl_error());
  while (true) {
    below_->begin();
    int result = side == channel_side::client ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get());
    auto went = judge(result);
    if (went == progress::ended) {
      auto why = fail(ec::forbidden, failure());
      linger(std::min(until, std::chrono::steady_clock::now() + linger_time));
      return why;
    }
    auto err = flush(until);
    if (!err && went == progress::none_now)
      err = wait_for(socket_, POLLIN, until);
    if (err)
      return fail(code_of(err), "TLS handshake: " + text_of(err));
    if (went == progress::done)
      return caf::none;
  }
}

caf::error channel::flush(deadline until) {
  while (true) {
    auto went = below_->flush();
    if (went == progress::ended)
      return fail(ec::unavailable, "the connection was closed");
    if (went == progress::done)
      return caf::none;
    if (auto err = wait_for(socket_, POLLOUT, until))
      return err;
  }
}

/// Waits for the peer to close first. OpenSSL has sent an alert with the reason; closing the socket while data of the
/// peer is unread would reset the connection and lose the alert.
void channel::linger(deadline until) const {
  ::shutdown(socket_, SHUT_WR);
  std::array<char, 4'096> unread;
  while (!wait_for(socket_, POLLIN, until) && ::recv(socket_, unread.data(), unread.size(), 0) > 0) {
  }
}

/// Why TLS failed: the verification error of the peer's certificate, or OpenSSL's error.
std::string channel::failure() const {
  auto verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return std::string{"its certificate is refused: "} + X509_verify_cert_error_string(verified);
  }
  if (ERR_peek_error() == 0)
    return "the connection ended within the TLS handshake";
  return "TLS: " + take_openssl_error();
}

channel::progress channel::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
  case SSL_ERROR_NONE:
    return progress::done;
  case SSL_ERROR_WANT_READ: // writing never has to wait, see tls_socket
    wanted_ = POLLIN;
    return progress::none_now;
  default:
    return progress::ended;
  }
}

channel::progress channel::try_read(char* to, size_t size, size_t& got, bool may_receive) {
  got = 0;
  if (ssl_) {
    ERR_clear_error(); // a stale error would be reported for this call
    below_->begin(may_receive);
    auto went = judge(SSL_read_ex(ssl_.get(), to, size, &got) == 1 ? 1 : 0);
    // Answers to key updates, which nobody waits for: if the socket is full, or broken, the next call deals with it.
    if (encrypted_ == 0)
      below_->flush();
    return went;
  }
  auto count = ::recv(socket_, to, size, 0);
  if (count > 0) {
    got = static_cast<size_t>(count);
    return progress::done;
  }
  wanted_ = POLLIN;
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? progress::none_now : progress::ended;
}

channel::progress channel::try_write(const char* from, size_t size, size_t& put) {
  put = 0;
  wanted_ = POLLOUT;
  if (ssl_)
    return try_write_tls(from, size, put);
  auto count = ::send(socket_, from, size, MSG_NOSIGNAL);
  if (count >= 0) {
    put = static_cast<size_t>(count);
    return progress::done;
  }
  return errno == EAGAIN || errno == EINTR ? progress::none_now : progress::ended;
}

channel::progress channel::try_write_tls(const char* from, size_t size, size_t& put) {
  if (encrypted_ == 0) {
    if (auto before = below_->flush(); before != progress::done)
      return before;
    auto batch = std::min(size, defaults::tls_batch_bytes);
    below_->reserve(batch);
    ERR_clear_error();
    if (SSL_write_ex(ssl_.get(), from, batch, &encrypted_) != 1)
      return progress::ended;
  }
  auto went = below_->flush();
  if (went == progress::done)
    put = std::exchange(encrypted_, 0);
  return went;
}

bool channel::has_received() const {
  return ssl_ && SSL_has_pending(ssl_.get()) == 1;
}

int channel::release_fd() {
  if (ssl_)
    SSL_set_read_ahead(ssl_.get(), 1);
  return fd_.release();
}

caf::error channel::write(std::string_view bytes, deadline until) {
  while (!bytes.empty()) {
    size_t put = 0;
    auto went = try_write(bytes.data(), bytes.size(), put);
    if (went == progress::ended)
      return fail(ec::unavailable, "the connection was closed");
    if (went == progress::none_now)
      if (auto err = wait_for(socket_, wanted_, until))
        return err;
    bytes.remove_prefix(put);
  }
  return caf::none;
}

caf::expected<std::string> channel::read(size_t size, deadline until) {
  std::string out(size, '\0');
  for (size_t have = 0; have < size;) {
    size_t got = 0;
    auto went = try_read(out.data() + have, size - have, got);
    if (went == progress::ended) // a TLS 1.3 client learns of the refusal of its certificate at its first read
      return fail(ec::unavailable, ssl_ && ERR_peek_error() != 0 ? failure() : "the connection was closed");
    if (went == progress::none_now)
      if (auto err = wait_for(socket_, wanted_, until))
        return err;
    have += got;
  }
  return out;
}

caf::error channel::await_data(deadline until) const {
  return has_received() ? caf::error{} : wait_for(socket_, POLLIN, until);
}

std::optional<certificate> channel::peer_certificate() const {
  auto* x509 = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
  return x509 ? std::optional{certificate{x509}} : std::nullopt;
}

std::string channel::session_binding() const {
  std::array<unsigned char, binding_bytes> out{};
  if (!ssl_ || SSL_export_keying_material(ssl_.get(), out.data(), out.size(), binding_label.data(),
                                          binding_label.size(), nullptr, 0, 0) != 1)
    return {};
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

} // namespace hive
