#include "actors/http/response_stream.hpp"

namespace hive::http {

namespace asio = restinio::asio_ns;

response_stream::response_stream(asio::io_context& server_thread, builder head, std::shared_ptr<flight_counter> flights)
    : server_thread_{server_thread}, builder_{std::make_shared<builder>(std::move(head))}, flights_{
                                                                                             std::move(flights)} {
}

response_stream::~response_stream() {
  end();
}

void response_stream::send(std::string piece, std::function<void()> taken) {
  {
    std::lock_guard lock{mutex_};
    if (ended_)
      return;
    taken_ = std::move(taken);
    sent_at_ = std::chrono::steady_clock::now();
  }
  asio::post(server_thread_, [builder = builder_, piece = std::move(piece), self = weak_from_this()]() mutable {
    builder->append_chunk(std::move(piece));
    builder->flush([self](const asio::error_code& error) {
      if (auto stream = self.lock())
        stream->go_on(!error);
    });
  });
}

void response_stream::go_on(bool was_taken) {
  std::function<void()> next; // outlives the lock: what it holds may be the last to hold this stream
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
  bool is_stuck = false;
  {
    std::lock_guard lock{mutex_};
    if (ended_)
      return;
    ended_ = true;
    is_stuck = taken_ && std::chrono::steady_clock::now() - sent_at_ > defaults::http_flush_timeout;
    dropped = std::move(taken_);
    taken_ = nullptr;
  }
  if (is_stuck)
    flights_->end();
  asio::post(server_thread_, [builder = builder_, flights = flights_, is_stuck] {
    builder->done([flights, is_stuck](const asio::error_code&) {
      if (!is_stuck)
        flights->end();
    });
  });
}

} // namespace hive::http
