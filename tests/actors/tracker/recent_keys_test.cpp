#include "actors/tracker/recent_keys.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace hive {
namespace {

key_digest digest(uint64_t number) {
  return key_digest::of("key-" + std::to_string(number));
}

TEST(key_digest, is_the_same_in_every_run_and_differs_between_keys) {
  // Digests stored in 2026. If they changed, every record of an old store could be counted again.
  key_digest stored{0xa91ef13f9dd8f5da, 0xea8051e2027196fa};
  EXPECT_EQ(key_digest::of("5f0c7a52-9d1e-4b7f-8e21-000000000001"), stored);
  std::set<std::pair<uint64_t, uint64_t>> all;
  for (uint64_t i = 0; i < 100'000; ++i)
    all.emplace(digest(i).low, digest(i).high);
  EXPECT_EQ(all.size(), 100'000u);
}

TEST(recent_keys, knows_what_it_was_given) {
  recent_keys keys{10};
  EXPECT_FALSE(keys.contains(digest(1)));
  keys.insert(digest(1));
  EXPECT_TRUE(keys.contains(digest(1)));
  EXPECT_FALSE(keys.contains(digest(2)));
}

TEST(recent_keys, remembers_at_least_its_capacity_and_forgets_whole_generations) {
  constexpr size_t capacity = 100;
  recent_keys keys{capacity};
  std::mt19937 random{7};
  uint64_t next = 0;
  while (next < 5'000) {
    for (auto group = 1 + random() % 70; group > 0; --group)
      keys.insert(digest(next++));
    bool forgot = keys.forget_old();
    ASSERT_EQ(keys.next(), next);
    auto first = keys.first_remembered();
    ASSERT_LE(next - first, 2 * (capacity + 70));
    if (next >= capacity) {
      ASSERT_GE(next - first, capacity);
    }
    for (uint64_t i = 0; i < next; ++i)
      ASSERT_EQ(keys.contains(digest(i)), i >= first) << i << " of " << next;
    if (forgot) {
      ASSERT_GT(first, 0u);
    }
  }
}

TEST(recent_keys, counts_on_from_where_an_earlier_run_forgot) {
  recent_keys keys{10};
  keys.start_at(1'000);
  keys.insert(digest(1));
  EXPECT_EQ(keys.first_remembered(), 1'000u);
  EXPECT_EQ(keys.next(), 1'001u);
}

} // namespace
} // namespace hive
