#include "actors/engines/spawned_table.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/ec.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::SpawnedState;

msg<wire::Measurement> measurement(size_t bytes = 10) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setNote(std::string(bytes, 'n')); });
}

class spawned_table_test : public testing::Test {
protected:
  void add(const std::string& id, bool stay = false) {
    spawned_record record{id, "engine7", {"n1"}, wire::SpawnedKind::ADAPTER, "echo", stay};
    record.started_at_unix_micros = ++started_;
    table.add(std::move(record), now);
  }

  SpawnedState state(const std::string& id) const {
    return table.find(id)->state;
  }

  /// Lets time pass as it does on a node that looks for missed keep-alives at its pace.
  std::vector<std::string> overdue_after(std::chrono::milliseconds time) {
    std::vector<std::string> out;
    for (auto end = now + time; now < end && out.empty();) {
      now += defaults::keep_alive_check;
      out = table.overdue(now);
    }
    return out;
  }

  spawned_table table;
  spawned_table::time_point now{100h};
  int64_t started_ = 0;
};

TEST_F(spawned_table_test, lists_records_in_the_order_of_their_start) {
  add("b");
  add("a");
  std::vector<std::string> ids;
  for (const auto* each : table.list())
    ids.push_back(each->id);
  EXPECT_THAT(ids, ElementsAre("b", "a"));
  EXPECT_EQ(table.find("c"), nullptr);
}

TEST_F(spawned_table_test, a_result_makes_it_done_and_an_error_failed_once) {
  add("a");
  add("b");
  table.finish("a", measurement());
  EXPECT_EQ(state("a"), SpawnedState::DONE);
  EXPECT_TRUE(table.find("a")->measurement);
  table.fail("a", "too late");
  EXPECT_EQ(state("a"), SpawnedState::DONE);
  table.fail("b", "it crashed");
  table.finish("b", measurement());
  EXPECT_EQ(state("b"), SpawnedState::FAILED);
  EXPECT_EQ(table.find("b")->reason, "it crashed");
  EXPECT_FALSE(table.find("b")->measurement);
  table.finish("unknown", measurement());
}

TEST_F(spawned_table_test, an_end_drops_the_result_and_is_the_last_word) {
  add("a");
  table.finish("a", measurement());
  table.end("a", "its engine is gone");
  EXPECT_EQ(state("a"), SpawnedState::ENDED);
  EXPECT_FALSE(table.find("a")->measurement);
  table.end("a", "another reason");
  EXPECT_EQ(table.find("a")->reason, "its engine is gone");
  EXPECT_FALSE(table.keep("a", now));
}

// -- keep-alives -----------------------------------------------------------------

TEST_F(spawned_table_test, a_missed_keep_alive_is_seen_after_two_seconds) {
  add("a");
  EXPECT_THAT(overdue_after(1'750ms), IsEmpty());
  EXPECT_TRUE(table.keep("a", now));
  EXPECT_THAT(overdue_after(1'750ms), IsEmpty());
  EXPECT_THAT(overdue_after(250ms), ElementsAre("a"));
  EXPECT_THAT(overdue_after(250ms), ElementsAre("a")) << "until it has ended";
  table.end("a", "gone");
  EXPECT_THAT(overdue_after(10s), IsEmpty());
}

TEST_F(spawned_table_test, also_a_result_is_kept_for_its_engine_alone) {
  add("a");
  table.finish("a", measurement());
  EXPECT_THAT(overdue_after(2s), ElementsAre("a"));
}

TEST_F(spawned_table_test, what_may_stay_needs_no_keep_alive) {
  add("a", true);
  EXPECT_FALSE(table.expects_keep_alives());
  EXPECT_THAT(overdue_after(60s), IsEmpty());
  EXPECT_TRUE(table.keep("a", now));
  EXPECT_FALSE(table.expects_keep_alives());
  add("b");
  EXPECT_TRUE(table.expects_keep_alives());
  table.remove("b");
  EXPECT_FALSE(table.expects_keep_alives());
}

/// The node was stopped, or its machine slept: the keep-alives of that time wait in its sockets.
TEST_F(spawned_table_test, the_time_for_which_the_node_stood_still_does_not_count) {
  add("a");
  EXPECT_THAT(overdue_after(500ms), IsEmpty());
  now += 60s;
  EXPECT_THAT(table.overdue(now), IsEmpty());
  EXPECT_THAT(overdue_after(1'250ms), IsEmpty());
  EXPECT_THAT(overdue_after(250ms), ElementsAre("a")) << "its engine was silent before and after";
}

TEST_F(spawned_table_test, a_record_after_a_long_pause_counts_from_its_start) {
  add("a");
  table.remove("a");
  now += 1h;
  add("b");
  EXPECT_THAT(overdue_after(1'750ms), IsEmpty());
  EXPECT_THAT(overdue_after(250ms), ElementsAre("b"));
}

// -- bounds ----------------------------------------------------------------------

TEST_F(spawned_table_test, takes_no_more_than_its_bound_of_what_has_not_ended) {
  table = spawned_table{{.records = 2}};
  add("a");
  EXPECT_FALSE(table.check_room());
  add("b");
  EXPECT_EQ(code_of(table.check_room()), ec::overloaded);
  table.finish("a", measurement());
  EXPECT_EQ(code_of(table.check_room()), ec::overloaded) << "its result waits";
  table.end("a", "done with it");
  EXPECT_FALSE(table.check_room());
}

TEST_F(spawned_table_test, remembers_the_newest_of_what_has_ended) {
  table = spawned_table{{.remembered = 2}};
  for (const auto* id : {"a", "b", "c"}) {
    add(id);
    table.end(id, "gone");
  }
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_NE(table.find("b"), nullptr);
  EXPECT_NE(table.find("c"), nullptr);
}

TEST_F(spawned_table_test, results_share_a_bound) {
  table = spawned_table{{.result_bytes = 1'500}};
  for (const auto* id : {"a", "b", "c"})
    add(id);
  table.finish("a", measurement(1'000));
  table.finish("b", measurement(1'000));
  EXPECT_EQ(state("b"), SpawnedState::FAILED);
  EXPECT_THAT(table.find("b")->reason, HasSubstr("no room"));
  table.remove("a");
  table.finish("c", measurement(1'000));
  EXPECT_EQ(state("c"), SpawnedState::DONE) << "the end of one makes room";
}

TEST_F(spawned_table_test, a_long_reason_is_cut_to_what_a_message_may_hold) {
  add("a");
  std::string long_reason;
  for (int i = 0; i < 10'000; ++i)
    long_reason += "é";
  table.fail("a", long_reason);
  auto message = msg<wire::Spawned>::build([&](wire::Spawned::Builder out) { table.find("a")->describe(out); });
  EXPECT_TRUE(msg<wire::Spawned>::load(message.bytes()));
}

/// Compares the counts with a plain model over random steps.
TEST_F(spawned_table_test, counts_right_in_any_order) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  table = spawned_table{{.records = 8, .remembered = 4, .result_bytes = 3'000}};
  std::map<std::string, SpawnedState> model;
  auto live = [&] {
    return std::ranges::count_if(model, [](const auto& each) { return each.second != SpawnedState::ENDED; });
  };
  int next = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto id = std::to_string(std::max(0, next - static_cast<int>(random() % 12)));
    switch (random() % 5) {
    case 0:
      ASSERT_EQ(!table.check_room(), live() < 8);
      if (live() < 8) {
        id = std::to_string(++next);
        add(id);
        model[id] = SpawnedState::RUNNING;
      }
      break;
    case 1:
      if (model.contains(id) && model[id] == SpawnedState::RUNNING)
        table.finish(id, measurement(600)), model[id] = state(id);
      break;
    case 2:
      table.end(id, "gone");
      if (model.contains(id))
        model[id] = SpawnedState::ENDED;
      break;
    case 3:
      table.remove(id);
      model.erase(id);
      break;
    case 4:
      ASSERT_EQ(table.keep(id, now), model.contains(id) && model[id] != SpawnedState::ENDED);
      break;
    }
    size_t done = 0;
    for (const auto* each : table.list()) {
      ASSERT_EQ(each->state, model.at(each->id));
      done += each->measurement ? 1 : 0;
    }
    ASSERT_LE(done * 600, 3'000U);
    std::erase_if(model, [&](const auto& each) { return !table.find(each.first); });
    ASSERT_LE(std::ranges::count_if(model, [](const auto& each) { return each.second == SpawnedState::ENDED; }), 4);
    ASSERT_EQ(table.expects_keep_alives(), live() > 0);
  }
}

} // namespace
} // namespace hive
