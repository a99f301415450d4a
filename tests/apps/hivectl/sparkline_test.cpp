#include "apps/hivectl/sparkline.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace hive::ctl {
namespace {

TEST(sparkline, spans_from_the_smallest_to_the_largest_value) {
  std::vector<double> values{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(sparkline(values, charset::utf8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(values, charset::ascii), "01234567");
}

TEST(sparkline, equal_missing_and_no_values_have_a_row_too) {
  EXPECT_EQ(sparkline(std::vector<double>{3, 3}, charset::ascii), "44");
  EXPECT_EQ(sparkline(std::vector<double>{-1, std::nan(""), 1}, charset::ascii), "0 7");
  EXPECT_EQ(sparkline(std::vector<double>{std::nan("")}, charset::ascii), " ");
  EXPECT_EQ(sparkline({}, charset::ascii), "");
}

} // namespace
} // namespace hive::ctl
