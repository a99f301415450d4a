#include "storage/series_store.hpp"

#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <gmock/gmock.h>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A capture of one metric.
struct captured {
  uint64_t id = 1;
  double value = 1;
  std::string adapter = "a";
  std::string metric = "m";
  bool imported = false;
  std::vector<double> samples = {};
  std::optional<wire::RunQuality> quality = std::nullopt;
  std::optional<double> load = std::nullopt; ///< of others
};

msg<wire::Snapshot> snapshot_of(const captured& what) {
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    out.setVersion("v" + std::to_string(what.id));
    out.setCaptureId(what.id);
    out.setCapturedAt(static_cast<int64_t>(what.id) * 1'000'000);
    out.setImported(what.imported);
    auto metric = out.initMetrics(1)[0];
    metric.setName(what.metric);
    metric.setAdapter(what.adapter);
    metric.setValue(what.value);
    auto samples = metric.initSamples(static_cast<uint32_t>(what.samples.size()));
    for (uint32_t i = 0; i < samples.size(); ++i)
      samples.set(i, what.samples[i]);
    if (!what.quality && !what.load)
      return;
    auto adapter = out.initAdapters(1)[0];
    adapter.setName(what.adapter);
    if (what.load)
      adapter.initContention().setLoad(*what.load);
    if (!what.quality)
      return;
    auto evidence = adapter.initEvidence();
    evidence.setQuality(*what.quality);
    auto reasons = evidence.initReasons(2);
    reasons.set(0, "throttled");
    reasons.set(1, "a co-tenant");
  });
}

class series_store_test : public testing::Test {
protected:
  series_store_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
  }

  void add(const captured& what) {
    write_set writes;
    series_store::append(*snapshot_of(what), writes);
    ASSERT_FALSE(db->write(writes));
  }

  void mark_deleted(const captured& what, std::string_view reason) {
    write_set writes;
    series_store::mark_deleted(*snapshot_of(what), {reason, 77}, writes);
    ASSERT_FALSE(db->write(writes));
  }

  series_page read(const series_range& range, size_t limit, const metric_id& metric = {"a", "m"}) const {
    auto page = series_store{*db}.history(metric, range, limit);
    if (!page)
      throw std::runtime_error(text_of(page.error()));
    return std::move(*page);
  }

  msg<wire::SeriesPoint> only_point() const {
    return read({}, 1).points.at(0).point;
  }

  static std::vector<uint64_t> ids(const series_page& page) {
    std::vector<uint64_t> out;
    for (const auto& each : page.points)
      out.push_back(each.id.value);
    return out;
  }

  std::vector<std::string> newest() const {
    std::vector<std::string> out;
    auto latest = *series_store{*db}.latest("n");
    for (auto result : latest->getResults())
      out.push_back(std::string{as_view(result.getName())} + "=" + std::to_string(static_cast<int>(result.getValue())));
    return out;
  }

  temporary_directory temp;
  std::unique_ptr<database> db;
};

TEST_F(series_store_test, pages_hold_the_newest_points_unless_told_otherwise) {
  for (uint64_t id : {3, 5, 8, 300})
    add({.id = id});
  EXPECT_THAT(ids(read({}, 3)), ElementsAre(5, 8, 300));
  EXPECT_TRUE(read({}, 3).more);
  EXPECT_FALSE(read({}, 4).more);
  EXPECT_THAT(ids(read({.before = {8}}, 10)), ElementsAre(3, 5));
  EXPECT_THAT(ids(read({.after = {3}, .before = {300}}, 10)), ElementsAre(5, 8));
  EXPECT_THAT(ids(read({.after = {3}, .oldest_first = true}, 2)), ElementsAre(5, 8));
  EXPECT_THAT(ids(read({.before = {8}, .oldest_first = true}, 10)), ElementsAre(3, 5));
  EXPECT_THAT(ids(read({.after = {300}, .oldest_first = true}, 10)), IsEmpty());
  EXPECT_THAT(ids(read({}, 10, {"a", "unknown"})), IsEmpty());
}

TEST_F(series_store_test, imported_points_stand_between_those_of_the_node) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  std::vector<uint64_t> all;
  for (uint64_t id = 1; id <= 40; ++id) {
    all.push_back(id);
    add({.id = id, .imported = random() % 2 == 0});
  }
  for (bool oldest_first : {false, true})
    for (size_t limit : {1, 3, 7, 40, 50}) {
      std::vector<uint64_t> seen;
      series_range range{.oldest_first = oldest_first};
      for (bool more = true; more;) {
        auto page = read(range, limit);
        ASSERT_FALSE(page.points.empty());
        auto found = ids(page);
        seen.insert(oldest_first ? seen.end() : seen.begin(), found.begin(), found.end());
        (oldest_first ? range.after : range.before) = {oldest_first ? found.back() : found.front()};
        more = page.more;
      }
      EXPECT_EQ(seen, all) << "limit " << limit;
    }
}

TEST_F(series_store_test, points_tell_of_their_capture) {
  add({.id = 4, .value = 2, .imported = true, .samples = {3, 1, 2}, .quality = wire::RunQuality::DISTURBED});
  auto point = only_point();
  EXPECT_EQ(as_view(point->getName()), "a.m");
  EXPECT_EQ(point->getCaptureId(), 4u);
  EXPECT_TRUE(point->getImported());
  EXPECT_EQ(point->getSampleCount(), 3u);
  EXPECT_EQ(point->getLow(), 1);
  EXPECT_EQ(point->getHigh(), 3);
  ASSERT_EQ(point->getSamples().size(), 3u);
  EXPECT_EQ(point->getSamples()[1], 1) << "in the order taken";
  EXPECT_EQ(as_view(point->getDisturbed()), "throttled; a co-tenant");
  EXPECT_FALSE(point->getSimulated());
  EXPECT_FALSE(point->hasDeleted());
  add({.id = 5, .quality = wire::RunQuality::SIMULATED});
  EXPECT_TRUE(only_point()->getSimulated());
  EXPECT_FALSE(only_point()->hasDisturbed());
}

TEST_F(series_store_test, of_many_samples_some_are_kept_and_the_extremes_of_all) {
  std::vector<double> samples;
  for (int i = 0; i < 1'000; ++i)
    samples.push_back(i == 7 ? -1 : i);
  add({.samples = samples});
  auto point = only_point();
  ASSERT_EQ(point->getSamples().size(), series_store::max_samples);
  EXPECT_EQ(point->getSamples()[0], 0);
  EXPECT_EQ(point->getSamples()[series_store::max_samples - 1], 999);
  EXPECT_EQ(point->getSampleCount(), 1'000u);
  EXPECT_EQ(point->getLow(), -1) << "which is not among those that are kept";
  EXPECT_EQ(point->getHigh(), 999);
}

TEST_F(series_store_test, points_of_deleted_captures_stay_and_are_no_newest_results) {
  for (uint64_t id : {1, 2, 3})
    add({.id = id, .value = 10.0 * static_cast<double>(id)});
  add({.id = 4, .value = 90, .imported = true});
  EXPECT_THAT(newest(), ElementsAre("a.m=30")) << "an import is no result of this node";
  mark_deleted({.id = 3, .value = 30}, "a backup ran");
  mark_deleted({.id = 2, .value = 20}, "so did another");
  EXPECT_THAT(newest(), ElementsAre("a.m=10"));
  mark_deleted({.id = 4, .value = 90, .imported = true}, "r");
  EXPECT_THAT(ids(read({}, 10)), ElementsAre(1, 2, 3, 4));
  auto deleted = read({}, 10).points[2].point;
  EXPECT_EQ(deleted->getValue(), 30);
  EXPECT_EQ(as_view(deleted->getDeleted()), "a backup ran");
  EXPECT_EQ(deleted->getDeletedAt(), 77);
  mark_deleted({.id = 1, .value = 10}, "r");
  EXPECT_THAT(newest(), IsEmpty());
}

TEST_F(series_store_test, a_point_keeps_what_else_used_the_machine) {
  add({.id = 1, .load = 1.5});
  EXPECT_EQ(only_point()->getContention().getLoad(), 1.5);
  add({.id = 2});
  EXPECT_FALSE(only_point()->hasContention());
}

TEST_F(series_store_test, metrics_are_listed_once_by_adapter_and_name) {
  add({.id = 1, .adapter = "b", .metric = "m"});
  add({.id = 2, .adapter = "b", .metric = "m"});
  add({.id = 3, .adapter = "b", .metric = "m", .imported = true});
  add({.id = 4, .adapter = "a", .metric = "z"});
  add({.id = 5, .adapter = "ü", .metric = "ä", .imported = true});
  add({.id = 6, .adapter = "", .metric = "m", .imported = true});
  using id = metric_id;
  EXPECT_THAT(*series_store{*db}.metrics(10), ElementsAre(id{"", "m"}, id{"a", "z"}, id{"b", "m"}, id{"ü", "ä"}));
  EXPECT_THAT(*series_store{*db}.metrics(2), ElementsAre(id{"", "m"}, id{"a", "z"}));
  EXPECT_THAT(ids(read({}, 10, {"", "m"})), ElementsAre(6));
}

TEST_F(series_store_test, the_revision_grows_with_captures_and_deletions) {
  auto revision = [this] { return *series_store{*db}.revision(); };
  EXPECT_EQ(revision(), 0);
  add({});
  auto first = revision();
  EXPECT_GT(first, 0);
  mark_deleted({}, "r");
  EXPECT_GT(revision(), first);
}

TEST_F(series_store_test, points_of_earlier_releases_are_read) {
  // What release 0.2 stored for {name "a.m", value 2.5, direction lower, unit "ms", version "v1"}.
  std::array<unsigned char, 88> bytes{};
  ASSERT_TRUE(from_hex("000000000a00000000000000030003000000000000000440010000000000000000307aa0904b060009000000"
                       "22000000090000001a000000090000001a000000612e6d00000000006d730000000000007631000000000000",
                       bytes));
  write_set writes;
  writes.put(column::series, keys::series_point("a", "m", {9}),
             {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ASSERT_FALSE(db->write(writes));
  auto page = read({}, 10);
  EXPECT_THAT(ids(page), ElementsAre(9)) << "its number is that of its key";
  EXPECT_EQ(page.points[0].point->getValue(), 2.5);
  EXPECT_EQ(page.points[0].point->getDirection(), wire::Direction::LOWER);
  EXPECT_EQ(as_view(page.points[0].point->getVersion()), "v1");
  EXPECT_FALSE(page.points[0].point->hasDeleted());
  EXPECT_THAT(newest(), ElementsAre("a.m=2"));
}

} // namespace
} // namespace hive
