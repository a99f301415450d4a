#include "actors/store/commit_queue.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "tests/support/temporary_directory.hpp"

#include <caf/all.hpp>
#include <caf/mailbox_element.hpp>
#include <future>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;

class commit_queue_fixture : public testing::Test {
protected:
  caf::error put(const std::string& key, const std::string& value) {
    write_set writes;
    writes.put(column::tasks, key, value);
    return queue.add(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(writes)), {});
  }

  caf::error add(const std::string& key, size_t bytes = 1) {
    return put(key, std::string(bytes, 'x'));
  }

  /// Sets of the next group; 0 when there is none.
  size_t take(const last_group& last = {}) {
    auto group = queue.take(last);
    return group ? group->sets() : 0;
  }

  std::future<size_t> begin_take(const last_group& last = {}) {
    return std::async(std::launch::async, [this, last] { return take(last); });
  }

  commit_queue queue;
};

/// A group after which the next one waits for this many sets, for longer than a test takes.
last_group group_of(size_t sets) {
  return {.sets = sets, .quickest_write = 1h, .answered = std::chrono::steady_clock::now() + 1h};
}

TEST_F(commit_queue_fixture, gives_all_that_gathered_in_order_of_arrival) {
  for (const auto* value : {"first", "second", "last"})
    EXPECT_FALSE(put("k", value));
  auto group = queue.take({});
  ASSERT_TRUE(group);
  EXPECT_EQ(group->sets(), 3u);
  temporary_directory dir;
  auto db = std::move(*database::open({.directory = dir.path()}));
  database::batch batch{*db};
  group->put_into(batch);
  ASSERT_FALSE(db->write(batch));
  EXPECT_EQ(**db->get(column::tasks, "k"), "last");
  EXPECT_FALSE(add("d"));
  EXPECT_EQ(take(), 1u);
}

TEST_F(commit_queue_fixture, waits_for_the_first) {
  auto taken = begin_take();
  EXPECT_FALSE(add("a"));
  EXPECT_EQ(taken.get(), 1u);
}

TEST_F(commit_queue_fixture, waits_for_as_many_as_the_last_group_had) {
  EXPECT_FALSE(add("a"));
  auto taken = begin_take(group_of(3));
  EXPECT_FALSE(add("b"));
  EXPECT_FALSE(add("c"));
  EXPECT_EQ(taken.get(), 3u);
}

TEST_F(commit_queue_fixture, leaves_without_those_who_do_not_come) {
  EXPECT_FALSE(add("a"));
  EXPECT_EQ(take({.sets = 3, .quickest_write = 1ms, .answered = std::chrono::steady_clock::now()}), 1u);
}

TEST_F(commit_queue_fixture, refuses_what_does_not_fit) {
  auto half = defaults::max_pending_commit_bytes / 2;
  EXPECT_FALSE(add("a", half));
  EXPECT_EQ(code_of(add("b", half)), ec::overloaded) << "keys count as well";
  EXPECT_FALSE(add("c"));
  EXPECT_EQ(take(), 2u);
  EXPECT_FALSE(add("b", half)) << "there is room again";
}

TEST_F(commit_queue_fixture, refuses_more_than_its_number) {
  for (size_t i = 0; i < defaults::max_pending_commits; ++i)
    ASSERT_FALSE(add(""));
  EXPECT_EQ(code_of(add("")), ec::overloaded);
  EXPECT_EQ(take(), defaults::max_pending_commits);
}

TEST_F(commit_queue_fixture, gives_nothing_once_it_is_closed) {
  EXPECT_FALSE(add("a"));
  auto taken = begin_take(group_of(2));
  queue.close(fail(ec::storage_failed, "first"));
  queue.close(fail(ec::internal, "second"));
  EXPECT_EQ(taken.get(), 0u);
  EXPECT_EQ(code_of(queue.reason()), ec::storage_failed);
  EXPECT_EQ(code_of(add("b")), ec::unavailable);
}

} // namespace
} // namespace hive
