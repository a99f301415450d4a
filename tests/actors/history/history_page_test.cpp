#include "actors/history/history_page.hpp"

#include "actors/history/version_runs.hpp"
#include "messages/text.hpp"
#include "tests/actors/history/made_history.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using alteration = std::function<void(wire::SeriesPoint::Builder)>;

const alteration deletion = [](auto out) {
  out.setDeleted("a backup ran");
  out.setDeletedAt(5);
};
const alteration disturbance = [](auto out) { out.setDisturbed("throttled"); };
const alteration no_value = [](auto out) { out.setValue(std::numeric_limits<double>::quiet_NaN()); };
const alteration other_unit = [](auto out) { out.setUnit("s"); };
const alteration other_direction = [](auto out) { out.setDirection(wire::Direction::HIGHER); };
const alteration simulation = [](auto out) { out.setSimulated(true); };

analysed_history analyse(std::vector<series_entry> points) {
  auto out = analyse_history({"a", "m"}, std::move(points));
  EXPECT_TRUE(out);
  return std::move(*out);
}

msg<wire::MetricHistory> page_of(const analysed_history& history, bool with_samples = false) {
  return build_history_page(history, history.points, with_samples, {});
}

/// A version per value; the level is 100 before `step` and `after` from then on.
std::vector<series_entry> with_step(size_t values, size_t step, double after) {
  std::vector<series_entry> out;
  for (size_t i = 0; i < values; ++i)
    out.push_back(made_point(i + 1, "v" + std::to_string(i + 1), noisy(i, i < step ? 100 : after)));
  return out;
}

std::vector<std::string> suspects_of(wire::HistoryChange::Reader change) {
  std::vector<std::string> out;
  for (auto each : change.getSuspects())
    out.emplace_back(as_view(each));
  return out;
}

TEST(history_page, tells_a_step_with_its_place_and_suspects) {
  auto page = page_of(analyse(with_step(40, 20, 110)));
  EXPECT_EQ(page->getAnalysed(), 40u);
  EXPECT_EQ(as_view(page->getUnit()), "ms");
  EXPECT_EQ(page->getDirection(), wire::Direction::LOWER);
  ASSERT_EQ(page->getChanges().size(), 1u);
  auto change = page->getChanges()[0];
  EXPECT_EQ(change.getKind(), wire::ChangeKind::STEP);
  EXPECT_EQ(change.getCaptureId(), 21u);
  EXPECT_EQ(change.getAt(), 21'000'000);
  EXPECT_EQ(as_view(change.getVersion()), "v21");
  EXPECT_EQ(as_view(change.getPreviousVersion()), "v20");
  EXPECT_NEAR(change.getBefore(), 100, 1);
  EXPECT_NEAR(change.getAfter(), 110, 1);
  EXPECT_NEAR(change.getChangePct(), 10, 1);
  EXPECT_LT(change.getP(), 1e-6);
  EXPECT_TRUE(change.getWorse()) << "lower is better";
  EXPECT_THAT(suspects_of(change), ElementsAre("v21", "v20", "v22", "v19", "v23")) << "the nearest first";
  EXPECT_EQ(page->getCurrent().getCaptureId(), 21u);
  EXPECT_EQ(as_view(page->getCurrent().getVersion()), "v21");
  EXPECT_EQ(page->getCurrent().getValues(), 20u);
  EXPECT_NEAR(page->getCurrent().getLevel(), 110, 1);
  EXPECT_FALSE(page->hasDrift());
}

TEST(history_page, knows_which_direction_is_worse) {
  auto better = page_of(analyse(with_step(40, 20, 90)));
  ASSERT_EQ(better->getChanges().size(), 1u);
  EXPECT_FALSE(better->getChanges()[0].getWorse());
  auto points = with_step(40, 20, 90);
  for (size_t i = 0; i < points.size(); ++i)
    points[i] = made_point(i + 1, "v", points[i].point->getValue(), other_direction);
  auto worse = page_of(analyse(std::move(points)));
  ASSERT_EQ(worse->getChanges().size(), 1u);
  EXPECT_TRUE(worse->getChanges()[0].getWorse());
  EXPECT_THAT(suspects_of(worse->getChanges()[0]), IsEmpty()) << "all captures are of one version";
}

TEST(history_page, tells_drift_and_where_it_leads) {
  std::vector<series_entry> points;
  for (size_t i = 0; i < 60; ++i)
    points.push_back(made_point(i + 1, "v" + std::to_string(i + 1), noisy(i, 100 + static_cast<double>(i))));
  auto page = page_of(analyse(std::move(points)));
  ASSERT_TRUE(page->hasDrift());
  EXPECT_NEAR(page->getDrift().getPerCapture(), 1, .2);
  EXPECT_TRUE(page->getDrift().getWorse());
  EXPECT_NEAR(page->getCurrent().getLevel(), 159, 3) << "the end of the line";
  ASSERT_EQ(page->getChanges().size(), 1u);
  auto change = page->getChanges()[0];
  EXPECT_EQ(change.getKind(), wire::ChangeKind::DRIFT);
  EXPECT_EQ(change.getCaptureId(), 60u);
  EXPECT_EQ(as_view(change.getPreviousVersion()), "v1");
  EXPECT_THAT(suspects_of(change), IsEmpty());
}

TEST(history_page, shows_what_does_not_count_with_the_reason) {
  auto points = with_step(20, 20, 0);
  points[3] = made_point(4, "v4", 500, deletion);
  points[5] = made_point(6, "v6", 500, disturbance);
  points[7] = made_point(8, "v8", 0, no_value);
  points[9] = made_point(10, "v10", 0.1, other_unit);
  points[11] = made_point(12, "v12", 500, other_direction);
  points[13] = made_point(14, "v14", 500, simulation);
  points[15] = made_point(16, "v16", 500); // counts
  auto page = page_of(analyse(std::move(points)));
  ASSERT_EQ(page->getPoints().size(), 20u);
  EXPECT_EQ(page->getAnalysed(), 14u);
  EXPECT_EQ(page->getChanges().size(), 0u);
  auto point = [&](uint32_t i) { return page->getPoints()[i]; };
  EXPECT_EQ(as_view(point(3).getDeleted()), "a backup ran");
  EXPECT_EQ(point(3).getDeletedAt(), 5);
  EXPECT_EQ(as_view(point(5).getDisturbed()), "throttled");
  EXPECT_TRUE(std::isnan(point(7).getValue()));
  EXPECT_EQ(as_view(point(9).getIncomparable()), "its unit is s");
  EXPECT_EQ(as_view(point(11).getIncomparable()), "higher was better");
  EXPECT_EQ(as_view(point(13).getIncomparable()), "it was simulated");
  for (uint32_t i = 0; i < 20; ++i)
    EXPECT_EQ(point(i).getSpike(), i == 15) << i;
  EXPECT_FALSE(point(0).hasIncomparable());
}

TEST(history_page, compares_with_the_newest_point_that_can_be_used) {
  auto points = with_step(12, 12, 0);
  points[10] = made_point(11, "v11", 1, other_unit);
  points[11] = made_point(12, "v12", 1, [](auto out) {
    other_unit(out);
    deletion(out);
  });
  auto page = page_of(analyse(std::move(points)));
  EXPECT_EQ(as_view(page->getUnit()), "s");
  EXPECT_EQ(page->getAnalysed(), 1u);
}

TEST(history_page, of_nothing_that_counts_has_points_alone) {
  auto page = page_of(analyse({made_point(1, "v1", 1, deletion), made_point(2, "v2", 1, disturbance)}));
  EXPECT_EQ(page->getPoints().size(), 2u);
  EXPECT_EQ(page->getAnalysed(), 0u);
  EXPECT_FALSE(page->hasCurrent());
  EXPECT_EQ(as_view(page->getUnit()), "ms");
}

TEST(history_page, labels_what_was_measured_amid_the_load_of_others) {
  auto with_load = [](double load) {
    return [load](wire::SeriesPoint::Builder out) { out.initContention().setLoad(load); };
  };
  auto page = page_of(
    analyse({made_point(1, "v1", 2), made_point(2, "v2", 2, with_load(1.25)), made_point(3, "v3", 2, with_load(.1))}));
  EXPECT_FALSE(page->getPoints()[0].hasBeside());
  EXPECT_EQ(as_view(page->getPoints()[1].getBeside()), "load of others 1.25");
  EXPECT_FALSE(page->getPoints()[2].hasBeside()) << "not notable";
  EXPECT_EQ(page->getAnalysed(), 3u) << "it counts all the same";
}

TEST(history_page, has_samples_only_if_asked) {
  auto history = analyse({made_point(1, "v1", 2, [](wire::SeriesPoint::Builder out) {
    auto samples = out.initSamples(2);
    samples.set(0, 1);
    samples.set(1, 3);
    out.setSampleCount(2);
    out.setLow(1);
    out.setHigh(3);
  })});
  EXPECT_EQ(page_of(history)->getPoints()[0].getSamples().size(), 0u);
  EXPECT_EQ(page_of(history)->getPoints()[0].getLow(), 1);
  EXPECT_EQ(page_of(history)->getPoints()[0].getHigh(), 3);
  EXPECT_EQ(page_of(history, true)->getPoints()[0].getSamples().size(), 2u);
}

TEST(history_page, metrics_without_an_adapter_are_those_of_a_dash) {
  auto history = analyse_history({"", "m"}, with_step(40, 20, 110));
  EXPECT_EQ(as_view(page_of(*history)->getAdapter()), "-");
  EXPECT_EQ(as_view(page_of(*history)->getChanges()[0].getAdapter()), "-");
}

/// However many points are left out, and wherever, changes and spikes are at the captures at which they are without.
TEST(history_page, places_mean_the_same_captures_with_left_out_points_anywhere) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  const alteration reasons[] = {deletion, disturbance, no_value, other_unit, simulation};
  for (int round = 0; round < 50; ++round) {
    size_t step = 10 + random() % 20;
    auto counting = with_step(40, step, 120);
    size_t spike = (step + 20) % 40;
    bool has_spike = spike > step + 3 ? spike < 38 : spike > 1 && spike + 3 < step;
    if (has_spike)
      counting[spike] = made_point(0, counting[spike].point->getVersion().cStr(), 300);
    std::vector<series_entry> all, expected_counting;
    uint64_t id = 0;
    for (const auto& each : counting) {
      for (auto more = random() % 4; more > 1; --more)
        all.push_back(made_point(++id, "left-out", 1e6 + static_cast<double>(random() % 100), reasons[random() % 5]));
      all.push_back(made_point(++id, each.point->getVersion().cStr(), each.point->getValue()));
      expected_counting.push_back(all.back());
    }
    auto with = page_of(analyse(all)), without = page_of(analyse(expected_counting));
    ASSERT_EQ(with->getAnalysed(), 40u);
    ASSERT_EQ(with->getPoints().size(), all.size());
    ASSERT_EQ(with->getChanges().size(), without->getChanges().size());
    ASSERT_GE(with->getChanges().size(), 1u);
    for (uint32_t i = 0; i < with->getChanges().size(); ++i) {
      auto a = with->getChanges()[i], b = without->getChanges()[i];
      EXPECT_EQ(a.getCaptureId(), b.getCaptureId());
      EXPECT_EQ(a.getAt(), b.getAt());
      EXPECT_EQ(as_view(a.getVersion()), as_view(b.getVersion()));
      EXPECT_EQ(as_view(a.getPreviousVersion()), as_view(b.getPreviousVersion()));
      EXPECT_EQ(a.getAfter(), b.getAfter());
    }
    EXPECT_EQ(with->getCurrent().getCaptureId(), without->getCurrent().getCaptureId());
    std::vector<uint64_t> with_spikes, without_spikes;
    for (auto each : with->getPoints())
      if (each.getSpike())
        with_spikes.push_back(each.getCaptureId());
    for (auto each : without->getPoints())
      if (each.getSpike())
        without_spikes.push_back(each.getCaptureId());
    EXPECT_EQ(with_spikes, without_spikes);
    EXPECT_EQ(with_spikes.size(), has_spike ? 1u : 0u) << "step " << step << ", spike " << spike;
  }
}

TEST(history_page, analyses_the_newest_values_of_a_long_history) {
  std::vector<series_entry> points;
  for (size_t i = 0; i < analysis::max_history_values + 500; ++i)
    points.push_back(made_point(i + 1, "v" + std::to_string(i), noisy(i, i < 400 ? 50 : i < 2'000 ? 100 : 110)));
  auto page = page_of(analyse(std::move(points)));
  EXPECT_EQ(page->getAnalysed(), analysis::max_history_values);
  EXPECT_EQ(page->getPoints().size(), analysis::max_history_values + 500);
  ASSERT_EQ(page->getChanges().size(), 1u) << "the first step is older than what is analysed";
  EXPECT_EQ(page->getChanges()[0].getCaptureId(), 2'001u);
  EXPECT_EQ(as_view(page->getChanges()[0].getVersion()), "v2000");
}

TEST(version_runs, hold_the_values_that_count_and_versions_without_any) {
  auto history = analyse({made_point(1, "old", 1, deletion), made_point(2, "v1", 1), made_point(3, "v1", 1),
                          made_point(4, "v2", 1, disturbance), made_point(5, "v3", 1), made_point(6, "v1", 1)});
  std::vector<std::string> seen;
  for (const auto& each : find_version_runs(history))
    seen.push_back(each.version + " " + std::to_string(each.begin) + "-" + std::to_string(each.end));
  EXPECT_THAT(seen, ElementsAre("v1 0-2", "v2 2-2", "v3 2-3", "v1 3-4")) << "from the first value that counts";
  EXPECT_THAT(find_suspects(find_version_runs(history), 2, 10), ElementsAre("v2", "v3", "v1"))
    << "v2, which has no value, may be as guilty as v3";
  EXPECT_THAT(find_suspects(find_version_runs(history), 2, 2), ElementsAre("v2", "v3"));
}

} // namespace
} // namespace hive
