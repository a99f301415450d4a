#include "actors/deadline_queue.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

namespace hive {
namespace {

using namespace std::chrono_literals;
using queue = deadline_queue<uint64_t>;
using time_point = queue::time_point;

TEST(deadline_queue, expires_what_is_due_in_the_order_of_the_deadlines) {
  queue open;
  time_point t{};
  open.add({t + 2s, 1});
  open.add({t + 1s, 2});
  open.add({t + 1s, 3});
  EXPECT_EQ(open.expire(t + 999ms), std::nullopt);
  EXPECT_EQ(open.expire(t + 1s), 2U);
  EXPECT_EQ(open.expire(t + 1s), 3U);
  EXPECT_EQ(open.expire(t + 1s), std::nullopt);
  EXPECT_EQ(open.expire(t + 1h), 1U);
  EXPECT_EQ(open.expire(t + 1h), std::nullopt);
}

TEST(deadline_queue, forgets_what_has_ended) {
  queue open;
  time_point t{};
  open.add({t + 1s, 1});
  open.add({t + 1s, 2});
  open.remove({t + 1s, 1});
  EXPECT_EQ(open.size(), 1U);
  EXPECT_EQ(open.expire(t + 1s), 2U);
  open.remove({t + 1s, 2}); // expired already
  EXPECT_EQ(open.size(), 0U);
}

TEST(deadline_queue, needs_one_timer_for_deadlines_in_their_order) {
  queue open;
  time_point t{};
  for (uint64_t i = 0; i < 1'000; ++i) {
    open.add({t + 60s + i * 1ms, i});
    EXPECT_EQ(open.start_timer(), i == 0 ? std::optional{t + 60s} : std::nullopt);
  }
  for (uint64_t i = 0; i < 999; ++i)
    open.remove({t + 60s + i * 1ms, i});
  open.end_timer();
  EXPECT_EQ(open.start_timer(), t + 60s + 999ms) << "that of the only one left";
}

TEST(deadline_queue, needs_another_timer_only_for_a_deadline_that_is_clearly_earlier) {
  queue open;
  time_point t{};
  open.add({t + 60s, 1});
  EXPECT_EQ(open.start_timer(), t + 60s);
  open.add({t + 60s - queue::slack, 2});
  EXPECT_EQ(open.start_timer(), std::nullopt);
  open.add({t + 10s, 3});
  EXPECT_EQ(open.start_timer(), t + 10s);
  EXPECT_EQ(open.timers(), 2U);
  EXPECT_EQ(open.expire(t + 10s), 3U);
  open.end_timer();
  EXPECT_EQ(open.start_timer(), std::nullopt) << "the first timer still runs";
}

/// An owner that does what the queue demands, beside a plain table of what is open.
class random_owner {
public:
  explicit random_owner(uint64_t seed) : random_{seed} {
  }

  void step() {
    switch (draw(0, 9)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return open();
    case 4:
    case 5:
    case 6:
      return close();
    case 7:
      return close_again();
    default:
      return pass(std::chrono::milliseconds{draw(0, 1) ? draw(0, 50) : draw(0, 5'000)});
    }
  }

  /// Until nothing can happen any more.
  void finish() {
    pass(longest + queue::slack);
    EXPECT_EQ(queue_.size(), 0U);
    EXPECT_TRUE(model_.empty());
    pass(longest + queue::slack);
    EXPECT_TRUE(timers_.empty()) << "an owner without requests is left alone";
    EXPECT_EQ(queue_.timers(), 0U);
  }

private:
  static constexpr std::chrono::milliseconds longest = 60s;

  uint64_t draw(uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>{least, most}(random_);
  }

  void open() {
    auto timeout = draw(0, 2) ? longest : std::chrono::milliseconds{draw(0, longest.count())};
    queue::entry added{now_ + timeout, next_++};
    model_.emplace(added.second, added.first);
    queue_.add(added);
    start_timer();
  }

  void close() {
    if (model_.empty())
      return;
    auto which = std::next(model_.begin(), static_cast<ptrdiff_t>(draw(0, model_.size() - 1)));
    queue_.remove({which->second, which->first});
    ended_.emplace_back(which->second, which->first);
    model_.erase(which);
  }

  void close_again() {
    if (!ended_.empty())
      queue_.remove(ended_[draw(0, ended_.size() - 1)]);
    EXPECT_EQ(queue_.size(), model_.size());
  }

  void pass(std::chrono::milliseconds time) {
    auto end = now_ + time;
    while (!timers_.empty() && timers_.front() <= end) {
      now_ = timers_.front();
      timers_.erase(timers_.begin());
      on_timer();
    }
    now_ = end;
    for (const auto& [id, due] : model_)
      EXPECT_GT(due + queue::slack, now_) << "request " << id << " has outlived its deadline";
  }

  void on_timer() {
    queue_.end_timer();
    while (auto id = queue_.expire(now_)) {
      auto found = model_.find(*id);
      ASSERT_NE(found, model_.end()) << "request " << *id << " had ended";
      EXPECT_LE(found->second, now_) << "request " << *id << " had time left";
      ended_.emplace_back(found->second, found->first);
      model_.erase(found);
    }
    start_timer();
  }

  void start_timer() {
    if (auto when = queue_.start_timer())
      timers_.insert(std::ranges::lower_bound(timers_, *when), std::max(now_, *when));
    EXPECT_EQ(queue_.timers(), timers_.size());
    EXPECT_LE(timers_.size(), static_cast<size_t>(longest / queue::slack) + 1);
  }

  std::mt19937_64 random_;
  time_point now_{};
  uint64_t next_ = 0;
  queue queue_;
  std::map<uint64_t, time_point> model_; ///< deadlines of what is open
  std::vector<queue::entry> ended_;
  std::vector<time_point> timers_; ///< that run, the earliest first
};

TEST(deadline_queue, behaves_like_a_table_whatever_happens) {
  HIVE_RANDOM_SEED(seed);
  for (uint64_t run = 0; run < 1'000; ++run) {
    SCOPED_TRACE("run " + std::to_string(run));
    random_owner owner{seed + run};
    for (int i = 0; i < 300; ++i)
      owner.step();
    owner.finish();
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
} // namespace hive
