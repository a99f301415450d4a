#include "analysis/contention.hpp"

#include <gmock/gmock.h>

namespace hive::analysis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Two runs on a machine with four processors.
struct run_pair : testing::Test {
  run_contention a{"the run of v1", .01, .3, 1.2};
  run_contention b{"the run of v2", .02, .35, 1.3};

  std::vector<std::string> found() const {
    return disturbances_between(a, b, 4);
  }
};

TEST_F(run_pair, under_one_steady_load_compares) {
  EXPECT_THAT(found(), IsEmpty());
  a.load = b.load = 100;
  a.pressure = b.pressure = 1;
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(run_pair, under_a_load_that_starts_does_not_compare) {
  b.load = 1.7;
  EXPECT_THAT(found(), ElementsAre("the load of other programs changed from 1.2 during the run of v1 to 1.7 processors "
                                   "during the run of v2"));
  b.load = 1.39;
  EXPECT_THAT(found(), IsEmpty());
  b.load = .79;
  EXPECT_EQ(found().size(), 1u) << "one that stops";
}

TEST_F(run_pair, is_judged_by_the_pressure_only_where_a_load_is_unknown) {
  b.pressure = 1;
  EXPECT_THAT(found(), IsEmpty()) << "the new version may have more threads";
  a.load = run_contention{}.load;
  EXPECT_THAT(found(), ElementsAre("the share of time in which a task waited for a processor changed from 30% during "
                                   "the run of v1 to 100% during the run of v2"));
}

TEST_F(run_pair, with_a_burst_on_either_side_does_not_compare) {
  a.steal = .051;
  a.throttled = 1;
  b.captures = 2;
  EXPECT_THAT(found(), ElementsAre("the hypervisor took 5.1% of the processors' time during the run of v1",
                                   "a processor was throttled 1 time during the run of v1",
                                   "2 other captures of this node ran during the run of v2"));
  a = b;
  EXPECT_EQ(found().size(), 2u) << "the same on both sides is no excuse";
}

TEST_F(run_pair, of_which_nothing_is_known_compares) {
  a = {.run = "a"};
  b = {.run = "b"};
  EXPECT_THAT(found(), IsEmpty());
  a.pressure = 1;
  EXPECT_THAT(found(), IsEmpty());
}

TEST(contention, of_a_quiet_run_is_not_worth_a_remark) {
  EXPECT_EQ(describe_contention({}), "");
  EXPECT_EQ(describe_contention({.steal = .05, .pressure = .9, .load = .5}), "");
}

TEST(contention, is_told_in_a_few_words) {
  EXPECT_EQ(describe_contention({.steal = .123, .load = 1.25, .throttled = 3, .captures = 1}),
            "steal 12.3%, load of others 1.25, throttled 3 times, 1 other capture");
  EXPECT_EQ(describe_contention({.pressure = .5}), "processors were waited for 50% of the time");
}

} // namespace
} // namespace hive::analysis
