#pragma once

#include "actors/http/connection.hpp"

#include <mutex>

namespace hive::http {

/// A streamed answer over a connection. Thread-safe.
///
/// The connection references the stream only weakly and its owner not at all: a client that never reads cannot keep
/// alive what the server has dropped.
class response_stream final : public body_stream, public std::enable_shared_from_this<response_stream> {
public:
  /// Created after the head was passed to the connection. `flight` ends with the stream.
  response_stream(std::shared_ptr<server_core> core, std::weak_ptr<connection> to, meter::share flight, bool chunked);
  ~response_stream() override;

  void send(std::string piece, std::function<void()> taken) override;

  /// Ends the answer: sends the remaining data and closes the connection. The flight ends then, or immediately when the
  /// client has not taken the last piece within `defaults::http_flush_timeout`, since it may never do so. Later pieces
  /// are dropped, and no `taken` is called any more.
  void end();

  /// Continues once the last piece was taken, or when it never will be. Called by the server's thread.
  void go_on(bool was_taken);

private:
  void write(stream_piece piece);

  const std::shared_ptr<server_core> core_;
  const std::weak_ptr<connection> to_;
  const bool chunked_;
  std::mutex mutex_; // guards the following
  meter::share flight_;
  std::function<void()> taken_;
  std::chrono::steady_clock::time_point sent_at_; ///< of the piece that waits to be taken
  bool ended_ = false;
};

} // namespace hive::http
