#pragma once

#include "actors/defaults.hpp"
#include "actors/http/exchange.hpp"
#include "actors/http/flight_counter.hpp"

#include <mutex>
#include <restinio/all.hpp>

namespace hive::http {

/// A chunked answer over RESTinio. Safe to use from any thread.
///
/// The connection holds nothing of the stream's owner, only the stream weakly: a client that never reads cannot keep
/// alive what the server has let go.
class response_stream final : public body_stream, public std::enable_shared_from_this<response_stream> {
public:
  using builder = restinio::response_builder_t<restinio::chunked_output_t>;

  /// `head` has all its header fields. One flight that has begun ends with the stream.
  response_stream(restinio::asio_ns::io_context& server_thread, builder head, std::shared_ptr<flight_counter> flights);
  ~response_stream() override;

  void send(std::string piece, std::function<void()> taken) override;

  /// Ends the answer: sends the rest and closes the connection. The flight ends with that, or at once when the client
  /// has not taken the last piece within `defaults::http_flush_timeout`: it may never take any. What is sent later is
  /// dropped, and no `taken` is called any more.
  void end();

private:
  void go_on(bool was_taken);

  restinio::asio_ns::io_context& server_thread_;
  const std::shared_ptr<builder> builder_; ///< used by the server's thread alone
  const std::shared_ptr<flight_counter> flights_;
  std::mutex mutex_; // guards what follows
  std::function<void()> taken_;
  std::chrono::steady_clock::time_point sent_at_; ///< of the piece that waits to be taken
  bool ended_ = false;
};

} // namespace hive::http
