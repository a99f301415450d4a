#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace hive {

/// The deadlines of what an actor has open, and the timers that it needs for them: few, however many deadlines there
/// are. Pure: time is passed in, and the owner runs the timers. `Key` names what is open and is ordered by <.
template <class Key>
class deadline_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using entry = std::pair<time_point, Key>;

  /// How late a deadline may be noticed. A deadline that ends so shortly before a running timer needs none of its own,
  /// so there are never more timers than the longest time until a deadline has times this one.
  static constexpr std::chrono::milliseconds slack{100};

  void add(const entry& what) {
    open_.insert(what);
  }

  /// Forgets what has ended before its deadline; nothing happens if it has expired.
  void remove(const entry& what) {
    open_.erase(what);
  }

  /// Removes the next one whose deadline has passed, if any.
  std::optional<Key> expire(time_point now) {
    if (open_.empty() || open_.begin()->first > now)
      return std::nullopt;
    return std::move(open_.extract(open_.begin()).value().second);
  }

  /// The time at which a further timer must end, if one is needed. The owner starts it, calls `end_timer` when it has
  /// ended, and then asks again.
  std::optional<time_point> start_timer() {
    if (open_.empty())
      return std::nullopt;
    auto next = open_.begin()->first;
    if (!timers_.empty() && timers_.back() <= next + slack)
      return std::nullopt;
    timers_.push_back(next);
    return next;
  }

  /// The earliest timer has ended.
  void end_timer() {
    timers_.pop_back();
  }

  size_t size() const {
    return open_.size();
  }

  size_t timers() const {
    return timers_.size();
  }

private:
  std::set<entry> open_;
  std::vector<time_point> timers_; ///< that run, the earliest last
};

} // namespace hive
