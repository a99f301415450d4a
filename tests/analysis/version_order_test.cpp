#include "analysis/version_order.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace hive::analysis {
namespace {

/// Each is older than all that follow.
const std::vector<std::string> ordered{"main",
                                       "nightly-2026-2-03",
                                       "nightly-2026-11-02",
                                       "release",
                                       "0.9",
                                       "v1.2-dev.3",
                                       "v1.2-alpha",
                                       "v1.2-beta.2",
                                       "v1.2-beta.10",
                                       "v1.2-preview",
                                       "v1.2-rc1",
                                       "v1.2-rc2",
                                       "v1.2",
                                       "v1.2-3-gabc1234",
                                       "v1.2-3-gabc1234-dirty",
                                       "v1.2-12-g0",
                                       "v1.2.1-rc1",
                                       "v1.2.1",
                                       "1.2.3",
                                       "v1.10",
                                       "v9",
                                       "v10",
                                       "v10.0.1",
                                       "20240101",
                                       "123456789012345678901234567890"};

TEST(version_order, is_as_people_read_versions) {
  for (size_t i = 0; i < ordered.size(); ++i)
    for (size_t k = i + 1; k < ordered.size(); ++k) {
      EXPECT_TRUE(compare_versions(ordered[i], ordered[k]) < 0) << ordered[i] << " and " << ordered[k];
      EXPECT_TRUE(compare_versions(ordered[k], ordered[i]) > 0) << ordered[k] << " and " << ordered[i];
    }
}

TEST(version_order, names_are_equal_only_if_their_bytes_are) {
  for (const auto& name : ordered)
    EXPECT_TRUE(compare_versions(name, name) == 0) << name;
  for (auto [a, b] : {std::pair{"1.0", "v1.0"}, {"1.01", "1.1"}, {"1-rc1", "1-RC1"}, {"a.b", "a-.b"}, {"", "."}})
    EXPECT_TRUE(compare_versions(a, b) != 0) << a << " and " << b;
}

TEST(version_order, is_a_total_order_of_any_names) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  auto name = [&] {
    static constexpr std::string_view characters = "0129abvrc.-_+";
    std::string out;
    for (auto left = random() % 8; left > 0; --left)
      out += characters[random() % characters.size()];
    return out;
  };
  for (int i = 0; i < 20'000; ++i) {
    auto a = name(), b = name(), c = name();
    auto order = compare_versions(a, b);
    EXPECT_EQ(order<0, compare_versions(b, a)> 0) << a << " and " << b;
    EXPECT_EQ(order == 0, a == b) << a << " and " << b;
    bool is_chain = order < 0 && compare_versions(b, c) < 0;
    EXPECT_TRUE(!is_chain || compare_versions(a, c) < 0) << a << ", " << b << " and " << c;
  }
}

} // namespace
} // namespace hive::analysis
