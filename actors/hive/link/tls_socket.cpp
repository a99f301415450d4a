#include "actors/hive/link/tls_socket.hpp"

#include "actors/defaults.hpp"

#include <cerrno>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace hive {
namespace {

tls_socket& socket_of(BIO* bio) {
  return *static_cast<tls_socket*>(BIO_get_data(bio));
}

int receive_for(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  int got = socket_of(bio).receive(to, size);
  if (got == tls_socket::blocked)
    BIO_set_retry_read(bio);
  return got;
}

int gather_for(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  return socket_of(bio).gather(from, size);
}

long control(BIO* bio, int command, long, void*) {
  switch (command) {
  case BIO_CTRL_FLUSH: // what the socket does not take now is sent later
    return socket_of(bio).flush() == io_progress::ended ? 0 : 1;
  case BIO_CTRL_EOF:
    return socket_of(bio).has_ended() ? 1 : 0;
  default:
    return 0;
  }
}

struct method_free {
  void operator()(BIO_METHOD* method) const {
    BIO_meth_free(method);
  }
};
using method_ptr = std::unique_ptr<BIO_METHOD, method_free>;

method_ptr make_method() {
  method_ptr out{BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tls_socket")};
  if (!out || BIO_meth_set_read(out.get(), receive_for) != 1 || BIO_meth_set_write(out.get(), gather_for) != 1 ||
      BIO_meth_set_ctrl(out.get(), control) != 1)
    return nullptr;
  return out;
}

} // namespace

bool tls_socket::attach_to(SSL* session) {
  static const method_ptr method = make_method(); // a constant table
  auto* bio = method ? BIO_new(method.get()) : nullptr;
  if (!bio)
    return false;
  BIO_set_data(bio, this);
  SSL_set_bio(session, bio, bio);
  return true;
}

int tls_socket::receive(char* to, int size) {
  if (std::exchange(is_empty_, false) || !std::exchange(may_receive_, false))
    return blocked;
  auto got = ::recv(fd_, to, static_cast<size_t>(size), 0);
  if (got < 0)
    return errno == EAGAIN || errno == EINTR ? blocked : -1;
  has_ended_ = got == 0;
  is_empty_ = got > 0 && got < size;
  return static_cast<int>(got);
}

int tls_socket::gather(const char* from, int size) {
  if (unsent_.size() - sent_ + static_cast<size_t>(size) > defaults::max_tls_unsent_bytes)
    return -1;
  unsent_.insert(unsent_.end(), from, from + size);
  return size;
}

void tls_socket::reserve(size_t plain_bytes) {
  constexpr size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;
  constexpr size_t overhead = SSL3_RT_HEADER_LENGTH + SSL3_RT_MAX_TLS13_ENCRYPTED_OVERHEAD;
  unsent_.reserve(unsent_.size() + plain_bytes + (plain_bytes / record_bytes + 1) * overhead);
}

io_progress tls_socket::flush() {
  constexpr size_t kept_bytes = 16 << 10; // an idle link keeps no more
  if (!has_unsent())
    return io_progress::done;
  auto put = ::send(fd_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
  if (put < 0)
    return errno == EAGAIN || errno == EINTR ? io_progress::none_now : io_progress::ended;
  sent_ += static_cast<size_t>(put);
  if (has_unsent())
    return io_progress::none_now;
  sent_ = 0;
  if (unsent_.capacity() > kept_bytes)
    unsent_ = {};
  else
    unsent_.clear();
  return io_progress::done;
}

} // namespace hive
