#include "gpu/embodied/curriculum.hpp"

#include "gpu/embodied/measure.hpp"
#include "gpu/kernels/host.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::embodied {
namespace {

template <class T = float>
outcome learn(const curriculum& what) {
  kernels::host_backend<T> on;
  return run_curriculum(on, what, [] { return false; });
}

curriculum tiny_with(uint64_t seed) {
  auto out = tiny;
  out.seed = seed;
  return out;
}

TEST(curriculum, a_learner_that_learns_nothing_forgets_nothing_and_is_at_chance) {
  HIVE_RANDOM_SEED(seed);
  auto what = tiny_with(seed);
  what.learner.rate = 0;
  // Some first weights are lucky with one task: the mean over many learners is at chance.
  constexpr int learners = 40;
  double accuracy = 0;
  for (int i = 0; i < learners; ++i) {
    what.seed = uint64_t{seed} + static_cast<uint64_t>(i);
    auto frozen = learn(what).accuracy;
    EXPECT_EQ(forgetting(frozen), 0);
    EXPECT_EQ(backward_transfer(frozen), 0);
    accuracy += average_accuracy(frozen) / learners;
  }
  EXPECT_NEAR(accuracy, .25, .06);
}

TEST(curriculum, plain_descent_learns_each_task_to_near_the_best_and_forgets_it) {
  HIVE_RANDOM_SEED(seed);
  auto what = tiny_with(seed);
  auto learned = learn(what).accuracy;
  auto best = bayes_accuracy(what.task);
  EXPECT_GT(learning_accuracy(learned), best - .08);
  EXPECT_LT(learning_accuracy(learned), best + .02);
  EXPECT_GT(forgetting(learned), .15);
  EXPECT_LT(average_accuracy(learned), learning_accuracy(learned) - .1);
}

TEST(curriculum, replay_forgets_less) {
  HIVE_RANDOM_SEED(seed);
  auto what = tiny_with(seed);
  auto plain = learn(what).accuracy;
  what.replay = .5;
  auto replayed = learn(what).accuracy;
  EXPECT_LT(forgetting(replayed), forgetting(plain) - .1);
  EXPECT_GT(average_accuracy(replayed), average_accuracy(plain) + .05);
}

TEST(curriculum, a_seed_gives_the_same_accuracies_again) {
  EXPECT_EQ(learn(tiny_with(3)).accuracy, learn(tiny_with(3)).accuracy);
  EXPECT_NE(learn(tiny_with(3)).accuracy, learn(tiny_with(4)).accuracy);
}

TEST(curriculum, single_precision_learns_what_double_precision_learns) {
  // The bound by which a device is checked against the CPU.
  for (uint64_t seed = 0; seed < 10; ++seed) {
    auto single = learn<float>(tiny_with(seed)).accuracy;
    auto exact = learn<double>(tiny_with(seed)).accuracy;
    for (size_t i = 0; i < exact.size(); ++i)
      for (size_t j = 0; j < exact.size(); ++j)
        EXPECT_NEAR(single[i][j], exact[i][j], .05) << "seed " << seed;
  }
}

TEST(curriculum, a_stop_ends_it_between_steps) {
  kernels::host_backend<float> on;
  int steps = 0;
  auto stopped = run_curriculum(on, tiny, [&] { return ++steps > 10; });
  EXPECT_TRUE(stopped.accuracy.empty());
  EXPECT_LE(stopped.steps_ms.size(), 10u);
}

TEST(measure, a_reference_is_marked_as_simulated) {
  auto found = run_reference(1, {});
  EXPECT_EQ(found.scope, "simulated");
  ASSERT_EQ(found.figures.size(), 7u);
  for (const auto& each : found.figures)
    EXPECT_TRUE(std::isfinite(each.value)) << each.name;
}

} // namespace
} // namespace hive::embodied
