#include "gpu/heavy/result.hpp"

#include "messages/json.hpp"
#include "messages/text.hpp"

#include <gtest/gtest.h>

namespace hive::heavy {
namespace {

TEST(result, is_what_a_command_adapter_reads) {
  result found;
  found.figures = {{"tokens_per_second", 12.5, better::higher, "tok/s"}, {"ms", 3, better::lower, "ms", false}};
  found.scope = simulated;
  found.note = "seed 1";
  auto read = from_json<wire::Measurement>(to_json(to_measurement(found)));
  ASSERT_TRUE(read);
  auto metrics = (*read)->getMetrics();
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(as_view(metrics[0].getName()), "tokens_per_second");
  EXPECT_EQ(metrics[0].getValue(), 12.5);
  EXPECT_EQ(metrics[0].getDirection(), wire::Direction::HIGHER);
  EXPECT_EQ(as_view(metrics[0].getScope()), "simulated");
  EXPECT_TRUE(metrics[0].getGate());
  EXPECT_EQ(metrics[1].getDirection(), wire::Direction::LOWER);
  EXPECT_FALSE(metrics[1].getGate());
  EXPECT_EQ(as_view((*read)->getNote()), "seed 1");
}

TEST(result, a_skipped_one_has_its_reason_alone) {
  auto read = from_json<wire::Measurement>(to_json(to_measurement(skip("no GPU"))));
  ASSERT_TRUE(read);
  EXPECT_EQ(as_view((*read)->getSkipped()), "no GPU");
  EXPECT_EQ((*read)->getMetrics().size(), 0u);
}

TEST(result, long_texts_are_cut_at_a_character) {
  result found;
  found.skipped = std::string(4095, 'x') + "é";
  auto read = from_json<wire::Measurement>(to_json(to_measurement(found)));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)->getSkipped().size(), 4095u);
}

} // namespace
} // namespace hive::heavy
