#include "actors/http/connection.hpp"

#include "actors/http/live_exchange.hpp"
#include "actors/http/response_head.hpp"
#include "actors/http/response_stream.hpp"
#include "platform/log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace hive::http {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// Read sizes for a head, which is small, and for a body.
constexpr size_t head_read_bytes = size_t{4} << 10;
constexpr size_t body_read_bytes = size_t{64} << 10;

/// Buffer size that an idle connection may keep.
constexpr size_t max_idle_buffer_bytes = size_t{16} << 10;

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(const boost::beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

/// The remainder of head and body after the first `written` bytes.
std::array<asio::const_buffer, 2> rest_of(const std::string& head, const std::string& body, size_t written) {
  auto of_head = std::min(written, head.size());
  auto of_body = written - of_head;
  return {asio::buffer(head) + of_head, asio::buffer(body) + of_body};
}

/// Whether TLS failed because the client sent an HTTP request.
bool is_plain_http(const error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

/// Whether the client has closed its side, in TLS properly or not: a request shows by itself whether it is whole.
bool is_end_of_input(const error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

} // namespace

connection::connection(std::shared_ptr<server_core> core, client_socket::plain_socket socket,
                       std::shared_ptr<tls_identity::context> tls, std::shared_ptr<const peer> from)
    : core_{std::move(core)}, socket_{std::move(socket), std::move(tls)}, from_{std::move(from)}, parser_{new_parser()},
      received_{core_->received, 0}, since_{steady_clock::now()} {
}

void connection::start() {
  error_code ignored; // a Unix socket has no such option
  socket_.plain().set_option(asio::ip::tcp::no_delay{true}, ignored);
  if (socket_.tls()) {
    enter(stage::greeting);
    return socket_.async_greet([self = shared_from_this()](error_code error) { self->on_greeted(error); });
  }
  enter(stage::idle);
  read();
}

void connection::on_greeted(error_code error) {
  if (stage_ != stage::greeting)
    return;
  if (!error) {
    if (auto holder = core_->options.tls->holder_of(socket_.tls())) {
      holder->address = from_->address;
      from_ = std::make_shared<const peer>(std::move(*holder));
      parser_ = new_parser();
    }
    enter(stage::idle);
    return read();
  }
  log::debug("HTTPS client refused: {}.", error.message());
  if (!is_plain_http(error))
    return close();
  socket_.drop_tls();
  refuse(problem(400, ec::malformed, "this port serves HTTPS; the request came without TLS"));
}

std::unique_ptr<request_parser> connection::new_parser() const {
  return std::make_unique<request_parser>(from_);
}

void connection::enter(stage next) {
  stage_ = next;
  since_ = steady_clock::now();
  switch (next) {
  case stage::greeting:
  case stage::idle:
  case stage::reading:
    deadline_ = since_ + core_->options.read_timeout;
    return;
  case stage::writing:
  case stage::streaming:
    deadline_ = since_ + core_->options.write_timeout;
    last_taken_ = since_;
    progress_ = 0;
    written_ = 0;
    return;
  case stage::lingering:
    deadline_ = since_ + defaults::lingering_timeout;
    return;
  case stage::working: // routes have their own timeouts
  case stage::closed:
    deadline_ = steady_clock::time_point::max();
    return;
  }
}

bool connection::is_awaiting_request() const {
  return stage_ == stage::idle || stage_ == stage::reading;
}

// -- reading ------------------------------------------------------------------------

void connection::read() {
  auto most = received_.amount() > head_read_bytes ? body_read_bytes : head_read_bytes;
  socket_.async_read_some(buffer_.prepare(most), [self = shared_from_this()](error_code error, size_t length) {
    self->on_read(error, length);
  });
}

void connection::on_read(error_code error, size_t length) {
  if (!is_awaiting_request()) // it was refused or closed in the meantime
    return;
  if (is_end_of_input(error))
    return on_end_of_input();
  if (error)
    return close();
  buffer_.commit(length);
  received_.set(received_.amount() + length);
  auto most = defaults::max_received_factor * core_->options.max_body_bytes_in_flight;
  if (core_->received->total() > most && received_.amount() > most / core_->options.max_connections)
    return refuse(
      problem(fail(ec::overloaded, "incoming requests already occupy more than " + std::to_string(most) + " bytes")));
  advance();
}

void connection::on_end_of_input() {
  if (stage_ == stage::idle)
    return close();
  refuse(problem(400, ec::malformed, "the request is incomplete"));
}

/// Processes the bytes read so far.
void connection::advance() {
  while (is_awaiting_request()) {
    if (buffer_.size() == 0 && stage_ == stage::idle)
      return read();
    size_t used = 0;
    auto found = parser_->feed(view(buffer_), used);
    buffer_.consume(used);
    if (stage_ == stage::idle && parser_->has_begun())
      enter(stage::reading);
    switch (found) {
    case request_parser::progress::needs_more:
      return read();
    case request_parser::progress::refused:
      return refuse(parser_->refusal());
    case request_parser::progress::complete:
      return dispatch();
    case request_parser::progress::has_head:
      if (!screen_head())
        return;
    }
  }
}

/// Whether to continue at once. Bodies that will be refused are not read, unless they are so small that reading costs
/// less than a new connection.
bool connection::screen_head() {
  parser_->limit_body(core_->options.max_body_bytes);
  auto length = parser_->content_length().value_or(0);
  if (!parser_->has_body())
    return true;
  auto& head = parser_->head();
  if (parser_->expects_continue() || !head.content_encoding.empty() ||
      parser_->content_length().value_or(SIZE_MAX) > defaults::max_inline_json_bytes) {
    auto load = core_->load();
    auto why = core_->screen.judge(head, core_->paths.find(route_method(head.method), head.path), load);
    if (!why)
      why = core_->screen.judge_body(length, load);
    if (why) {
      refuse(std::move(*why));
      return false;
    }
  }
  if (!parser_->expects_continue() || buffer_.size() != 0)
    return true;
  tell_to_continue();
  return false;
}

void connection::tell_to_continue() {
  socket_.async_write(asio::buffer(continue_line), [self = shared_from_this()](error_code error, size_t) {
    if (!self->is_awaiting_request())
      return;
    if (error)
      self->close();
    else
      self->advance();
  });
}

void connection::dispatch() {
  if (auto why = from_->why_invalid(core_->options.trust->view()->revoked); !why.empty())
    return refuse(problem(fail(ec::forbidden, why)));
  auto whole = std::exchange(parser_, new_parser());
  received_.set(buffer_.size());
  enter(stage::working);
  std::make_shared<live_exchange>(core_, shared_from_this(), std::move(whole))->begin();
}

/// Answers a malformed request, or one that will not be read to its end.
void connection::refuse(response why) {
  auto& head = parser_->head();
  if (auto match = core_->paths.find(route_method(head.method), head.path); match.found)
    restate(*match.found, head, why);
  log::debug("HTTP request refused: {}. status={}", why.failure, why.status);
  core_->metrics.of(nullptr).count(why.status, 0);
  outgoing out;
  out.head = response_head(why, {.is_http_1_0 = head.is_http_1_0});
  if (!parser_->wants_head_only())
    out.body = std::move(why.body);
  error_code ignored;
  socket_.plain().cancel(ignored); // cancels a pending read, if the request was refused for being slow
  buffer_.clear();
  received_.set(0);
  enter(stage::working);
  write(std::move(out));
}

// -- writing ------------------------------------------------------------------------

void connection::write(outgoing answer) {
  if (stage_ != stage::working)
    return;
  answer_ = std::move(answer);
  enter(stage::writing);
  write_some();
}

void connection::write(stream_piece piece) {
  if (stage_ == stage::working)
    enter(stage::streaming);
  if (stage_ != stage::streaming) {
    if (auto stream = piece.of.lock())
      stream->go_on(false);
    return;
  }
  pieces_.push_back(std::move(piece));
  if (pieces_.size() == 1)
    write_next_piece();
}

void connection::write_next_piece() {
  enter(stage::streaming);
  write_some();
}

void connection::write_some() {
  static const std::string none;
  auto rest = stage_ == stage::writing ? rest_of(answer_.head, answer_.body, written_)
                                       : rest_of(pieces_.front().bytes, none, written_);
  socket_.async_write_some(rest, [self = shared_from_this()](error_code error, size_t length) {
    if (self->stage_ == stage::closed)
      return;
    if (error)
      self->close();
    else
      self->on_written(length);
  });
}

void connection::on_written(size_t length) {
  written_ += length;
  progress_ += length;
  auto whole = stage_ == stage::writing ? answer_.head.size() + answer_.body.size() : pieces_.front().bytes.size();
  if (written_ < whole) {
    last_taken_ = steady_clock::now();
    if (progress_ >= defaults::write_progress_bytes) {
      progress_ = 0;
      deadline_ = last_taken_ + core_->options.write_timeout;
    }
    return write_some();
  }
  if (stage_ == stage::writing)
    return answer_.rest ? make_next_piece() : answer_written();
  auto piece = std::move(pieces_.front());
  pieces_.pop_front();
  if (piece.is_last)
    return linger();
  if (!pieces_.empty())
    write_next_piece();
  else
    deadline_ = steady_clock::time_point::max(); // no piece waits to be taken
  if (auto stream = piece.of.lock())
    stream->go_on(true);
}

/// The client has taken what there was, so it decides how fast a large answer is made.
void connection::make_next_piece() {
  enter(stage::working);
  core_->run_aside([core = core_.get(), weak = weak_from_this(), rest = answer_.rest] {
    std::string piece;
    bool is_last = false;
    try {
      is_last = !rest->next(piece);
    } catch (const std::exception& e) {
      log::error("HTTP answer could not be made to its end: {}.", e.what());
      return core->post([weak] {
        if (auto self = weak.lock())
          self->close(); // without its last chunk, so that the client sees it
      });
    }
    core->post([weak, piece = std::move(piece), is_last]() mutable {
      if (auto self = weak.lock())
        self->write_rest(std::move(piece), is_last);
    });
  });
}

void connection::write_rest(std::string piece, bool is_last) {
  if (stage_ != stage::working)
    return;
  answer_.head.clear();
  answer_.body = answer_.is_chunked ? chunk(piece) : std::move(piece);
  if (is_last) {
    answer_.rest = nullptr;
    answer_.body += answer_.is_chunked ? last_chunk : "";
  }
  enter(stage::writing);
  write_some();
}

void connection::answer_written() {
  auto written = std::exchange(answer_, {});
  bool was_large = written.bytes.amount() > defaults::max_inline_json_bytes;
  written.flight.release();
  written.bytes.release();
  if (was_large)
    core_->give_turns();
  if (!written.keeps_alive)
    return linger();
  if (buffer_.size() == 0 && buffer_.capacity() > max_idle_buffer_bytes)
    buffer_.shrink_to_fit();
  enter(stage::idle);
  advance();
}

// -- ending -------------------------------------------------------------------------

void connection::check_deadline(steady_clock::time_point now, bool pressed) {
  bool takes_nothing = pressed && stage_ == stage::writing && last_taken_ + core_->options.pressed_write_timeout < now;
  if (now < deadline_ && !takes_nothing)
    return;
  if (stage_ == stage::reading)
    refuse(problem(408, ec::timed_out,
                   "the request did not arrive within " + std::to_string(core_->options.read_timeout.count()) + " ms"));
  else
    close();
}

/// Closes gracefully, so that the client gets the answer: if bytes arrived at a closed socket, the kernel would discard
/// the answer. RFC 9112, 9.6.
void connection::linger() {
  enter(stage::lingering);
  buffer_.clear();
  received_.set(0);
  if (!socket_.tls())
    return end_output();
  socket_.async_say_goodbye([self = shared_from_this()](error_code) {
    if (self->stage_ == stage::lingering)
      self->end_output();
  });
}

void connection::end_output() {
  error_code error;
  socket_.plain().shutdown(asio::socket_base::shutdown_send, error);
  if (error)
    return close();
  throw_away();
}

/// Reads below TLS: what is thrown away needs no decryption.
void connection::throw_away() {
  socket_.plain().async_read_some(buffer_.prepare(body_read_bytes),
                                  [self = shared_from_this()](error_code error, size_t length) {
                                    if (self->stage_ == stage::closed)
                                      return;
                                    self->thrown_away_ += length;
                                    if (error || self->thrown_away_ > defaults::max_lingering_bytes)
                                      self->close();
                                    else
                                      self->throw_away();
                                  });
}

void connection::close() {
  if (stage_ == stage::closed)
    return;
  auto self = shared_from_this(); // the core may hold the only other reference
  enter(stage::closed);
  error_code ignored;
  socket_.plain().close(ignored);
  received_.release();
  answer_ = {};
  auto dropped = std::exchange(pieces_, {});
  core_->remove(this);
  for (const auto& piece : dropped)
    if (auto stream = piece.of.lock())
      stream->go_on(false);
}

bool connection::has_unread_bytes() const {
  error_code ignored;
  return socket_.plain().available(ignored) != 0;
}

} // namespace hive::http
