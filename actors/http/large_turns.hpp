#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace hive::http {

/// The order in which requests are worked on whose answers may be large: few at the same time, and none while the
/// answers that wait for their readers have too many bytes. Pure: time and bytes are passed in.
template <class Request>
class large_turns {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `most_bytes` is what answers may have before the next request begins.
  large_turns(size_t most_working, size_t most_bytes) : most_working_{most_working}, most_bytes_{most_bytes} {
  }

  /// Puts a request behind those that wait. It is given up at `deadline`.
  void wait(Request what, time_point deadline) {
    waiting_.push_back({std::move(what), deadline});
  }

  /// The request whose turn it is, if it is anybody's. `end` must follow when it has been worked on.
  std::optional<Request> next(size_t answer_bytes) {
    if (waiting_.empty() || working_ == most_working_ || answer_bytes >= most_bytes_)
      return std::nullopt;
    ++working_;
    return take_first();
  }

  void end() {
    --working_;
  }

  /// The next request that has waited for too long, if there is one.
  std::optional<Request> expired(time_point now) {
    if (waiting_.empty() || waiting_.front().deadline > now)
      return std::nullopt;
    return take_first();
  }

  size_t waiting() const {
    return waiting_.size();
  }

  void clear() {
    waiting_.clear();
  }

private:
  struct entry {
    Request what;
    time_point deadline;
  };

  Request take_first() {
    auto out = std::move(waiting_.front().what);
    waiting_.pop_front();
    return out;
  }

  const size_t most_working_;
  const size_t most_bytes_;
  size_t working_ = 0;
  std::deque<entry> waiting_;
};

} // namespace hive::http
