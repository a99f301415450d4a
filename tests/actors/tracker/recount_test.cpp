#include "actors/tracker/stored_statistics.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/test_tracker.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <tuple>

// Whatever happens, the stored statistics match the stored records, and every acknowledged record is stored exactly
// once.

namespace hive {
namespace {

using cell_name = std::tuple<std::string, std::string, std::string>;

struct cell_state {
  analysis::tool_sums sums;
  std::vector<uint64_t> recent;
  bool operator==(const cell_state&) const = default;
};

using cell_map = std::map<cell_name, cell_state>;

cell_map cells_of(const analysis::tally& tally) {
  cell_map out;
  for (const auto& cell : tally.cells()) {
    auto packed = cell.recent.packed();
    out[{std::string{cell.task_type}, std::string{cell.tool}, std::string{cell.model}}] = {
      cell.sums, {packed.begin(), packed.end()}};
  }
  return out;
}

cell_map recount(test_tracker& node) {
  analysis::tally tally;
  auto records = node.records();
  for (auto record = records.rbegin(); record != records.rend(); ++record)
    EXPECT_FALSE(
      tally
        .add({as_view((*record)->getTaskType()), as_view((*record)->getToolName()), as_view((*record)->getModelName()),
              *analysis::to_micros((*record)->getCompletionTimeS()), (*record)->getSuccess()})
        .refused);
  return cells_of(tally);
}

cell_map stored(const database& db) {
  auto ledger = task_ledger::load(task_store{db}, {});
  EXPECT_TRUE(ledger) << text_of(ledger.error());
  return cells_of(ledger->statistics());
}

/// Sends random batches through failures and restarts and remembers what was acknowledged.
class chaos {
public:
  explicit chaos(uint32_t seed, analysis::tally_limits limits = {})
      : node{{.ledger = {.limits = limits}}}, random_{seed} {
  }

  void step() {
    switch (random_() % 8) {
    case 0:
      node.gate->refuse_with = random_() % 2 ? ec::storage_failed : ec::overloaded;
      break;
    case 1:
      node.restart();
      break;
    default:
      node.gate->refuse_with = ec::none;
    }
    send(1 + random_() % 8);
  }

  /// Sends several messages at once, so that some queue up while others are being written.
  void send(size_t messages) {
    using response = decltype(node.tests.client()->request(node.actor, answer_timeout, record_tasks({})));
    std::vector<std::pair<std::vector<std::string>, response>> pending;
    std::vector<std::unique_ptr<caf::scoped_actor>> clients;
    for (size_t i = 0; i < messages; ++i) {
      auto drafts = random_batch();
      std::vector<std::string> keys;
      for (const auto& draft : drafts)
        keys.push_back(draft.key);
      clients.push_back(std::make_unique<caf::scoped_actor>(node.tests.system()));
      pending.emplace_back(keys, (*clients.back())->request(node.actor, answer_timeout, record_tasks(drafts)));
    }
    for (auto& [keys, answer] : pending)
      answer.receive(
        [&](const msg<wire::TasksRecorded>& m) {
          EXPECT_EQ(m->getRecorded() + m->getDuplicates() + m->getRejected().size(), keys.size());
          recorded += m->getRecorded();
          if (m->getRejected().size() == 0)
            acknowledged.insert(keys.begin(), keys.end());
        },
        [&](const caf::error& error) { EXPECT_NE(node.gate->refuse_with, ec::none) << text_of(error); });
  }

  void check() {
    check_records();
    EXPECT_EQ(recount(node), stored(*node.db));
  }

  /// Even if statistics were evicted, all records are stored and counted.
  void check_records() {
    node.gate->refuse_with = ec::none;
    auto records = node.records();
    EXPECT_EQ(records.size(), recorded);
    std::set<std::string> found;
    std::set<uint64_t> numbers;
    for (const auto& record : records) {
      EXPECT_TRUE(found.insert(record->getIdempotencyKey().cStr()).second) << "twice";
      EXPECT_TRUE(numbers.insert(record->getSequence()).second) << "twice";
    }
    for (const auto& key : acknowledged)
      EXPECT_TRUE(found.contains(key)) << key << " was acknowledged and is lost";
    auto summary = node.ask<wire::ToolSummary>(msg<wire::ToolSummaryQuery>{});
    ASSERT_TRUE(summary) << text_of(summary.error());
    EXPECT_EQ((*summary)->getTotalBenchmarks(), recorded);
    auto listed = (*summary)->getUnlisted();
    for (auto line : (*summary)->getByTaskType())
      listed += line.getTotal();
    EXPECT_EQ(listed, recorded);
    auto ledger = task_ledger::load(task_store{*node.db}, {});
    ASSERT_TRUE(ledger) << text_of(ledger.error());
    auto on_disk = ledger->statistics().unlisted();
    EXPECT_EQ(on_disk, (*summary)->getUnlisted());
    for (const auto& cell : ledger->statistics().cells())
      on_disk += cell.sums.n;
    EXPECT_EQ(on_disk, recorded);
  }

  test_tracker node;
  size_t recorded = 0;
  std::set<std::string> acknowledged;

private:
  std::vector<task_draft> random_batch() {
    std::vector<task_draft> out;
    for (auto n = 1 + random_() % 40; n > 0; --n) {
      bool repeats = next_key_ > 0 && random_() % 4 == 0;
      auto key = repeats ? random_() % next_key_ : next_key_++;
      out.push_back({.task_type = "t" + std::to_string(random_() % 3),
                     .tool = "tool" + std::to_string(random_() % 4),
                     .success = random_() % 3 != 0,
                     .time_s = random_() % 50 == 0 ? -1 : static_cast<double>(random_() % 100'000'000) / 1e6,
                     .key = "k" + std::to_string(key),
                     .model = random_() % 2 ? "m" : ""});
    }
    return out;
  }

  std::mt19937 random_;
  uint64_t next_key_ = 0;
};

class recount_test : public testing::TestWithParam<uint32_t> {};

TEST_P(recount_test, statistics_are_those_of_the_records) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  chaos world{GetParam()};
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 10; ++i)
      world.step();
    world.check();
    if (HasFailure())
      return;
  }
  EXPECT_GT(world.recorded, 100u) << "the test would show nothing";
}

TEST_P(recount_test, no_record_is_lost_or_uncounted_where_statistics_give_way) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  chaos world{GetParam(), {.task_types = 2, .tools_per_task = 2, .cells = 5}};
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 10; ++i)
      world.step();
    world.check_records();
    if (HasFailure())
      return;
  }
  EXPECT_GT(world.recorded, 100u) << "the test would show nothing";
}

// The last seed differs in every run; a failure names it.
INSTANTIATE_TEST_SUITE_P(seeds, recount_test, testing::Values(1, 2, 3, 4, random_seed()));

} // namespace
} // namespace hive
