#pragma once

#include "actors/http/tls_identity.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace hive::http {

/// A client's connection as a stream of bytes: over TCP or a Unix socket, with TLS or without. Used only by the
/// server's thread. Handlers must keep its owner alive.
class client_socket {
public:
  using plain_socket = boost::asio::generic::stream_protocol::socket;
  using error_code = boost::system::error_code;

  /// With a `context`, TLS starts with `async_greet`.
  client_socket(plain_socket plain, std::shared_ptr<tls_identity::context> context)
      : plain_{std::move(plain)}, context_{std::move(context)} {
    if (context_)
      tls_ = std::make_unique<tls_stream>(plain_, *context_);
  }

  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;

  /// TLS; null without.
  SSL* tls() const {
    return tls_ ? tls_->native_handle() : nullptr;
  }

  template <class Handler>
  void async_greet(Handler&& handler) {
    tls_->async_handshake(tls_stream::server, std::forward<Handler>(handler));
  }

  /// Continues without TLS, so that a client that speaks plain HTTP gets an answer. Call it when `async_greet` has
  /// failed.
  void drop_tls() {
    tls_.reset();
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& into, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(into, std::forward<Handler>(handler));
    else
      plain_.async_read_some(into, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& from, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(from, std::forward<Handler>(handler));
    else
      plain_.async_write_some(from, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write(const Buffers& from, Handler&& handler) {
    if (tls_)
      boost::asio::async_write(*tls_, from, std::forward<Handler>(handler));
    else
      boost::asio::async_write(plain_, from, std::forward<Handler>(handler));
  }

  /// Sends TLS's close_notify, and waits for the client's. The handler gets an error if the client sends data instead.
  template <class Handler>
  void async_say_goodbye(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

  /// Below TLS.
  plain_socket& plain() {
    return plain_;
  }

  const plain_socket& plain() const {
    return plain_;
  }

private:
  using tls_stream = boost::asio::ssl::stream<plain_socket&>;

  plain_socket plain_;
  const std::shared_ptr<tls_identity::context> context_;
  std::unique_ptr<tls_stream> tls_; // after what it uses
};

} // namespace hive::http
