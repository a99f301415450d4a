#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace hive::http {

/// Queue for requests with potentially large answers: limits how many are processed concurrently, and starts none while
/// unwritten answers occupy too many bytes. Pure: time and bytes are passed in.
template <class Request>
class large_turns {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The next request may start only while unwritten answers have fewer than `most_bytes` bytes.
  large_turns(size_t most_working, size_t most_bytes) : most_working_{most_working}, most_bytes_{most_bytes} {
  }

  /// Enqueues a request, which expires at `deadline`.
  void wait(Request what, time_point deadline) {
    waiting_.push_back({std::move(what), deadline});
  }

  /// The next request, if one may start. `end` must be called when it has been processed.
  std::optional<Request> next(size_t answer_bytes) {
    if (waiting_.empty() || working_ == most_working_ || answer_bytes >= most_bytes_)
      return std::nullopt;
    ++working_;
    return take_first();
  }

  void end() {
    --working_;
  }

  /// A request that has waited too long, if any.
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
