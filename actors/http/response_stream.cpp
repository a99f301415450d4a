#include "actors/http/response_stream.hpp"

#include "actors/http/response_head.hpp"

#include <boost/asio/post.hpp>

namespace hive::http {
response_stream::response_stream(std::shared_ptr<server_core> core, std::weak_ptr<connection> to, meter::share flight,
                                 bool chunked)
    : core_{std::move(core)}, to_{std::move(to)}, chunked_{chunked}, flight_{std::move(flight)} {
}

response_stream::~response_stream() {
  end();
}

void response_stream::write(stream_piece piece) {
  piece.size = {core_->answers, piece.bytes.capacity()};
  core_->post([to = to_, piece = std::move(piece)]() mutable {
    if (auto open = to.lock())
      open->write(std::move(piece));
    else if (auto stream = piece.of.lock())
      stream->go_on(false);
  });
}

void response_stream::send(std::string piece, std::function<void()> taken) {
  {
    std::lock_guard lock{mutex_};
    if (ended_)
      return;
    taken_ = std::move(taken);
    sent_at_ = std::chrono::steady_clock::now();
  }
  stream_piece out;
  out.bytes = chunked_ ? chunk(piece) : std::move(piece);
  out.of = weak_from_this();
  write(std::move(out));
}

void response_stream::go_on(bool was_taken) {
  std::function<void()> next; // outlives the lock: its captures may hold the last reference to this stream
  {
    std::lock_guard lock{mutex_};
    next = std::move(taken_);
    taken_ = nullptr;
  }
  if (was_taken && next)
    next();
}

void response_stream::end() {
  std::function<void()> dropped;
  stream_piece last;
  {
    std::lock_guard lock{mutex_};
    if (ended_)
      return;
    ended_ = true;
    bool is_stuck = taken_ && std::chrono::steady_clock::now() - sent_at_ > defaults::http_flush_timeout;
    if (is_stuck)
      flight_.release();
    else
      last.flight = std::move(flight_);
    dropped = std::move(taken_);
    taken_ = nullptr;
  }
  last.is_last = true;
  if (chunked_)
    last.bytes = last_chunk;
  write(std::move(last));
}

} // namespace hive::http
