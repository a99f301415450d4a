#pragma once

#include "actors/hive/link/tls_context.hpp"
#include "actors/hive/link/tls_socket.hpp"
#include "platform/socket.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Which end of a connection this is: the one that dialled or the one that accepted.
enum class channel_side { client, server };

/// Byte stream to another process over a connected socket: mutual TLS, or plain text on the loopback. The handshake
/// uses the blocking functions with deadlines; CAF then uses the non-blocking ones.
///
/// Memory of TLS per connection: at most defaults::tls_read_ahead_bytes of received bytes,
/// defaults::max_tls_unsent_bytes of bytes to be sent, and a record of 17 KiB that is being encrypted; while idle, 16
/// KiB. CAF keeps at most a frame (defaults::max_frame_bytes) and defaults::max_unsent_bytes besides.
class channel {
public:
  /// Takes over a connected, non-blocking socket. With `tls`, performs the TLS handshake: on success both ends have
  /// shown a currently valid certificate of the CA. Fails with ec::forbidden or ec::timed_out and the reason.
  static caf::expected<channel> open(unique_fd fd, channel_side side, const std::optional<tls_context>& tls,
                                     deadline until);

  /// Writes all of `bytes`. Fails with ec::unavailable or ec::timed_out.
  caf::error write(std::string_view bytes, deadline until);

  /// Reads exactly `size` bytes. Fails with ec::unavailable or ec::timed_out.
  caf::expected<std::string> read(size_t size, deadline until);

  /// Waits until data can be read.
  caf::error await_data(deadline until) const;

  /// The peer's certificate; none without TLS.
  std::optional<certificate> peer_certificate() const;

  /// Channel binding: 32 bytes known only to the two ends of this TLS session. A signature over them is valid on no
  /// other connection. Empty without TLS.
  std::string session_binding() const;

  const std::string& remote() const {
    return remote_;
  }

  // -- non-blocking -------------------------------------------------------------

  using progress = io_progress;

  /// Reads at most one system call's worth. Without `may_receive`, only what was received earlier. The stream ends with
  /// the peer's closing alert as it does when the connection is cut: who reads knows by the content whether it is
  /// whole.
  progress try_read(char* to, size_t size, size_t& got, bool may_receive = true);

  /// With TLS, up to defaults::tls_batch_bytes are encrypted at once, and count as written when all of them are with
  /// the socket. After `none_now`, call it again with the same bytes at the front.
  progress try_write(const char* from, size_t size, size_t& put);

  /// Whether bytes were received that nobody has read yet. Polling the socket does not report them.
  bool has_received() const;

  int fd() const {
    return fd_.get();
  }

  /// Transfers ownership of the socket. The channel must outlive the use of the socket. From now on TLS reads ahead, so
  /// who polls the socket must also ask `has_received`.
  int release_fd();

private:
  struct ssl_free {
    void operator()(SSL* ssl) const;
  };

  channel(unique_fd fd, std::string remote);
  caf::error shake_hands(channel_side side, const tls_context& tls, deadline until);
  caf::error flush(deadline until);
  void linger(deadline until) const;
  std::string failure() const;
  progress judge(int result);
  progress try_write_tls(const char* from, size_t size, size_t& put);

  unique_fd fd_;
  int socket_; ///< remains valid after release_fd
  std::string remote_;
  std::unique_ptr<tls_socket> below_;  ///< what `ssl_` reads and writes
  std::unique_ptr<SSL, ssl_free> ssl_; ///< null: plain text
  size_t encrypted_ = 0;               ///< bytes of the next write that are with `below_` already
  short wanted_ = 0;                   ///< poll events to wait for after none_now
};

} // namespace hive
