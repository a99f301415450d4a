#pragma once

#include "actors/hive/link/tls_context.hpp"
#include "platform/socket.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Who began a connection.
enum class channel_side { client, server };

/// A stream of bytes to another process over a connected socket: mutual TLS, or plain for the loopback. First it is
/// read and written with deadlines, by whoever finds out who the other end is; then it is CAF's, which reads and writes
/// what is possible without waiting.
class channel {
public:
  /// Takes over a connected, non-blocking socket. With `tls` it makes the TLS handshake: both ends have shown a
  /// certificate of the CA, valid now, when it succeeds. ec::forbidden or ec::timed_out with the reason otherwise.
  static caf::expected<channel> open(unique_fd fd, channel_side side, const std::optional<tls_context>& tls,
                                     deadline until);

  /// All of `bytes`, or ec::unavailable or ec::timed_out.
  caf::error write(std::string_view bytes, deadline until);

  /// Exactly so many bytes, or ec::unavailable or ec::timed_out.
  caf::expected<std::string> read(size_t size, deadline until);

  /// Waits until there is something to read.
  caf::error await_data(deadline until) const;

  /// The other end's certificate; nothing without TLS.
  std::optional<certificate> peer_certificate() const;

  /// 32 bytes that only the two ends of this TLS session know, for signatures that hold on no other connection; empty
  /// without TLS.
  std::string session_binding() const;

  const std::string& remote() const {
    return remote_;
  }

  // -- without waiting ---------------------------------------------------------

  /// What became of an attempt: bytes went through, none can now, or the stream has ended.
  enum class progress { done, none_now, ended };

  progress try_read(char* to, size_t size, size_t& got);
  progress try_write(const char* from, size_t size, size_t& put);

  /// Bytes that were received but not read yet, which the socket will not announce again.
  size_t buffered() const;

  int fd() const {
    return fd_.get();
  }

  /// Gives the socket away; the channel must outlive its use.
  int release_fd() {
    return fd_.release();
  }

private:
  struct ssl_free {
    void operator()(SSL* ssl) const;
  };

  channel(unique_fd fd, std::string remote);
  caf::error shake_hands(channel_side side, const tls_context& tls, deadline until);
  void linger(deadline until) const;
  std::string failure() const;
  progress judge(int result);

  unique_fd fd_;
  int socket_; ///< also after fd_ was given away
  std::string remote_;
  std::unique_ptr<SSL, ssl_free> ssl_; ///< null: plain
  short wanted_ = 0;                   ///< what poll shall wait for when nothing was possible
};

} // namespace hive
