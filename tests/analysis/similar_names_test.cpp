#include "analysis/similar_names.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive::analysis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> versions{"V2.0", "nightly-2026-11-02", "v1.0", "v2.0", "v2.1", "v20"};

TEST(similar_names, finds_what_may_be_meant) {
  EXPECT_THAT(similar_names("v2.O", versions, 3), ElementsAre("V2.0", "v2.0", "v2.1"));
  EXPECT_THAT(similar_names("v2.0", versions, 1), ElementsAre("V2.0")) << "case does not count";
  EXPECT_THAT(similar_names("v02.", versions, 9), IsEmpty()) << "two edits are much for a short name";
  EXPECT_THAT(similar_names("nigthly-2026-11-02", versions, 3), ElementsAre("nightly-2026-11-02")) << "swapped";
  EXPECT_THAT(similar_names("nightly-2026-11", versions, 3), IsEmpty());
  EXPECT_THAT(similar_names("release", versions, 3), IsEmpty());
}

/// The edit distance computed from its definition, for short names.
size_t edits(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty())
    return a.size() + b.size();
  auto a_rest = a.substr(1), b_rest = b.substr(1);
  auto best = std::min({edits(a_rest, b) + 1, edits(a, b_rest) + 1, edits(a_rest, b_rest) + (a[0] == b[0] ? 0 : 1)});
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0])
    best = std::min(best, edits(a.substr(2), b.substr(2)) + 1);
  return best;
}

TEST(similar_names, agree_with_the_definition_of_the_distance) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  auto name = [&] {
    std::string out(1 + random() % 7, 'a');
    for (auto& c : out)
      c = static_cast<char>('a' + random() % 3);
    return out;
  };
  for (int round = 0; round < 2'000; ++round) {
    auto wanted = name();
    std::vector<std::string> candidates{name()};
    auto allowed = wanted.size() <= 5 ? 1u : 2u;
    EXPECT_EQ(similar_names(wanted, candidates, 1).size() == 1, edits(wanted, candidates[0]) <= allowed)
      << wanted << " " << candidates[0];
  }
}

TEST(similar_names, puts_the_most_similar_first) {
  EXPECT_THAT(similar_names("release-10", std::vector<std::string>{"release-21", "release-11", "release-10"}, 2),
              ElementsAre("release-10", "release-11"));
  EXPECT_THAT(similar_names("", versions, 3), IsEmpty());
}

} // namespace
} // namespace hive::analysis
