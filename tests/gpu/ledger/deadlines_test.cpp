#include "gpu/ledger/deadlines.hpp"

#include "gpu/ledger/ledger.hpp"

#include <gtest/gtest.h>

namespace hive::gpu {
namespace {

using namespace std::chrono_literals;

TEST(deadlines, are_taken_in_order_when_they_are_due) {
  deadlines some;
  some.add(instant{3s}, {3});
  some.add(instant{1s}, {1});
  some.add(instant{2s}, {2});
  EXPECT_EQ(some.next(), instant{1s});
  EXPECT_EQ(some.take(instant{1s} - 1us), std::nullopt);
  EXPECT_EQ(some.take(instant{2s}), std::pair(instant{1s}, lease_id{1}));
  EXPECT_EQ(some.take(instant{2s}), std::pair(instant{2s}, lease_id{2}));
  EXPECT_EQ(some.take(instant{2s}), std::nullopt);
  EXPECT_EQ(some.next(), instant{3s});
}

} // namespace
} // namespace hive::gpu
