#include "actors/hive/core/federation_profile.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(federation_profile, are_those_of_the_source_system_and_one_for_a_lan) {
  struct expected {
    const char* name;
    int seconds;
    size_t fan_out;
  };
  for (auto [name, seconds, fan_out] :
       {expected{"lan", 1, 2}, {"full", 60, 3}, {"constrained", 300, 2}, {"minimal", 900, 1}}) {
    auto found = find_profile(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->interval, std::chrono::seconds{seconds});
    EXPECT_EQ(found->fan_out, fan_out);
  }
  EXPECT_FALSE(find_profile("LAN"));
  EXPECT_FALSE(find_profile(""));
}

} // namespace
} // namespace hive
