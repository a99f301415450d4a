#include "actors/upgrade/verdict/measured_versions.hpp"

#include "messages/json.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum wire::RunSide;

/// A round of adapter `a` with one metric `m`; NaN: it is missing.
msg<wire::MeasuredRound> round_of(std::vector<std::pair<wire::RunSide, double>> values,
                                  const std::string& left_out = {}, const char* unit = "ms") {
  return msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder out) {
    out.setAdapter("a");
    auto runs = out.initRuns(static_cast<uint32_t>(values.size()));
    for (uint32_t i = 0; i < runs.size(); ++i) {
      runs[i].setSide(values[i].first);
      runs[i].setVersion("v");
      if (std::isnan(values[i].second))
        continue;
      auto metric = runs[i].initMetrics(1)[0];
      metric.setName("m");
      metric.setUnit(unit);
      metric.setValue(values[i].second);
    }
    if (!left_out.empty())
      out.setLeftOut(left_out);
  });
}

TEST(measured_versions, values_of_one_round_stand_in_one_place_whatever_their_order) {
  measured_versions measured{{OLD, NEW}};
  measured.add(*round_of({{OLD, 1}, {NEW, 2}}));
  measured.add(*round_of({{NEW, 4}, {OLD, 3}}));
  const auto& samples = measured.metrics().at({"a", "m"});
  EXPECT_THAT(samples.by_side.at(OLD), ElementsAre(1, 3));
  EXPECT_THAT(samples.by_side.at(NEW), ElementsAre(2, 4));
  EXPECT_EQ(samples.left_out, 0U);
}

TEST(measured_versions, a_round_counts_only_whole_and_undisturbed) {
  measured_versions measured{{OLD, NEW, REFERENCE}};
  measured.add(*round_of({{OLD, 1}, {NEW, 2}, {REFERENCE, 3}}));
  measured.add(*round_of({{OLD, 1}, {NEW, 2}, {REFERENCE, std::nan("")}}));
  measured.add(*round_of({{OLD, 1}, {NEW, 2}, {REFERENCE, 3}}, "the load changed"));
  measured.add(*round_of({{OLD, 1}}));
  measured.add(*round_of({{OLD, 1}, {NEW, 2}, {REFERENCE, 3}}, {}, "s"));
  const auto& samples = measured.metrics().at({"a", "m"});
  EXPECT_THAT(samples.by_side.at(REFERENCE), ElementsAre(3));
  EXPECT_THAT(samples.by_side.at(OLD), ElementsAre(1));
  EXPECT_EQ(samples.left_out, 4U);
}

TEST(measured_versions, knows_nothing_without_rounds) {
  EXPECT_THAT(measured_versions{std::vector{OLD}}.metrics(), IsEmpty());
}

} // namespace
} // namespace hive
