#include "actors/history/series_outline.hpp"

#include "actors/history/history_overview.hpp"
#include "messages/text.hpp"
#include "tests/actors/history/made_history.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <random>

namespace hive {
namespace {

struct captured {
  msg<wire::Snapshot> snapshot;
  bool deleted = false;
};

/// A store with one metric, and what should be in it.
class world {
public:
  explicit world(uint32_t seed) : random{seed} {
  }

  /// A snapshot of the next capture, which is not stored.
  msg<wire::Snapshot> make(bool imported) {
    auto id = ++newest;
    time += static_cast<int64_t>(random() % 1'000'000'000);
    auto version = "v" + std::to_string(id / (1 + random() % 40));
    return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
      out.setImported(imported);
      out.setCapturedAt(imported ? time - static_cast<int64_t>(random() % 9'000'000'000) : time);
      auto metric = out.initMetrics(1)[0];
      metric.setName("m");
      metric.setAdapter("a");
      metric.setValue(std::normal_distribution<>{100, 5}(random));
      metric.setUnit(unit);
      metric.setDirection(wire::Direction::LOWER);
    });
  }

  void store(const msg<wire::Snapshot>& snapshot) {
    write_set writes;
    series_store::append(*snapshot, writes, snapshot->getCaptureId() != newest);
    write(writes);
    captures[snapshot->getCaptureId()] = {snapshot};
  }

  void erase(uint64_t id) {
    write_set writes;
    series_store::mark_deleted(*captures.at(id).snapshot, {"noisy", 1}, writes);
    write(writes);
    captures[id].deleted = true;
  }

  void keep(const std::vector<new_block>& blocks) {
    write_set writes;
    for (const auto& each : blocks)
      writes.put(column::snapshots, each.key, each.block.bytes());
    write(writes);
  }

  void write(const write_set& writes) {
    if (auto failure = db->write(writes))
      throw std::runtime_error(text_of(failure));
  }

  /// Appends captures as fast as possible.
  void fill(size_t count, bool imported = false) {
    write_set writes;
    for (size_t i = 0; i < count; ++i) {
      auto snapshot = make(imported);
      series_store::append(*snapshot, writes);
      captures[snapshot->getCaptureId()] = {snapshot};
    }
    write(writes);
  }

  std::mt19937 random;
  uint64_t newest = 0;
  int64_t time = 1'700'000'000'000'000;
  std::string unit = "ms";
  std::map<uint64_t, captured> captures;
  temporary_directory dir;
  std::unique_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
};

const series_kind milliseconds{"ms", wire::Direction::LOWER, false};
const std::string own = keys::series_of("a", "m");
const std::string imported = keys::imported_series_of("a", "m");

/// Fails unless each capture of the world in the window is in one range, which says what its captures say.
void expect_true(const world& in, const series_outline& outline, std::string_view series, const series_window& window) {
  std::vector<const captured*> expected;
  for (const auto& [id, each] : in.captures)
    if (each.snapshot->getImported() == (series == imported) && window.holds(each.snapshot->getCapturedAt()))
      expected.push_back(&each);
  size_t at = 0;
  for (const auto& range : outline.ranges) {
    ASSERT_LE(at + range.captures(), expected.size());
    EXPECT_EQ(range.first_capture, expected[at]->snapshot->getCaptureId());
    double least = INFINITY, most = -INFINITY;
    uint32_t count = 0;
    for (size_t i = 0; i < range.captures(); ++i, ++at) {
      auto metric = expected[at]->snapshot->getMetrics()[0];
      if (expected[at]->deleted || as_view(metric.getUnit()) != "ms")
        continue;
      ++count;
      least = std::min(least, metric.getValue());
      most = std::max(most, metric.getValue());
    }
    EXPECT_EQ(range.last_capture, expected[at - 1]->snapshot->getCaptureId());
    EXPECT_EQ(range.to, expected[at - 1]->snapshot->getCapturedAt());
    ASSERT_EQ(range.count, count) << "from capture " << range.first_capture << " to " << range.last_capture;
    if (count != 0) {
      EXPECT_EQ(range.least, least);
      EXPECT_EQ(range.most, most);
    }
  }
  EXPECT_EQ(at, expected.size());
}

series_window random_window(world& in) {
  if (in.captures.empty() || in.random() % 3 == 0)
    return {};
  auto begin = in.captures.begin()->second.snapshot->getCapturedAt();
  auto pick = [&] { return begin + static_cast<int64_t>(in.random() % static_cast<uint64_t>(in.time - begin + 1)); };
  series_window out{pick(), pick()};
  if (out.from > out.to)
    std::swap(out.from, out.to);
  if (in.random() % 4 == 0)
    out.from = 0;
  if (in.random() % 4 == 0)
    out.to = 0;
  return out;
}

TEST(series_outline, is_true_whatever_is_deleted_comes_late_or_was_stored_meanwhile) {
  HIVE_RANDOM_SEED(seed);
  for (uint32_t round = 0; round < 2; ++round) {
    world in{seed + round};
    std::vector<msg<wire::Snapshot>> running; // captures that have begun
    std::vector<new_block> unstored;          // made before what happens next
    in.fill(in.random() % 2'500);
    for (int step = 0; step < 25; ++step) {
      switch (in.random() % 8) {
      case 0:
        running.push_back(in.make(false));
        break;
      case 1:
        if (!running.empty()) {
          in.store(running.back());
          running.pop_back();
        }
        break;
      case 2:
      case 3:
        if (!in.captures.empty())
          in.erase(
            std::next(in.captures.begin(), static_cast<std::ptrdiff_t>(in.random() % in.captures.size()))->first);
        break;
      case 4:
        in.unit = in.random() % 8 == 0 ? "s" : "ms";
        in.fill(in.random() % 600);
        break;
      case 5:
        in.fill(in.random() % 300, true);
        break;
      case 6:
        in.keep(unstored);
        unstored.clear();
        break;
      default:
        break;
      }
      for (const auto& series : {own, imported}) {
        auto window = random_window(in);
        auto outline = read_outline(*in.db, series, milliseconds, window);
        ASSERT_TRUE(outline) << text_of(outline.error());
        expect_true(in, *outline, series, window);
        if (testing::Test::HasFatalFailure())
          return;
        std::ranges::move(outline->missing, std::back_inserter(unstored));
      }
    }
  }
}

TEST(series_outline, is_read_by_its_blocks_once_they_are_stored) {
  world in{1};
  in.fill(5'000);
  auto first = read_outline(*in.db, own, milliseconds, {});
  EXPECT_EQ(first->missing.size(), 4u);
  EXPECT_TRUE(first->has_summaries);
  in.keep(first->missing);
  auto second = read_outline(*in.db, own, milliseconds, {});
  EXPECT_EQ(second->missing.size(), 0u);
  EXPECT_EQ(second->ranges.size(), 4 * 64 + (5'000 - 4 * 1'024));
  in.erase(1'500);
  auto third = read_outline(*in.db, own, milliseconds, {});
  ASSERT_EQ(third->missing.size(), 1u) << "of the block that has the deleted capture";
  in.keep(third->missing);
  EXPECT_EQ(read_outline(*in.db, own, milliseconds, {})->missing.size(), 0u);
}

TEST(series_outline, a_late_capture_between_two_blocks_is_found) {
  world in{1};
  in.fill(1'024);
  auto late = in.make(false);
  in.fill(2'000);
  in.keep(read_outline(*in.db, own, milliseconds, {})->missing);
  in.store(late);
  auto outline = read_outline(*in.db, own, milliseconds, {});
  expect_true(in, *outline, own, {});
}

TEST(series_outline, tells_where_versions_begin) {
  world in{1};
  for (uint64_t id = 1; id <= 3'000; ++id)
    in.store(made_snapshot(id, id <= 1'500 ? "old" : id <= 2'990 ? "new" : "newest", 1));
  auto starts = [&] {
    std::vector<uint64_t> out;
    auto outline = read_outline(*in.db, own, milliseconds, {});
    for (const auto& each : outline->versions)
      out.push_back(each.capture.value);
    in.keep(outline->missing);
    return out;
  };
  EXPECT_THAT(starts(), testing::ElementsAre(1u, 1'501u, 2'991u));
  EXPECT_THAT(starts(), testing::ElementsAre(1u, 1'501u, 2'991u)) << "with blocks";
}

TEST(series_outline, a_damaged_block_is_named) {
  world in{1};
  in.fill(10);
  write_set writes;
  writes.put(column::snapshots, keys::series_block(own, {5}), "damaged");
  in.write(writes);
  EXPECT_EQ(code_of(read_outline(*in.db, own, milliseconds, {}).error()), ec::corrupt);
}

// -- overviews -----------------------------------------------------------------

caf::expected<analysed_history> analyse(const world& in) {
  return analyse_history({"a", "m"}, series_store{*in.db}.history({"a", "m"}, {}, 2'000)->points);
}

TEST(history_overview, few_captures_are_points_and_many_are_buckets) {
  world in{7};
  for (int i = 0; i < 20; ++i) {
    in.fill(200);
    in.fill(20, true);
  }
  auto history = analyse(in);
  ASSERT_TRUE(history);
  std::vector<new_block> missing;
  auto few = read_overview(*in.db, *history, {}, 10'000, missing);
  ASSERT_TRUE(few) << text_of(few.error());
  EXPECT_EQ(few->captures, 4'400u);
  ASSERT_EQ(few->points.size(), 4'400u);
  EXPECT_TRUE(std::ranges::is_sorted(few->points, {}, &series_entry::id));
  EXPECT_TRUE(few->buckets.empty());
  for (size_t most : {size_t{1}, size_t{7}, size_t{100}, size_t{2'000}}) {
    auto many = read_overview(*in.db, *history, {}, most, missing);
    ASSERT_TRUE(many);
    EXPECT_TRUE(many->points.empty());
    EXPECT_LE(many->buckets.size(), most);
    EXPECT_GE(many->buckets.size(), most / 2) << most;
    uint64_t captures = 0;
    double least = INFINITY, most_of_all = -INFINITY;
    for (const auto& each : many->buckets) {
      captures += each.captures();
      least = std::fmin(least, each.least);
      most_of_all = std::fmax(most_of_all, each.most);
    }
    EXPECT_EQ(captures, 4'400u);
    auto value = [](const auto& each) { return each.second.snapshot->getMetrics()[0].getValue(); };
    EXPECT_EQ(least, value(*std::ranges::min_element(in.captures, {}, value)));
    EXPECT_EQ(most_of_all, value(*std::ranges::max_element(in.captures, {}, value)));
  }
}

} // namespace
} // namespace hive
