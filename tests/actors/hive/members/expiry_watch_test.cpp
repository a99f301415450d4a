#include "actors/hive/members/expiry_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t end = 1'800'000'000, hour = 3'600, day = 24 * hour;

std::vector<std::string> texts(const std::vector<expiry_watch::warning>& all) {
  std::vector<std::string> out;
  for (const auto& each : all)
    out.push_back((each.is_urgent ? "! " : "") + each.text);
  return out;
}

TEST(expiry_watch, warns_30_days_7_days_and_a_day_before_and_afterwards_each_once) {
  expiry_watch watch{{{"It", end}}};
  std::vector<std::string> reported;
  for (auto now = end - 40 * day; now < end + 40 * day; now += hour)
    for (auto& each : texts(watch.tick(now)))
      reported.push_back(std::move(each));
  EXPECT_THAT(reported,
              ElementsAre("It expires at 2027-01-15T08:00:00Z, in 30 days",
                          "It expires at 2027-01-15T08:00:00Z, in 7 days",
                          "! It expires at 2027-01-15T08:00:00Z, in 1 day", "! It expired at 2027-01-15T08:00:00Z"));
}

TEST(expiry_watch, a_late_start_reports_the_last_step_alone) {
  expiry_watch watch{{{"It", end}}};
  EXPECT_THAT(texts(watch.tick(end - hour)), ElementsAre(HasSubstr("less than a day")));
  EXPECT_THAT(watch.tick(end - 20 * day), IsEmpty()) << "a clock that was set back";
  EXPECT_THAT(watch.tick(end - hour), IsEmpty());
}

TEST(expiry_watch, the_text_names_what_is_close) {
  expiry_watch watch{{{"It", end}, {"Another", end + 100 * day}}};
  EXPECT_EQ(watch.text(end - 31 * day), "");
  EXPECT_THAT(watch.text(end - 30 * day), HasSubstr("It expires"));
  EXPECT_EQ(watch.text(end - 30 * day).find("Another"), std::string::npos);
  EXPECT_THAT(watch.text(end + 100 * day), HasSubstr("It expired at 2027-01-15T08:00:00Z; Another expired"));
}

} // namespace
} // namespace hive
