#include "actors/namespaces/namespace_table.hpp"

#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace hive {
namespace {

using namespace std::chrono_literals;
using step = namespace_table::step;
using testing::ElementsAre;
using testing::IsEmpty;

struct namespace_table_test : testing::Test {
  namespace_table table{{.max_open = 2, .idle = 5min}};
  namespace_table::time_point now{1h};
  std::set<std::string> in_use;

  namespace_table::decision enter(const std::string& id) {
    return table.enter(id, now, [this](const std::string& asked) { return in_use.contains(asked); });
  }

  std::vector<std::string> close_idle() {
    return table.close_idle(now, [this](const std::string& asked) { return in_use.contains(asked); });
  }

  void open(const std::string& id) {
    EXPECT_EQ(enter(id).what, step::open) << id;
    table.opened(id, now);
    now += 1s;
  }
};

TEST_F(namespace_table_test, the_first_opens_it_and_the_others_wait_until_it_is_open) {
  EXPECT_EQ(enter("a").what, step::open);
  EXPECT_EQ(enter("a").what, step::wait);
  EXPECT_FALSE(table.is_open("a"));
  table.opened("a", now);
  EXPECT_TRUE(table.is_open("a"));
  EXPECT_EQ(enter("a").what, step::serve);
  table.closed("a");
  EXPECT_EQ(enter("a").what, step::open) << "as it could not be opened, or has ended";
}

TEST_F(namespace_table_test, the_one_entered_longest_ago_gives_way_unless_it_is_used) {
  open("a");
  open("b");
  EXPECT_EQ(enter("a").what, step::serve);
  now += 1s;
  auto next = enter("c");
  EXPECT_EQ(next.what, step::open);
  EXPECT_EQ(next.evicted, "b");
  EXPECT_EQ(enter("b").what, step::wait) << "it is being closed";
  table.closed("b");
  table.opened("c", now);
  in_use = {"a"};
  EXPECT_EQ(enter("b").evicted, "c");
  table.opened("b", now);
  table.closed("c");
  in_use = {"a", "b"};
  EXPECT_EQ(enter("c").what, step::refuse);
  EXPECT_EQ(enter("a").what, step::serve);
  in_use.clear();
  EXPECT_EQ(enter("c").what, step::open) << "a refusal leaves nothing behind";
}

TEST_F(namespace_table_test, those_being_opened_count_and_never_give_way) {
  enter("a");
  enter("b");
  EXPECT_EQ(enter("c").what, step::refuse);
}

TEST_F(namespace_table_test, an_idle_one_is_closed_and_a_used_one_is_not_idle) {
  EXPECT_EQ(table.next_due(), std::nullopt);
  open("a");
  open("b");
  in_use = {"b"};
  now += 5min - 3s;
  EXPECT_THAT(close_idle(), IsEmpty());
  now += 3s;
  EXPECT_THAT(close_idle(), ElementsAre("a"));
  EXPECT_EQ(enter("a").what, step::wait);
  in_use.clear();
  EXPECT_EQ(table.next_due(), now + 5min) << "since b was last seen in use";
  now += 5min;
  EXPECT_THAT(close_idle(), ElementsAre("b"));
  EXPECT_EQ(table.next_due(), std::nullopt);
}

TEST_F(namespace_table_test, what_is_to_be_closed_stays_closed_until_it_is) {
  open("a");
  EXPECT_TRUE(table.close("a"));
  EXPECT_FALSE(table.close("a"));
  EXPECT_FALSE(table.close("never open"));
  EXPECT_EQ(enter("never open").what, step::wait);
  EXPECT_EQ(enter("b").what, step::open);
  EXPECT_TRUE(table.close("b")) << "while it is being opened";
  table.opened("b", now);
  EXPECT_FALSE(table.is_open("b"));
}

TEST_F(namespace_table_test, never_has_more_open_than_allowed_and_never_closes_one_in_use) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  table = namespace_table{{.max_open = 3, .idle = 60s}};
  std::set<std::string> opening, opened, closing;
  for (int i = 0; i < 20'000; ++i) {
    std::string id(1, static_cast<char>('a' + random() % 6));
    now += std::chrono::seconds{random() % 20};
    switch (random() % 5) {
    case 0: {
      auto next = enter(id);
      EXPECT_EQ(next.what == step::serve, opened.contains(id));
      EXPECT_EQ(next.what == step::wait, opening.contains(id) || closing.contains(id));
      if (next.evicted) {
        EXPECT_FALSE(in_use.contains(*next.evicted));
        EXPECT_EQ(opened.erase(*next.evicted), 1u);
        closing.insert(*next.evicted);
      }
      if (next.what == step::open)
        opening.insert(id);
      break;
    }
    case 1:
      if (opening.erase(id)) {
        table.opened(id, now);
        opened.insert(id);
      }
      break;
    case 2:
      if (closing.erase(id) || opening.erase(id))
        table.closed(id);
      break;
    case 3:
      if (opened.contains(id) && !in_use.erase(id))
        in_use.insert(id);
      break;
    default:
      for (const auto& idle : close_idle()) {
        EXPECT_FALSE(in_use.contains(idle));
        EXPECT_EQ(opened.erase(idle), 1u);
        closing.insert(idle);
      }
    }
    ASSERT_LE(opening.size() + opened.size(), 3u);
  }
}

} // namespace
} // namespace hive
