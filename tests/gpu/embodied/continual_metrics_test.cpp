#include "gpu/embodied/continual_metrics.hpp"

#include <gtest/gtest.h>

namespace hive::embodied {
namespace {

// Computed by hand.
const accuracy_matrix three{{.9, .3, .2}, {.7, .8, .4}, {.5, .6, 1}};

TEST(continual_metrics, are_those_of_their_definitions) {
  EXPECT_DOUBLE_EQ(average_accuracy(three), (.5 + .6 + 1) / 3);
  EXPECT_DOUBLE_EQ(backward_transfer(three), ((.5 - .9) + (.6 - .8)) / 2);
  EXPECT_DOUBLE_EQ(learning_accuracy(three), (.9 + .8 + 1) / 3);
  EXPECT_DOUBLE_EQ(forgetting(three), ((.9 - .5) + (.8 - .6)) / 2);
}

TEST(continual_metrics, forgetting_starts_from_the_best_before_the_end_and_not_from_the_first) {
  // The first task got better while the second was learned: its best is .95, not .9.
  accuracy_matrix improved{{.9, .3, .2}, {.95, .8, .4}, {.5, .6, 1}};
  EXPECT_DOUBLE_EQ(forgetting(improved), ((.95 - .5) + (.8 - .6)) / 2);
  EXPECT_DOUBLE_EQ(backward_transfer(improved), ((.5 - .9) + (.6 - .8)) / 2);
}

TEST(continual_metrics, what_was_known_before_it_was_learned_can_be_the_best) {
  accuracy_matrix known{{.9, .85, .2}, {.7, .8, .4}, {.5, .6, 1}};
  EXPECT_DOUBLE_EQ(forgetting(known), ((.9 - .5) + (.85 - .6)) / 2);
}

TEST(continual_metrics, forgetting_is_negative_when_the_end_is_the_best) {
  // The last row is not among those whose best counts.
  accuracy_matrix better{{.5, .2}, {.9, .8}};
  EXPECT_DOUBLE_EQ(forgetting(better), -.4);
  EXPECT_DOUBLE_EQ(backward_transfer(better), .4);
}

TEST(continual_metrics, with_two_tasks_forgetting_is_backward_transfer_reversed) {
  accuracy_matrix two{{.9, .3}, {.6, .8}};
  EXPECT_DOUBLE_EQ(forgetting(two), -backward_transfer(two));
}

} // namespace
} // namespace hive::embodied
