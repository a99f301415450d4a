#include "actors/tracker/tracker.hpp"

#include "messages/timestamp.hpp"
#include "tests/support/test_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// -- recording ------------------------------------------------------------------

TEST(tracker, answers_when_the_records_are_on_disk) {
  test_tracker node;
  node.gate->hold = true;
  auto answer = node.tests.client()->request(node.actor, answer_timeout, record_tasks(runs("feature", "aider", 5, 0)));
  while (node.gate->held == 0)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(task_store{*node.db}.newest()->value, 0u);
  node.gate->hold = false;
  uint32_t recorded = 0;
  answer.receive([&](const msg<wire::TasksRecorded>& m) { recorded = m->getRecorded(); },
                 [](const caf::error& error) { FAIL() << text_of(error); });
  EXPECT_EQ(recorded, 5u);
  EXPECT_EQ(task_store{*node.db}.newest()->value, 5u);
}

TEST(tracker, numbers_records_in_order_and_on_after_a_restart) {
  test_tracker node;
  ASSERT_TRUE(node.record({{.tool = "a"}, {.tool = "b"}}));
  node.restart();
  ASSERT_TRUE(node.record({{.tool = "c"}}));
  auto records = node.records();
  ASSERT_EQ(records.size(), 3u);
  for (uint64_t i = 0; i < 3; ++i)
    EXPECT_EQ(records[i]->getSequence(), 3 - i);
  EXPECT_EQ(as_view(records[0]->getToolName()), "c");
  EXPECT_EQ(as_view(records[2]->getToolName()), "a");
}

TEST(tracker, names_the_records_it_leaves_out_and_keeps_the_others) {
  test_tracker node;
  std::string too_long(129, 'x');
  auto answer = node.record({{},
                             {.time_s = -1},
                             {.time_s = std::nan("")},
                             {.time_s = 1e9},
                             {.task_type = ""},
                             {.tool = ""},
                             {.tool = too_long},
                             {.model = too_long},
                             {.user = too_long},
                             {.key = std::string(65, 'k')},
                             {.timestamp = -1},
                             {}});
  ASSERT_TRUE(answer) << text_of(answer.error());
  EXPECT_EQ((*answer)->getRecorded(), 2u);
  auto rejected = (*answer)->getRejected();
  ASSERT_EQ(rejected.size(), 10u);
  const char* named[] = {"completion_time_s", "completion_time_s", "completion_time_s", "task_type",       "tool_name",
                         "tool_name",         "model_name",        "user_id",           "idempotency_key", "timestamp"};
  for (uint32_t i = 0; i < rejected.size(); ++i) {
    EXPECT_EQ(rejected[i].getLine(), i + 2);
    EXPECT_THAT(rejected[i].getReason().cStr(), HasSubstr(named[i]));
  }
  EXPECT_EQ(node.records().size(), 2u);
}

TEST(tracker, a_record_from_the_future_gets_the_nodes_time_and_says_so) {
  test_tracker node;
  auto before = now_unix_micros();
  constexpr int64_t minute = 60'000'000;
  ASSERT_TRUE(node.record({{.timestamp = before + 11 * minute}, {.timestamp = before + 9 * minute}, {.timestamp = 1}}));
  auto after = now_unix_micros();
  auto records = node.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0]->getTimestamp(), 1) << "old records come from imports";
  EXPECT_EQ(records[1]->getTimestamp(), before + 9 * minute);
  EXPECT_FALSE(records[1]->getTimestampCorrected());
  EXPECT_TRUE(records[2]->getTimestampCorrected());
  EXPECT_GE(records[2]->getTimestamp(), before);
  EXPECT_LE(records[2]->getTimestamp(), after);
}

// -- totals ---------------------------------------------------------------------

TEST(tracker, counts_what_was_recorded_and_failed_since_it_started) {
  test_tracker node;
  auto totals = [&] { return *node.ask<wire::TaskTotals>(msg<wire::TaskTotalsQuery>{}); };
  auto before = totals();
  EXPECT_EQ(before->getRecords(), 0u);
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 2)));
  constexpr int64_t hour = 3'600'000'000;
  ASSERT_TRUE(node.record({{.success = false, .timestamp = now_unix_micros() - hour}, {.time_s = -1}, {.key = "k"}}));
  ASSERT_TRUE(node.record({{.key = "k"}}));
  auto after = totals();
  EXPECT_EQ(after->getRun(), before->getRun());
  EXPECT_EQ(after->getRecords(), 8u) << "neither the old record, nor the wrong one, nor the duplicate";
  EXPECT_EQ(after->getFailures(), 2u);
  node.restart();
  EXPECT_NE(totals()->getRun(), after->getRun());
  EXPECT_EQ(totals()->getRecords(), 0u);
}

TEST(tracker, totals_begin_anew_after_a_failed_write) {
  test_tracker node;
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  auto before = *node.ask<wire::TaskTotals>(msg<wire::TaskTotalsQuery>{});
  EXPECT_EQ(before->getRecords(), 5u);
  node.gate->refuse_with = ec::storage_failed;
  ASSERT_FALSE(node.record(runs("feature", "aider", 5, 0)));
  node.gate->refuse_with = ec::none;
  auto after = *node.ask<wire::TaskTotals>(msg<wire::TaskTotalsQuery>{});
  EXPECT_NE(after->getRun(), before->getRun());
  EXPECT_EQ(after->getRecords(), 0u);
}

// -- idempotency ----------------------------------------------------------------

TEST(tracker, a_key_seen_before_is_not_counted_again) {
  test_tracker node;
  auto first = node.record({{.key = "k1"}, {.key = "k2"}, {.key = "k1"}, {}, {}});
  ASSERT_TRUE(first) << text_of(first.error());
  EXPECT_EQ((*first)->getRecorded(), 4u);
  EXPECT_EQ((*first)->getDuplicates(), 1u);
  ASSERT_EQ((*first)->getDuplicateLines().size(), 1u);
  EXPECT_EQ((*first)->getDuplicateLines()[0], 3u);
  auto again = node.record({{.key = "k2"}});
  ASSERT_TRUE(again) << text_of(again.error());
  EXPECT_EQ((*again)->getRecorded(), 0u);
  EXPECT_EQ((*again)->getDuplicates(), 1u);
  node.restart();
  again = node.record({{.key = "k1"}, {.key = "k3"}});
  EXPECT_EQ((*again)->getRecorded(), 1u);
  EXPECT_EQ((*again)->getDuplicates(), 1u);
  EXPECT_EQ(node.records().size(), 5u);
}

TEST(tracker, a_duplicate_is_answered_when_its_original_is_durable) {
  test_tracker node;
  node.gate->hold = true;
  auto original = node.tests.client()->request(node.actor, answer_timeout, record_tasks({{.key = "k"}}));
  while (node.gate->held == 0)
    std::this_thread::sleep_for(1ms);
  caf::scoped_actor other{node.tests.system()};
  auto repeated = other->request(node.actor, answer_timeout, record_tasks({{.key = "k"}}));
  // The original write fails, so its repetition must not have been acknowledged before.
  node.gate->refuse_with = ec::storage_failed;
  node.gate->hold = false;
  original.receive([](const msg<wire::TasksRecorded>&) { FAIL() << "nothing was written"; },
                   [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::storage_failed); });
  repeated.receive([](const msg<wire::TasksRecorded>&) { FAIL() << "nothing was written"; },
                   [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::storage_failed); });
  node.gate->refuse_with = ec::none;
  auto kept = node.record({{.key = "k"}});
  ASSERT_TRUE(kept) << text_of(kept.error());
  EXPECT_EQ((*kept)->getRecorded(), 1u);
}

TEST(tracker, old_keys_are_forgotten_on_disk_too) {
  test_tracker node{{.ledger = {.remembered_keys = 10}}};
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(node.record({{.key = "k" + std::to_string(i)}}));
  size_t digests = 0;
  ASSERT_FALSE(task_store{*node.db}.visit_key_groups([&](uint64_t, std::string_view group) -> caf::error {
    digests += group.size() / sizeof(key_digest);
    return caf::none;
  }));
  EXPECT_GE(digests, 10u);
  EXPECT_LE(digests, 20u);
  node.restart();
  auto duplicates = [&](int key) { return (*node.record({{.key = "k" + std::to_string(key)}}))->getDuplicates(); };
  EXPECT_EQ(duplicates(99), 1u);
  EXPECT_EQ(duplicates(90), 1u);
  EXPECT_EQ(duplicates(0), 0u);
}

// -- failures -------------------------------------------------------------------

TEST(tracker, a_failed_write_leaves_no_trace) {
  test_tracker node;
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  node.gate->refuse_with = ec::storage_failed;
  auto failed = node.record(runs("feature", "ruff", 10, 0));
  ASSERT_FALSE(failed);
  EXPECT_EQ(code_of(failed.error()), ec::storage_failed);
  auto refused = node.ask<wire::Recorded>(delta("peer", "opencode", 1, 100));
  ASSERT_FALSE(refused);
  node.gate->refuse_with = ec::none;
  EXPECT_EQ((*node.best("feature"))->getSampleCount(), 5u);
  EXPECT_FALSE(node.best("feature", wire::ToolScope::HIVE)) << "the delta was not kept either";
  ASSERT_TRUE(node.record({{.key = "next"}}));
  EXPECT_EQ(node.records().front()->getSequence(), 6u) << "numbers of failed records are given again";
}

TEST(tracker, refuses_more_than_may_wait_and_keeps_what_it_took) {
  test_tracker node;
  node.gate->hold = true;
  auto batch = record_tasks(std::vector<task_draft>(10'000));
  auto senders = defaults::max_pending_tasks / 10'000 + 3;
  for (size_t i = 0; i < senders; ++i)
    node.tests.client()->send(caf::actor_cast<caf::actor>(node.actor), batch);
  auto refused = node.ask<wire::TasksRecorded>(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  EXPECT_TRUE(node.best("feature")) << "questions are answered meanwhile";
  node.gate->hold = false;
  auto later = node.record({{.key = "later"}});
  ASSERT_FALSE(!later && code_of(later.error()) != ec::overloaded) << text_of(later.error());
  while (!later)
    later = node.record({{.key = "later"}});
  auto kept = node.ask<wire::ToolSummary>(msg<wire::ToolSummaryQuery>{});
  EXPECT_EQ((*kept)->getTotalBenchmarks(), defaults::max_pending_tasks / 10'000 * 10'000 + 1);
  EXPECT_EQ(task_store{*node.db}.newest()->value, (*kept)->getTotalBenchmarks());
}

TEST(tracker, ends_with_the_committer) {
  test_tracker node;
  node.gate->hold = true;
  auto pending = node.tests.client()->request(node.actor, answer_timeout, record_tasks({{}}));
  while (node.gate->held == 0)
    std::this_thread::sleep_for(1ms);
  node.gate->refuse_with = ec::internal;
  caf::anon_send_exit(node.front, caf::exit_reason::kill);
  node.gate->hold = false;
  pending.receive([](const msg<wire::TasksRecorded>&) { FAIL() << "nothing was written"; },
                  [](const caf::error& error) { EXPECT_NE(code_of(error), ec::none); });
  node.tests.client()->wait_for(node.actor);
}

TEST(tracker, refuses_to_start_on_damaged_statistics) {
  test_tracker node;
  ASSERT_TRUE(node.record({{}}));
  node.stop();
  write_set writes;
  task_store::put_cell(writes, msg<wire::ToolCell>::build([](wire::ToolCell::Builder out) {
                         out.setTaskType("feature");
                         out.setToolName("broken");
                         out.setSampleCount(1);
                         out.initSums().setSuccesses(2);
                         out.initRecent(1).set(0, 3);
                       }));
  ASSERT_FALSE(node.db->write(writes));
  node.start();
  auto answer = node.record({{}});
  EXPECT_FALSE(answer);
  node.tests.client()->wait_for(node.actor);
}

// -- questions ------------------------------------------------------------------

TEST(tracker, knows_the_best_tool_also_after_a_restart) {
  test_tracker node;
  ASSERT_TRUE(node.record(runs("feature", "good", 9, 1)));
  ASSERT_TRUE(node.record(runs("feature", "bad", 2, 8)));
  ASSERT_TRUE(node.record(runs("feature", "little_known", 4, 0)));
  for (int round = 0; round < 2; ++round) {
    auto best = node.best("feature");
    ASSERT_TRUE(best) << text_of(best.error());
    EXPECT_EQ(as_view((*best)->getToolName()), "good");
    EXPECT_EQ((*best)->getSampleCount(), 10u);
    EXPECT_EQ((*best)->getClaim(), wire::Claim::BEST);
    node.restart();
  }
  auto unknown = node.best("nothing");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(code_of(unknown.error()), ec::no_data);
  EXPECT_THAT(text_of(unknown.error()), HasSubstr("nothing"));
}

msg<wire::RouteQuery> route_query(const std::string& task_type, const std::vector<std::string>& available,
                                  const std::string& wanted = {}) {
  return msg<wire::RouteQuery>::build([&](wire::RouteQuery::Builder out) {
    out.setTaskType(task_type);
    out.setOverride(wanted);
    out.setPolicy(wire::RoutingPolicy::THRESHOLD);
    auto list = out.initAvailable(static_cast<uint32_t>(available.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, available[i]);
  });
}

TEST(tracker, routes_with_its_reason) {
  test_tracker node{{.heuristics = {{"odd", "from_table"}}}};
  ASSERT_TRUE(node.record(runs("feature", "local_best", 5, 0)));
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("peer", "hive_best", 1, 100)));
  auto expect_route = [&](const msg<wire::RouteQuery>& query, const char* tool, wire::RouteReason reason) {
    auto route = node.ask<wire::Route>(query);
    ASSERT_TRUE(route) << text_of(route.error());
    EXPECT_EQ(as_view((*route)->getToolName()), tool);
    EXPECT_EQ((*route)->getReason(), reason) << tool;
  };
  expect_route(route_query("feature", {"x", "wanted"}, "wanted"), "wanted", wire::RouteReason::OVERRIDE);
  expect_route(route_query("feature", {}), "local_best", wire::RouteReason::LOCAL);
  expect_route(route_query("feature", {"hive_best"}), "hive_best", wire::RouteReason::HIVE);
  expect_route(route_query("odd", {"x", "from_table"}), "from_table", wire::RouteReason::HEURISTIC);
  expect_route(route_query("odd", {"x", "y"}), "x", wire::RouteReason::AVAILABLE);
  auto none = node.ask<wire::Route>(route_query("unheard-of", {}));
  ASSERT_FALSE(none);
  EXPECT_EQ(code_of(none.error()), ec::no_data);
}

TEST(tracker, many_task_types_lock_no_other_out) {
  test_tracker node;
  for (int batch = 0; batch < 2; ++batch) {
    std::vector<task_draft> flood;
    for (int i = 0; i < 5'000; ++i)
      flood.push_back({.task_type = "flood" + std::to_string(batch * 5'000 + i)});
    ASSERT_TRUE(node.record(flood));
  }
  auto answer = node.record(runs("bug_fix", "ruff", 5, 0));
  ASSERT_TRUE(answer) << text_of(answer.error());
  EXPECT_EQ((*answer)->getRecorded(), 5u);
  for (int round = 0; round < 2; ++round) {
    auto best = node.best("bug_fix");
    ASSERT_TRUE(best) << text_of(best.error());
    EXPECT_EQ(as_view((*best)->getToolName()), "ruff");
    auto summary = node.ask<wire::ToolSummary>(msg<wire::ToolSummaryQuery>{});
    ASSERT_TRUE(summary);
    EXPECT_EQ((*summary)->getTotalBenchmarks(), 10'005u);
    EXPECT_GT((*summary)->getUnlisted(), 0u);
    node.restart();
  }
  EXPECT_EQ(node.records().size(), 10'005u) << "records stay";
}

TEST(tracker, at_most_so_many_questions_for_records_wait) {
  test_tracker node;
  ASSERT_TRUE(node.record({{}}));
  std::atomic<size_t> answered = 0, refused = 0;
  auto asker = node.tests.system().spawn([&](caf::event_based_actor* self) {
    for (size_t i = 0; i < 20 * defaults::max_task_queries; ++i)
      self->request(node.actor, answer_timeout, msg<wire::TaskQuery>{})
        .then([&](const msg<wire::TaskPage>&) { ++answered; },
              [&](const caf::error& error) { refused += code_of(error) == ec::overloaded; });
  });
  node.tests.client()->wait_for(asker);
  EXPECT_EQ(answered + refused, 20 * defaults::max_task_queries);
  EXPECT_GE(answered, defaults::max_task_queries);
  EXPECT_TRUE(node.ask<wire::TaskPage>(msg<wire::TaskQuery>{})) << "places are given back";
}

// -- retention ------------------------------------------------------------------

TEST(tracker, erases_records_beyond_the_number_to_keep_but_not_their_statistics) {
  test_tracker node;
  ASSERT_TRUE(node.record(std::vector<task_draft>(50)));
  node.stop();
  node.options.max_records = 20;
  node.start();
  while (task_store{*node.db}.oldest()->value != 31)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(node.records().size(), 20u);
  EXPECT_EQ((*node.best("feature"))->getSampleCount(), 50u);
  ASSERT_TRUE(node.record({{}}));
  EXPECT_EQ(node.records().front()->getSequence(), 51u);
}

TEST(tracker, erases_old_records_but_never_the_newest) {
  test_tracker node;
  ASSERT_TRUE(node.record(std::vector<task_draft>(50, task_draft{.timestamp = 1})));
  node.stop();
  node.options.max_age = std::chrono::seconds{3'600};
  node.start();
  while (task_store{*node.db}.oldest()->value != 50)
    std::this_thread::sleep_for(1ms);
  node.restart();
  ASSERT_TRUE(node.record({{}}));
  EXPECT_EQ(node.records().front()->getSequence(), 51u) << "no number is given twice";
  EXPECT_EQ((*node.best("feature"))->getSampleCount(), 51u);
}

TEST(tracker_options, are_checked) {
  EXPECT_EQ(code_of(tracker_options{}.validate()), ec::invalid) << "no node";
  EXPECT_EQ(code_of(tracker_options{.node = "a b"}.validate()), ec::invalid);
  EXPECT_EQ(code_of((tracker_options{.node = "a", .max_age = -1s}.validate())), ec::invalid);
  EXPECT_FALSE(tracker_options{.node = "a"}.validate());
}

} // namespace
} // namespace hive
