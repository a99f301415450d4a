#pragma once

#include <atomic>
#include <restinio/all.hpp>
#include <utility>

namespace hive::http {

/// Bytes that the connections of one io_context have received and answered nothing to yet. RESTinio hands a request
/// over when it is whole; what has arrived until then is seen here alone.
class received_bytes : public asio::execution_context::service {
public:
  using key_type = received_bytes;
  static inline asio::execution_context::id id;

  explicit received_bytes(asio::execution_context& owner) : service{owner} {
  }

  /// Above `all` bytes a connection may go on that has received no more than `share` of them.
  void limit_to(size_t all, size_t share) {
    limit_ = all;
    share_ = share;
  }

  /// Counts bytes of a connection that then has `its` of them; whether it may go on.
  bool add(size_t bytes, size_t its) {
    auto now = bytes_ += bytes;
    return now <= limit_ || its <= share_;
  }

  void subtract(size_t bytes) {
    bytes_ -= bytes;
  }

private:
  void shutdown() override {
  }

  std::atomic<size_t> bytes_ = 0;
  size_t limit_ = SIZE_MAX;
  size_t share_ = 0;
};

/// A socket that counts what it receives from one answer to the next, and ends its connection where that is too much.
class metered_socket : public asio::ip::tcp::socket {
public:
  explicit metered_socket(asio::io_context& context)
      : base{context}, all_{&asio::use_service<received_bytes>(context)} {
  }

  /// The other one stays usable: RESTinio accepts the next connection with it.
  metered_socket(metered_socket&& other) noexcept
      : base{std::move(other)}, all_{other.all_}, received_{std::exchange(other.received_, 0)} {
  }

  ~metered_socket() {
    forget();
  }

  // The two operations that RESTinio calls hide those of the base class.

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    auto executor = asio::get_associated_executor(handler, get_executor());
    auto count = [this, handler = std::forward<Handler>(handler)](const asio::error_code& failed,
                                                                  size_t length) mutable {
      received_ += length;
      bool fits = all_->add(length, received_);
      if (fits || failed)
        handler(failed, length);
      else
        handler(asio::error::make_error_code(asio::error::no_buffer_space), 0);
    };
    base::async_read_some(buffers, asio::bind_executor(executor, std::move(count)));
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    forget();
    return base::async_write_some(buffers, std::forward<Handler>(handler));
  }

private:
  using base = asio::ip::tcp::socket;

  void forget() {
    all_->subtract(std::exchange(received_, 0));
  }

  received_bytes* all_;
  size_t received_ = 0;
};

} // namespace hive::http
