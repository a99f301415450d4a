#include "platform/contention.hpp"

#include "tests/paths.hpp"

#include <capnp/message.h>
#include <cmath>
#include <gtest/gtest.h>

namespace hive {
namespace {

/// Files of a machine with two processors, ten seconds apart (tests/data/contention).
contention_sample recorded(const char* moment, double at_s) {
  auto out = sample_contention(std::filesystem::path{HIVE_TEST_DATA} / "contention" / moment);
  out.at_s = at_s;
  return out;
}

TEST(contention, is_the_difference_of_two_samples) {
  auto found = contention_between(recorded("before", 100), recorded("after", 110), 4);
  EXPECT_NEAR(found.steal, .06, 1e-9) << "120 of 2,000 ticks";
  EXPECT_NEAR(found.pressure, .25, 1e-9);
  EXPECT_NEAR(found.load, .5, 1e-9) << "900 ticks were worked in ten seconds, 400 of them by the run";
  EXPECT_EQ(found.throttled, 5u) << "two of one core, one of the other, two of their package";
}

TEST(contention, load_is_that_of_others_and_never_below_zero) {
  auto before = recorded("before", 100), after = recorded("after", 110);
  EXPECT_NEAR(contention_between(before, after, 0).load, .9, 1e-9);
  EXPECT_EQ(contention_between(before, after, 20).load, 0) << "ticks are counted more coarsely than processor time";
  EXPECT_TRUE(std::isnan(contention_between(before, after, contention_sample::unknown).load));
}

TEST(contention, of_a_short_run_has_no_counts_of_ticks) {
  auto found = contention_between(recorded("before", 100), recorded("after", 100.1), 0);
  EXPECT_TRUE(std::isnan(found.steal));
  EXPECT_TRUE(std::isnan(found.load));
  EXPECT_EQ(found.pressure, 1) << "a share is never above 1";
}

TEST(contention, missing_files_are_unknown) {
  auto nothing = recorded("no-such-folder", 100), later = recorded("no-such-folder", 110);
  auto found = contention_between(nothing, later, 1);
  EXPECT_TRUE(std::isnan(found.steal));
  EXPECT_TRUE(std::isnan(found.pressure));
  EXPECT_TRUE(std::isnan(found.load));
  EXPECT_EQ(found.throttled, 0u);
  EXPECT_TRUE(std::isnan(contention_between(nothing, recorded("after", 110), 1).pressure));
}

TEST(contention, where_processor_time_is_not_counted_the_load_is_the_mean_number_of_tasks) {
  auto before = recorded("before", 100), after = recorded("after", 110);
  after.busy_s = before.busy_s;
  after.all_s = before.all_s;
  auto found = contention_between(before, after, 10);
  EXPECT_NEAR(found.load, 1.5, 1e-9);
  EXPECT_TRUE(std::isnan(found.steal));
}

TEST(contention, of_no_time_is_unknown) {
  auto sample = recorded("before", 100);
  EXPECT_TRUE(std::isnan(contention_between(sample, sample, 0).pressure));
}

TEST(contention, texts_of_another_form_say_nothing) {
  for (const char* text : {"", "\n", "cpu", "cpu  1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n", "some avg10=1.00\n",
                           "cpu  a b c d e f g h", "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"}) {
    contention_sample out;
    read_processor_times(text, out);
    read_pressure(text, out);
    EXPECT_TRUE(std::isnan(out.busy_s) && std::isnan(out.steal_s) && std::isnan(out.all_s)) << text;
    EXPECT_TRUE(std::isnan(out.waited_s)) << text;
  }
  contention_sample out;
  read_mean_tasks("many", out);
  EXPECT_TRUE(std::isnan(out.mean_tasks));
}

TEST(contention, this_machine_can_be_sampled) {
  auto before = sample_contention();
  auto after = sample_contention();
  EXPECT_GE(after.at_s, before.at_s);
  auto found = contention_between(before, after, 0);
  EXPECT_TRUE(std::isnan(found.pressure) || (found.pressure >= 0 && found.pressure <= 1));
}

TEST(contention, goes_into_a_message) {
  capnp::MallocMessageBuilder scratch;
  auto out = scratch.initRoot<wire::Contention>();
  out.setCaptures(2);
  write_contention({.steal = .06, .pressure = .25, .throttled = 3}, out);
  EXPECT_EQ(out.getSteal(), .06);
  EXPECT_EQ(out.getPressure(), .25);
  EXPECT_TRUE(std::isnan(out.getLoad()));
  EXPECT_EQ(out.getThrottled(), 3u);
  EXPECT_EQ(out.getCaptures(), 2u);
  auto back = read_contention(out);
  EXPECT_EQ(back.steal, .06);
  EXPECT_TRUE(std::isnan(back.load));
}

} // namespace
} // namespace hive
