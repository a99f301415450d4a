#include "actors/engines/spawn_ledger.hpp"

#include "messages/ec.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

spawn_entry entry(std::string id, std::string engine, uint64_t connection = 1, bool stay = false) {
  return {std::move(id), std::move(engine), {connection}, stay};
}

TEST(spawn_ledger, keeps_each_engine_within_its_quota_over_all_connections) {
  spawn_ledger ledger{2, 100};
  EXPECT_FALSE(ledger.add(entry("a", "one", 1)));
  EXPECT_FALSE(ledger.add(entry("b", "one", 2)));
  auto full = ledger.add(entry("c", "one", 3));
  EXPECT_EQ(code_of(full), ec::overloaded);
  EXPECT_THAT(text_of(full), HasSubstr("engine one has 2"));
  EXPECT_FALSE(ledger.add(entry("c", "two"))) << "another engine has its own";
  EXPECT_TRUE(ledger.remove("a"));
  EXPECT_FALSE(ledger.add(entry("d", "one")));
}

TEST(spawn_ledger, keeps_all_engines_within_the_node) {
  spawn_ledger ledger{2, 3};
  EXPECT_FALSE(ledger.add(entry("a", "one")));
  EXPECT_FALSE(ledger.add(entry("b", "two")));
  EXPECT_FALSE(ledger.add(entry("c", "three")));
  EXPECT_EQ(code_of(ledger.add(entry("d", "four"))), ec::overloaded);
}

TEST(spawn_ledger, takes_an_id_once) {
  spawn_ledger ledger{10, 10};
  EXPECT_FALSE(ledger.add(entry("a", "one")));
  EXPECT_EQ(code_of(ledger.add(entry("a", "two"))), ec::already_exists);
  EXPECT_EQ(ledger.find("a")->engine, "one");
  EXPECT_EQ(ledger.size(), 1U);
}

TEST(spawn_ledger, a_quota_of_nothing_lets_nothing_in) {
  spawn_ledger ledger{0, 10};
  EXPECT_EQ(code_of(ledger.add(entry("a", "one"))), ec::overloaded);
}

TEST(spawn_ledger, names_what_ends_with_a_connection) {
  spawn_ledger ledger{10, 10};
  EXPECT_FALSE(ledger.add(entry("a", "one", 1)));
  EXPECT_FALSE(ledger.add(entry("b", "one", 1)));
  EXPECT_FALSE(ledger.add(entry("stays", "one", 1, true)));
  EXPECT_FALSE(ledger.add(entry("elsewhere", "one", 2)));
  EXPECT_THAT(ledger.ending_with({1}), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(ledger.size(), 4U) << "they count until they are gone";
}

TEST(spawn_ledger, removes_once) {
  spawn_ledger ledger{1, 10};
  EXPECT_FALSE(ledger.add(entry("a", "one")));
  EXPECT_TRUE(ledger.remove("a"));
  EXPECT_FALSE(ledger.remove("a"));
  EXPECT_EQ(ledger.find("a"), nullptr);
}

/// Compares with a simple count over random adds and removals.
TEST(spawn_ledger, counts_right_in_any_order) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  spawn_ledger ledger{3, 10};
  std::map<std::string, std::string> model;
  for (int i = 0; i < 20'000; ++i) {
    auto id = std::to_string(random() % 30), engine = "engine" + std::to_string(random() % 5);
    if (random() % 2 == 0) {
      EXPECT_EQ(ledger.remove(id).has_value(), model.erase(id) == 1);
      continue;
    }
    auto of_engine = std::count_if(model.begin(), model.end(), [&](const auto& each) { return each.second == engine; });
    bool fits = !model.contains(id) && of_engine < 3 && model.size() < 10;
    EXPECT_EQ(!ledger.add(entry(id, engine)), fits);
    if (fits)
      model.emplace(id, engine);
    ASSERT_EQ(ledger.size(), model.size());
  }
}

} // namespace
} // namespace hive
