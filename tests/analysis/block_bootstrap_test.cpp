#include "analysis/block_bootstrap.hpp"

#include <gtest/gtest.h>
#include <numeric>

namespace hive::analysis {
namespace {

/// Old values 0 to n − 1, new ones 100 more.
struct numbered_pairs {
  std::vector<double> old_values;
  std::vector<double> new_values;

  explicit numbered_pairs(size_t n) : old_values(n), new_values(n) {
    std::iota(old_values.begin(), old_values.end(), 0.0);
    std::iota(new_values.begin(), new_values.end(), 100.0);
  }
};

TEST(block_bootstrap, a_block_is_the_cube_root_of_the_pairs_and_longer_with_autocorrelation) {
  EXPECT_EQ(block_length(1, 1), 1u);
  EXPECT_EQ(block_length(24, 1), 3u);
  EXPECT_EQ(block_length(27, 1), 3u);
  EXPECT_EQ(block_length(28, 1), 4u);
  EXPECT_EQ(block_length(24, 7.0 / 3), 7u) << "rho .4";
  EXPECT_EQ(block_length(24, 9), 8u) << "at most a third of the pairs";
  EXPECT_EQ(block_length(16, 9), 5u);
}

TEST(block_bootstrap, blocks_keep_their_order_and_are_exchanged_as_a_whole) {
  numbered_pairs given{24};
  block_bootstrap source{given.old_values, given.new_values, 4, 7};
  std::vector<double> old_values, new_values;
  size_t exchanged = 0, blocks = 0;
  for (int i = 0; i < 200; ++i) {
    source.draw(old_values, new_values, 58); // whose last block is cut
    ASSERT_EQ(old_values.size(), 58u);
    ASSERT_EQ(new_values.size(), 58u);
    for (size_t at = 0; at < old_values.size(); ++at) {
      EXPECT_EQ(std::abs(new_values[at] - old_values[at]), 100) << "pairs stay pairs";
      if (at % 4 == 0) {
        ++blocks;
        exchanged += old_values[at] >= 100;
      } else {
        EXPECT_EQ(old_values[at], old_values[at - 1] + 1) << "neighbours stay neighbours, on the same side";
      }
    }
  }
  EXPECT_NEAR(static_cast<double>(exchanged) / static_cast<double>(blocks), .5, .03);
}

TEST(block_bootstrap, all_blocks_are_drawn_equally_often) {
  numbered_pairs given{24};
  block_bootstrap source{given.old_values, given.new_values, 3, 9};
  std::vector<int> starts(22);
  std::vector<double> old_values, new_values;
  for (int i = 0; i < 22'000; ++i) {
    source.draw(old_values, new_values, 3);
    ++starts[static_cast<size_t>(std::min(old_values[0], new_values[0]))];
  }
  for (int each : starts)
    EXPECT_NEAR(each, 1'000, 150);
}

TEST(block_bootstrap, a_seed_draws_the_same_everywhere) {
  numbered_pairs given{24};
  std::vector<double> old_values, new_values;
  block_bootstrap{given.old_values, given.new_values, 3, 1}.draw(old_values, new_values, 18);
  EXPECT_EQ(old_values, (std::vector<double>{2, 3, 4, 3, 4, 5, 9, 10, 11, 0, 1, 2, 7, 8, 9, 120, 121, 122}));
}

} // namespace
} // namespace hive::analysis
