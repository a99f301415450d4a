#include "actors/daemon/world_model_shift.hpp"

#include "messages/msg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

class world_model_shift_test : public testing::Test {
protected:
  std::optional<std::string> update(uint64_t recorded, uint64_t flushed, uint64_t corrections, uint32_t restarts = 0) {
    auto now = msg<wire::WorldModelInput>::build([&](wire::WorldModelInput::Builder out) {
      auto stats = out.initStats();
      stats.setRecorded(recorded);
      stats.setFlushed(flushed);
      stats.setCorrections(corrections);
      out.setRestarts(restarts);
    });
    return shift.update(*now);
  }

  world_model_shift shift;
};

TEST_F(world_model_shift_test, compares_the_records_between_visits_and_not_the_sums) {
  EXPECT_FALSE(update(1'000'000, 900'000, 0));
  EXPECT_FALSE(update(1'000'200, 900'180, 0)); // .90
  EXPECT_FALSE(update(1'000'400, 900'345, 0)); // .825
  auto found = update(1'000'600, 900'485, 0);  // .70
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, HasSubstr("flush rate 0.825 → 0.700"));
  EXPECT_FALSE(update(1'000'800, 900'625, 0));
}

TEST_F(world_model_shift_test, waits_for_enough_records) {
  EXPECT_FALSE(update(0, 0, 0));
  EXPECT_FALSE(update(200, 200, 0));
  EXPECT_FALSE(update(399, 200, 0)); // 199 records without a flush
  EXPECT_TRUE(update(400, 200, 0));
}

TEST_F(world_model_shift_test, tells_corrections_too) {
  update(0, 0, 0);
  update(200, 0, 0);
  auto found = update(400, 0, 50);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, HasSubstr("correction density 0.000 → 0.250"));
}

TEST_F(world_model_shift_test, a_restart_of_the_counters_is_no_shift) {
  update(0, 0, 0);
  EXPECT_FALSE(update(1'000, 900, 0));
  EXPECT_FALSE(update(300, 270, 0, 1)); // .90 since the restart
  EXPECT_FALSE(update(250, 225, 0, 1)); // smaller without a counted restart
  EXPECT_TRUE(update(500, 300, 0, 1));
}

} // namespace
} // namespace hive
