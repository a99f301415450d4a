#include "apps/hivectl/token_entries.hpp"

#include "messages/ec.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive::ctl {
namespace {

using testing::HasSubstr;

token_entry some_entry(const std::string& name, char digit = 'a') {
  return {.name = name, .role = "read", .sha256 = std::string(64, digit)};
}

auto named(const std::string& name) {
  return [name](const token_entry& entry) { return entry.name == name; };
}

const std::string by_hand = "# Who may do what.\n"
                            "[[tokens]]\n"
                            "name = \"ci\" # of the pipelines\n"
                            "role = \"record\"\n"
                            "sha256 = \"" +
                            std::string(64, 'b') +
                            "\"\n"
                            "expires = 2027-01-31T12:00:00Z\n"
                            "\n"
                            "# The board.\n"
                            "[[tokens]]\n"
                            "role = \"read\"\n"
                            "name = \"grafana\"\n"
                            "sha256 = \"" +
                            std::string(64, 'c') + "\"\n";

TEST(token_entries, are_read_as_the_node_reads_them) {
  auto entries = read_entries(by_hand, "t.toml");
  ASSERT_TRUE(entries) << text_of(entries.error());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].name, "ci");
  EXPECT_EQ((*entries)[0].expires, 1'801'396'800'000'000);
  EXPECT_EQ((*entries)[1].id(), std::string(12, 'c'));
}

TEST(token_entries, a_new_one_leaves_everything_else_as_it_is) {
  auto added = some_entry("new");
  added.expires = 1'801'396'800'000'000;
  added.not_before = 1'800'000'000'000'000;
  added.per_s = 2.5;
  added.burst = 10;
  for (const auto& before : {std::string{}, by_hand, by_hand.substr(0, by_hand.size() - 1)}) {
    auto after = with_entry(before, added, "t.toml");
    ASSERT_TRUE(after) << text_of(after.error());
    EXPECT_TRUE(after->starts_with(before));
    EXPECT_EQ(read_entries(*after, "t.toml")->back(), added);
  }
}

TEST(token_entries, a_revoked_one_goes_with_its_lines_alone) {
  auto after = without_entries(by_hand, named("ci"), "t.toml");
  ASSERT_TRUE(after) << text_of(after.error());
  EXPECT_THAT(*after, HasSubstr("# Who may do what.\n"));
  EXPECT_THAT(*after, HasSubstr("# The board.\n[[tokens]]\nrole = \"read\"\n"));
  EXPECT_EQ(after->find("ci"), std::string::npos);
  EXPECT_EQ(read_entries(*after, "t.toml")->size(), 1U);
}

TEST(token_entries, a_file_without_any_says_so_until_there_is_one_again) {
  auto none = without_entries(
    by_hand, [](const auto&) { return true; }, "t.toml");
  ASSERT_TRUE(none) << text_of(none.error());
  EXPECT_TRUE(none->starts_with("tokens = []"));
  EXPECT_THAT(*none, HasSubstr("# The board."));
  auto again = with_entry(*none, some_entry("new"), "t.toml");
  ASSERT_TRUE(again) << text_of(again.error());
  EXPECT_EQ(again->find("tokens = []"), std::string::npos);
  EXPECT_EQ(read_entries(*again, "t.toml")->size(), 1U);
}

TEST(token_entries, what_hivectl_cannot_change_line_by_line_stays_as_it_is) {
  const std::string in_a_row = "tokens = [{name = \"a\", role = \"read\", sha256 = \"x\"}, {name = \"b\"}]\n";
  for (const auto& refused :
       {with_entry(in_a_row, some_entry("new"), "t.toml"), without_entries(in_a_row, named("a"), "t.toml")}) {
    ASSERT_FALSE(refused);
    EXPECT_THAT(text_of(refused.error()), HasSubstr("t.toml"));
  }
  auto broken = with_entry("[[tokens]\n", some_entry("new"), "t.toml");
  ASSERT_FALSE(broken);
  EXPECT_THAT(text_of(broken.error()), HasSubstr("t.toml:1: "));
}

/// Whatever is created and revoked in whatever order: the file holds what a list would.
TEST(token_entries, follow_a_list) {
  const auto first = random_seed();
  for (uint32_t run = 0; run < 1'000; ++run) {
    SCOPED_TRACE("seed " + std::to_string(first + run));
    std::mt19937 random{first + run};
    std::string text = run % 2 ? by_hand : "";
    auto wanted = *read_entries(text, "t.toml");
    for (int step = 0; step < 12; ++step) {
      auto name = std::string{"n"} + static_cast<char>('0' + random() % 4);
      if (random() % 2) {
        auto added = some_entry(name, static_cast<char>('0' + step % 10));
        wanted.push_back(added);
        auto after = with_entry(text, added, "t.toml");
        ASSERT_TRUE(after) << text_of(after.error()) << text;
        text = *after;
      } else {
        std::erase_if(wanted, named(name));
        auto after = without_entries(text, named(name), "t.toml");
        ASSERT_TRUE(after) << text_of(after.error()) << text;
        text = *after;
      }
      ASSERT_EQ(*read_entries(text, "t.toml"), wanted) << text;
    }
  }
}

} // namespace
} // namespace hive::ctl
