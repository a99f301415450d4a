#pragma once

#include "actors/http/client_socket.hpp"
#include "actors/http/request_parser.hpp"
#include "actors/http/server_core.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <deque>

namespace hive::http {

class response_stream;

/// An answer, ready to be written.
struct outgoing {
  std::string head;
  std::string body;
  std::shared_ptr<body_source> rest; ///< made while the client takes what precedes it
  bool is_chunked = false;
  bool keeps_alive = false;
  meter::share flight;
  meter::share bytes;
};

/// A piece of a streamed answer.
struct stream_piece {
  std::string bytes;
  std::weak_ptr<response_stream> of; ///< notified when the piece has been taken; none for head and end
  bool is_last = false;
  meter::share flight;
  meter::share size;
};

/// One client connection: reads requests sequentially and writes their answers in that order. Used only by the server's
/// thread.
class connection : public std::enable_shared_from_this<connection> {
public:
  enum class stage {
    greeting,  ///< TLS is being agreed on
    idle,      ///< no byte of a request has arrived
    reading,   ///< a request has begun to arrive
    working,   ///< a request waits for its answer or the next piece of it
    writing,   ///< an answer is being written
    streaming, ///< a streamed answer is being written
    lingering, ///< the answer is written; further input is discarded
    closed,
  };

  /// `tls`: null for none. `from`: who the client is, as its socket tells; null: unknown, or its certificate will tell.
  connection(std::shared_ptr<server_core> core, client_socket::plain_socket socket,
             std::shared_ptr<tls_identity::context> tls, std::shared_ptr<const peer> from);

  /// Starts reading the first request, after agreeing on TLS where there is to be any.
  void start();

  /// Writes the answer to the current request.
  void write(outgoing answer);

  /// Writes pieces in the given order; the first is the head.
  void write(stream_piece piece);

  /// Closes the connection if its client is too slow. `pressed`: others wait for memory that answers occupy.
  void check_deadline(std::chrono::steady_clock::time_point now, bool pressed);

  void close();

  stage at() const {
    return stage_;
  }

  /// When the current stage began.
  std::chrono::steady_clock::time_point since() const {
    return since_;
  }

  /// Whether bytes have arrived that were not yet read.
  bool has_unread_bytes() const;

private:
  using time_point = std::chrono::steady_clock::time_point;

  void enter(stage next);
  bool is_awaiting_request() const;
  void on_greeted(boost::system::error_code error);
  std::unique_ptr<request_parser> new_parser() const;
  void read();
  void on_read(boost::system::error_code error, size_t length);
  void on_end_of_input();
  void advance();
  bool screen_head();
  void tell_to_continue();
  void dispatch();
  void refuse(response why);

  void write_some();
  void on_written(size_t length);
  void make_next_piece();
  void write_rest(std::string piece, bool is_last);
  void answer_written();
  void write_next_piece();
  void linger();
  void end_output();
  void throw_away();

  const std::shared_ptr<server_core> core_; // first member, because the socket lives in its io_context
  client_socket socket_;
  std::shared_ptr<const peer> from_; ///< as its transport tells
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<request_parser> parser_;
  meter::share received_; ///< bytes of the arriving request
  stage stage_ = stage::idle;
  time_point since_;
  time_point deadline_;

  outgoing answer_;                 ///< while writing
  std::deque<stream_piece> pieces_; ///< while streaming; the first is being written
  size_t written_ = 0;              ///< part of the answer or the first piece
  size_t progress_ = 0;             ///< bytes taken since the deadline was last extended
  time_point last_taken_;           ///< when the client last took a byte
  size_t thrown_away_ = 0;          ///< bytes discarded while lingering
};

} // namespace hive::http
