#pragma once

#include <cstddef>
#include <openssl/types.h>
#include <vector>

namespace hive {

/// Result of a non-blocking attempt: bytes were transferred, it would block, or the stream has ended.
enum class io_progress { done, none_now, ended };

/// The socket below a TLS session, so that a system call moves many records.
///
/// What OpenSSL sends gathers here, and `flush` sends it. So OpenSSL is never stopped within a record, and what it
/// sends by itself while it reads (answers to key updates, alerts) needs no room in the socket. Holds at most
/// defaults::max_tls_unsent_bytes; beyond, the session fails.
///
/// OpenSSL receives as much as it has room for, with one system call per `begin`. After a call that found less than
/// that, the next attempt reports "nothing now" without a system call: the socket was empty, and polling it tells
/// whether it still is. Needs level-triggered polling.
class tls_socket {
public:
  explicit tls_socket(int fd) : fd_{fd} {
  }
  tls_socket(const tls_socket&) = delete;
  tls_socket& operator=(const tls_socket&) = delete;

  /// Makes `session` use this socket, which must outlive it. False without memory.
  bool attach_to(SSL* session);

  /// Call before each use of the session. Without `may_receive`, it finds only what was received earlier.
  void begin(bool may_receive = true) {
    may_receive_ = may_receive;
  }

  /// Makes room for what encrypting this many bytes takes, so that it grows once.
  void reserve(size_t plain_bytes);

  /// Sends what has gathered, as far as the socket takes it. `done` when all is sent.
  io_progress flush();

  bool has_unsent() const {
    return sent_ < unsent_.size();
  }

  // -- for OpenSSL --------------------------------------------------------------

  /// These return the number of bytes; 0: the stream has ended, below 0: failed, or `blocked`.
  static constexpr int blocked = -2;
  int receive(char* to, int size);
  int gather(const char* from, int size);

  bool has_ended() const {
    return has_ended_;
  }

private:
  int fd_;
  std::vector<char> unsent_;
  size_t sent_ = 0; ///< bytes at the front of `unsent_` that were sent
  bool may_receive_ = true;
  bool is_empty_ = false; ///< the last system call took all that was there
  bool has_ended_ = false;
};

} // namespace hive
