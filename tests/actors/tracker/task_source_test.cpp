// Records from a source with numbered rows: each row is imported exactly once, whatever happens.

#include "tests/support/seed.hpp"
#include "tests/support/test_tracker.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::RecordTasks> batch(const std::string& source, uint64_t after, uint64_t through,
                             const std::vector<task_draft>& drafts) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    out.setSource(source);
    out.setAfterRow(after);
    out.setThroughRow(through);
    auto list = out.initTasks(static_cast<uint32_t>(drafts.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      fill(list[i], drafts[i]);
  });
}

std::vector<task_draft> some(size_t count) {
  return std::vector<task_draft>(count);
}

uint64_t row_of(test_tracker& node, const std::string& source) {
  auto answer = node.ask<wire::TaskSource>(
    msg<wire::TaskSourceQuery>::build([&](wire::TaskSourceQuery::Builder out) { out.setSource(source); }));
  EXPECT_TRUE(answer) << text_of(answer.error());
  return answer ? (*answer)->getRow() : ~uint64_t{0};
}

ec code_of_batch(test_tracker& node, const msg<wire::RecordTasks>& message) {
  auto answer = node.ask<wire::TasksRecorded>(message);
  return answer ? ec::none : code_of(answer.error());
}

TEST(task_source, takes_each_row_once) {
  test_tracker node;
  EXPECT_EQ(row_of(node, "db"), 0u);
  EXPECT_EQ(code_of_batch(node, batch("db", 0, 5, some(3))), ec::none);
  EXPECT_EQ(row_of(node, "db"), 5u);
  auto again = node.ask<wire::TasksRecorded>(batch("db", 0, 5, some(3)));
  ASSERT_FALSE(again);
  EXPECT_EQ(code_of(again.error()), ec::conflict);
  EXPECT_THAT(text_of(again.error()), HasSubstr("up to row 5"));
  EXPECT_EQ(code_of_batch(node, batch("db", 7, 9, some(1))), ec::conflict) << "rows 6 and 7 are missing";
  EXPECT_EQ(code_of_batch(node, batch("db", 5, 9, some(1))), ec::none);
  EXPECT_EQ(code_of_batch(node, batch("other", 0, 9, some(1))), ec::none);
  EXPECT_EQ(node.records().size(), 5u);
}

TEST(task_source, survives_a_restart) {
  test_tracker node;
  ASSERT_EQ(code_of_batch(node, batch("db", 0, 5, some(5))), ec::none);
  node.restart();
  EXPECT_EQ(row_of(node, "db"), 5u);
  EXPECT_EQ(code_of_batch(node, batch("db", 0, 5, some(5))), ec::conflict);
  EXPECT_EQ(node.records().size(), 5u);
}

TEST(task_source, rows_of_rejected_records_are_taken_too) {
  test_tracker node;
  auto answer = node.ask<wire::TasksRecorded>(batch("db", 0, 2, {{.time_s = -1}, {.time_s = -2}}));
  ASSERT_TRUE(answer) << text_of(answer.error());
  EXPECT_EQ((*answer)->getRejected().size(), 2u);
  node.restart();
  EXPECT_EQ(row_of(node, "db"), 2u);
}

TEST(task_source, refuses_rows_that_make_no_sense) {
  test_tracker node{{.ledger = {.sources = 2}}};
  EXPECT_EQ(code_of_batch(node, batch("db", 5, 5, some(1))), ec::invalid);
  EXPECT_EQ(code_of_batch(node, batch("db", 5, 4, some(1))), ec::invalid);
  EXPECT_EQ(code_of_batch(node, batch("", 0, 4, some(1))), ec::invalid);
  EXPECT_EQ(code_of_batch(node, batch("this-node", 0, 4, some(1))), ec::invalid);
  EXPECT_EQ(code_of_batch(node, batch("a", 0, 1, some(1))), ec::none);
  EXPECT_EQ(code_of_batch(node, batch("b", 0, 1, some(1))), ec::none);
  EXPECT_EQ(code_of_batch(node, batch("c", 0, 1, some(1))), ec::too_large);
  EXPECT_EQ(code_of_batch(node, batch("b", 1, 2, some(1))), ec::none);
  EXPECT_EQ(node.records().size(), 3u);
}

TEST(task_source, a_node_has_taken_its_own_records) {
  test_tracker node;
  ASSERT_TRUE(node.record(some(4)));
  EXPECT_EQ(row_of(node, "this-node"), 4u);
}

TEST(task_source, a_row_is_told_only_when_it_is_durable) {
  test_tracker node;
  node.gate->hold = true;
  caf::scoped_actor sender{node.tests.system()};
  caf::scoped_actor asker{node.tests.system()};
  auto sent = sender->request(node.actor, answer_timeout, batch("db", 0, 5, some(5)));
  ASSERT_TRUE(wait_until([&] { return node.gate->held == 1; }));
  auto asked = asker->request(node.actor, answer_timeout,
                              msg<wire::TaskSourceQuery>::build([](auto out) { out.setSource("db"); }));
  node.gate->refuse_with = ec::storage_failed;
  node.gate->hold = false;
  sent.receive([](const msg<wire::TasksRecorded>&) { ADD_FAILURE() << "the write failed"; }, [](const caf::error&) {});
  asked.receive([](const msg<wire::TaskSource>& m) { ADD_FAILURE() << "row " << m->getRow() << " is not durable"; },
                [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::storage_failed); });
  node.gate->refuse_with = ec::none;
  EXPECT_EQ(row_of(node, "db"), 0u) << "as the disk has it";
}

/// An importer of a source whose rows are numbered from 1: it sends windows of rows, and asks for its position again
/// after a conflict or a failure.
struct row_importer {
  uint64_t last_row;
  uint64_t taken = 0;

  bool step(task_ledger& ledger, write_set& writes, std::mt19937& random, const std::string& source) {
    if (taken >= last_row)
      return false;
    auto through = std::min(last_row, taken + 1 + random() % 7);
    if (auto refused = ledger.take_rows(source, taken, through)) {
      EXPECT_EQ(code_of(refused), ec::conflict);
      taken = ledger.last_row(source);
      return true;
    }
    for (auto row = taken + 1; row <= through; ++row) {
      auto record = msg<wire::TaskRecord>::build(
        [&](wire::TaskRecord::Builder out) { fill(out, {.tool = "row" + std::to_string(row), .user = source}); });
      EXPECT_EQ(ledger.admit(*record, 1, writes).what, admission::outcome::recorded);
    }
    taken = through;
    return true;
  }
};

/// Runs importers in random order, with groups that reach the disk or are lost, and ledgers that are reloaded.
void interleave(uint32_t seed) {
  std::mt19937 random{seed};
  temporary_directory folder;
  auto db = std::move(*database::open({.directory = folder.path()}));
  task_store store{*db};
  auto ledger = std::move(*task_ledger::load(store, {}));
  constexpr uint64_t rows = 120;
  std::vector<std::pair<std::string, row_importer>> importers{
    {"a", {rows}}, {"a", {rows}}, {"a", {rows / 2}}, {"b", {rows}}, {"b", {rows}}};
  write_set writes;
  auto lose = [&] {
    writes = {};
    ledger = std::move(*task_ledger::load(store, {}));
    for (auto& [source, importer] : importers)
      importer.taken = ledger.last_row(source); // importers ask for it after a failure
  };
  auto keep = [&] {
    ledger.seal(writes);
    ASSERT_FALSE(db->write(std::exchange(writes, {})));
  };
  for (bool busy = true; busy;) {
    busy = false;
    for (auto i = random() % 6; i > 0; --i) {
      auto& [source, importer] = importers[random() % importers.size()];
      importer.step(ledger, writes, random, source);
    }
    random() % 5 == 0 ? lose() : keep();
    for (auto& [source, importer] : importers)
      busy = busy || importer.taken < importer.last_row;
  }
  std::map<std::string, std::map<std::string, int>> found;
  auto page = store.find(*msg<wire::TaskQuery>::build([](auto query) { query.setLimit(1'000); }));
  ASSERT_TRUE(page);
  for (auto task : (*page)->getTasks())
    ++found[task.getUserId().cStr()][task.getToolName().cStr()];
  for (const auto& [source, tools] : found) {
    EXPECT_EQ(tools.size(), rows) << "rows of " << source << " are missing";
    for (const auto& [tool, times] : tools)
      EXPECT_EQ(times, 1) << tool << " of " << source;
  }
  EXPECT_EQ(found.size(), 2u);
}

TEST(task_source, no_row_is_lost_or_doubled_in_any_order_of_importers_and_losses) {
  // The last seed differs in every run; a failure names it.
  for (uint32_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, random_seed()}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    interleave(seed);
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
} // namespace hive
