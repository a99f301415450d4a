#include "actors/benchmark/snapshots/samples.hpp"

#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <limits>
#include <vector>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using measurements = std::vector<msg<wire::Measurement>>;

msg<wire::Measurement> measured(const std::string& json) {
  auto result = from_json<wire::Measurement>(json);
  EXPECT_TRUE(result) << json;
  return result ? *result : msg<wire::Measurement>{};
}

msg<wire::Measurement> latency(double value) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto metric = out.initMetrics(1)[0];
    metric.setName("latency");
    metric.setValue(value);
    metric.setDirection(wire::Direction::LOWER);
    metric.setUnit("ms");
  });
}

std::vector<double> samples_of(wire::Metric::Reader metric) {
  std::vector<double> out;
  for (double sample : metric.getSamples())
    out.push_back(sample);
  return out;
}

void expect_refused(const measurements& repeats, ec code, const std::string& why) {
  auto merged = merge_repeats("a", repeats);
  ASSERT_FALSE(merged) << why;
  EXPECT_EQ(code_of(merged.error()), code);
  EXPECT_THAT(text_of(merged.error()), HasSubstr(why));
}

TEST(samples, value_is_the_mean_of_every_repeat_in_order) {
  measurements repeats{latency(3), latency(1), latency(5)};
  auto merged = merge_repeats("probe", repeats);
  ASSERT_TRUE(merged) << text_of(merged.error());
  auto metric = (*merged)->getMetrics()[0];
  EXPECT_EQ(metric.getValue(), 3);
  EXPECT_THAT(samples_of(metric), ElementsAre(3, 1, 5));
  EXPECT_EQ(metric.getAdapter(), "probe");
  EXPECT_EQ(metric.getName(), "latency");
  EXPECT_EQ(metric.getUnit(), "ms");
  EXPECT_EQ(metric.getDirection(), wire::Direction::LOWER);
}

TEST(samples, a_single_repeat_has_its_value_as_sample) {
  auto merged = merge_repeats("probe", measurements{latency(0.1)});
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->getMetrics()[0].getValue(), 0.1);
  EXPECT_THAT(samples_of((*merged)->getMetrics()[0]), ElementsAre(0.1));
}

TEST(samples, equal_values_keep_their_value_exactly) {
  auto merged = merge_repeats("probe", measurements(7, latency(0.1)));
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->getMetrics()[0].getValue(), 0.1);
}

TEST(samples, the_mean_of_huge_values_stays_finite) {
  auto huge = std::numeric_limits<double>::max();
  auto merged = merge_repeats("probe", measurements{latency(huge), latency(huge)});
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->getMetrics()[0].getValue(), huge);
}

TEST(samples, value_and_samples_that_disagree_are_an_error) {
  auto reason = [](const std::string& value, const std::string& samples) {
    auto one = measured("{\"metrics\":{\"p99\":{\"direction\":\"lower\",\"value\":" + value + ",\"samples\":[" +
                        samples + "]}}}");
    auto merged = merge_repeats("probe", measurements{one});
    return merged ? "" : text_of(merged.error());
  };
  EXPECT_EQ(reason("9.9", "1,2,9.9"),
            "metric 'p99' has the value 9.9, but the mean of its samples is 4.3: give the mean, or a metric of another "
            "kind without samples in repeat 1 of 1");
  EXPECT_THAT(reason("null", "1"), HasSubstr("has the value nan"));
  EXPECT_THAT(reason("0", "1e-300"), HasSubstr("p99"));
  // A rounded value, or one added up in another order, does not count as different.
  for (auto [value, samples] : std::vector<std::pair<std::string, std::string>>{
         {"4.3", "1,2,9.9"}, {"0.333", "0,0,1"}, {"1234.6", "1234,1235"}, {"0", "-1e9,1e9,0.1"}, {"0", "0,0"}})
    EXPECT_EQ(reason(value, samples), "") << value;
}

TEST(samples, samples_that_a_repeat_gives_itself_count_instead_of_its_value) {
  auto with = measured(R"({"metrics":{"m":{"value":1.5,"direction":"higher","samples":[1,2]}}})");
  auto without = measured(R"({"metrics":{"m":{"value":6,"direction":"higher"}}})");
  auto merged = merge_repeats("probe", measurements{with, without});
  ASSERT_TRUE(merged);
  EXPECT_THAT(samples_of((*merged)->getMetrics()[0]), ElementsAre(1, 2, 6));
  EXPECT_EQ((*merged)->getMetrics()[0].getValue(), 3);
}

TEST(samples, metrics_keep_the_order_of_the_first_repeat) {
  auto first = measured(R"({"metrics":{"z":{"value":1,"direction":"higher"},"a":{"value":2,"direction":"higher"}}})");
  auto second = measured(R"({"metrics":{"a":{"value":4,"direction":"higher"},"z":{"value":3,"direction":"higher"}}})");
  auto merged = merge_repeats("probe", measurements{first, second});
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->getMetrics()[0].getName(), "z");
  EXPECT_EQ((*merged)->getMetrics()[0].getValue(), 2);
  EXPECT_EQ((*merged)->getMetrics()[1].getValue(), 3);
}

TEST(samples, names_the_metric_that_a_repeat_lacks) {
  auto both = measured(R"({"metrics":{"a":{"value":1,"direction":"higher"},"b":{"value":1,"direction":"higher"}}})");
  auto one = measured(R"({"metrics":{"a":{"value":1,"direction":"higher"}}})");
  expect_refused({both, one}, ec::invalid, "metric 'b' is missing from repeat 2 of 2");
  expect_refused({one, both}, ec::invalid, "metric 'b' is missing from repeat 1 of 2");
}

TEST(samples, refuses_what_is_not_finite) {
  for (double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                       -std::numeric_limits<double>::infinity()})
    expect_refused({latency(1), latency(value)}, ec::invalid, "'latency' is not a finite number in repeat 2 of 2");
}

TEST(samples, refuses_a_metric_that_changes_its_meaning) {
  auto metric = [](const char* rest) {
    return measured(std::string{R"({"metrics":{"m":{"value":1,"direction":"higher")"} + rest + "}}}");
  };
  auto other_direction = measured(R"({"metrics":{"m":{"value":1,"direction":"lower"}}})");
  expect_refused({metric(""), other_direction}, ec::invalid, "another direction in repeat 2");
  expect_refused({metric(""), metric(R"(,"unit":"s")")}, ec::invalid, "another unit");
  expect_refused({metric(R"(,"scope":"x")"), metric(R"(,"scope":"y")")}, ec::invalid, "another scope");
  expect_refused({metric(R"(,"gate":false)"), metric("")}, ec::invalid, "another gate");
  expect_refused({metric(R"(,"absolute_margin":0)"), metric("")}, ec::invalid, "another absolute_margin");
  expect_refused({metric(R"(,"absolute_margin":0)"), metric(R"(,"absolute_margin":1)")}, ec::invalid,
                 "another absolute_margin");
  expect_refused({metric(R"(,"floor":-1)"), metric(R"(,"floor":-2)")}, ec::invalid, "another floor");
  expect_refused({metric(R"(,"margin":0.1)"), metric("")}, ec::invalid, "another margin");
  expect_refused({metric(""), metric(R"(,"resolution":1)")}, ec::invalid, "another resolution");
  expect_refused({metric(R"(,"kind":"count")"), metric("")}, ec::invalid, "another kind");
  expect_refused({metric(R"(,"advisory":true)"), metric("")}, ec::invalid, "another advisory");
  expect_refused({metric(R"(,"same_environment":["gpu"])"), metric("")}, ec::invalid, "another same_environment");
  expect_refused({metric(R"(,"same_environment":["gpu"])"), metric(R"(,"same_environment":["cores"])")}, ec::invalid,
                 "another same_environment");
}

TEST(samples, rules_of_a_metric_stay_with_it) {
  auto one = measured(R"({"metrics":{"m":{"value":1,"direction":"higher","unit":"u","gate":false,"absolute_margin":1,)"
                      R"("floor":-1,"margin":0.2,"resolution":0.5,"kind":"ratio","advisory":true,)"
                      R"("same_environment":["gpu","driver"]}}})");
  auto merged = merge_repeats("probe", measurements{one, one});
  ASSERT_TRUE(merged) << text_of(merged.error());
  EXPECT_THAT(to_json(*merged),
              HasSubstr(R"("gate":false,"absolute_margin":1,"floor":-1,"margin":0.2,"resolution":0.5,)"
                        R"("kind":"ratio","advisory":true,"same_environment":["gpu","driver"])"));
}

TEST(samples, refuses_a_metric_named_twice) {
  auto twice = msg<wire::Measurement>::build([](wire::Measurement::Builder out) {
    auto metrics = out.initMetrics(2);
    metrics[0].setName("m");
    metrics[1].setName("m");
  });
  expect_refused({twice}, ec::invalid, "metric 'm' is listed twice in repeat 1 of 1");
}

TEST(samples, is_skipped_only_when_every_repeat_is) {
  auto skipped = measured(R"({"skipped":"no GPU"})");
  auto merged = merge_repeats("probe", measurements{skipped, skipped});
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->getSkipped(), "no GPU");
  expect_refused({skipped, latency(1)}, ec::invalid, "1 of 2 repeats were skipped");
  expect_refused({measured(R"({"skipped":"x","metrics":{"m":{"value":1,"direction":"higher"}}})")}, ec::invalid,
                 "holds metrics all the same");
}

TEST(samples, refuses_nothing) {
  expect_refused({}, ec::no_data, "no repeat");
  expect_refused({measured("{}")}, ec::no_data, "neither a metric nor a reason");
}

TEST(samples, is_bounded) {
  auto many = msg<wire::Measurement>::build([](wire::Measurement::Builder out) {
    auto metric = out.initMetrics(1)[0];
    metric.setName("m");
    metric.setValue(1);
    auto samples = metric.initSamples(6'000);
    for (uint32_t i = 0; i < samples.size(); ++i)
      samples.set(i, 1);
  });
  EXPECT_TRUE(merge_repeats("probe", measurements{many}));
  expect_refused({many, many}, ec::too_large, "more than 10000 samples");
}

} // namespace
} // namespace hive
