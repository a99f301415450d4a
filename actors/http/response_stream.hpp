#pragma once

#include "actors/http/connection.hpp"

#include <mutex>

namespace hive::http {

/// An answer in pieces over a connection. Safe to use from any thread.
///
/// The connection holds nothing of the stream's owner, only the stream weakly: a client that never reads cannot keep
/// alive what the server has let go.
class response_stream final : public body_stream, public std::enable_shared_from_this<response_stream> {
public:
  /// The head has been given to the connection. `flight` ends with the stream.
  response_stream(std::shared_ptr<server_core> core, std::weak_ptr<connection> to, meter::share flight, bool chunked);
  ~response_stream() override;

  void send(std::string piece, std::function<void()> taken) override;

  /// Ends the answer: sends the rest and closes the connection. The flight ends with that, or at once when the client
  /// has not taken the last piece within `defaults::http_flush_timeout`: it may never take any. What is sent later is
  /// dropped, and no `taken` is called any more.
  void end();

  /// The last piece has been taken, or never will be. Called by the server's thread.
  void go_on(bool was_taken);

private:
  void write(stream_piece piece);

  const std::shared_ptr<server_core> core_;
  const std::weak_ptr<connection> to_;
  const bool chunked_;
  std::mutex mutex_; // guards what follows
  meter::share flight_;
  std::function<void()> taken_;
  std::chrono::steady_clock::time_point sent_at_; ///< of the piece that waits to be taken
  bool ended_ = false;
};

} // namespace hive::http
