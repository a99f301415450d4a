#include "actors/baseline/folder_review.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;

constexpr file_mark first_mark{1, 100, 10};
constexpr file_mark other_mark{2, 200, 10};

class folder_review_test : public testing::Test {
protected:
  /// Takes everything that is due, and sees `mark` or nothing there.
  std::vector<std::string> take_all(const std::optional<file_mark>& mark = first_mark) {
    std::vector<std::string> out;
    while (auto item = review.next()) {
      out.push_back(item->name);
      last = *item;
      review.settle(item->name, mark);
      review.release(item->file.who);
    }
    return out;
  }

  folder_review review;
  folder_review::item last;
};

TEST_F(folder_review_test, prompts_come_before_recipes_and_other_files_not_at_all) {
  review.list({"2_0_recipe.json", "2.json", "README.md", "x_recipe.json"}, true);
  EXPECT_THAT(take_all(), ElementsAre("2.json", "2_0_recipe.json", "x_recipe.json"));
  EXPECT_EQ(review.seen(), 3u);
}

TEST_F(folder_review_test, a_scan_reads_only_what_has_another_mark) {
  review.list({"1_0_recipe.json"}, true);
  auto item = review.next();
  ASSERT_TRUE(item);
  EXPECT_TRUE(review.must_read(*item, first_mark)) << "seen for the first time";
  review.settle(item->name, first_mark);
  review.release(item->file.who);
  review.list({"1_0_recipe.json"}, true);
  item = review.next();
  EXPECT_FALSE(review.must_read(*item, first_mark));
  EXPECT_TRUE(review.must_read(*item, other_mark));
}

TEST_F(folder_review_test, a_change_is_read_although_the_mark_is_the_same) {
  review.list({"1_0_recipe.json"}, true);
  take_all();
  review.touch("1_0_recipe.json");
  auto item = review.next();
  ASSERT_TRUE(item);
  EXPECT_TRUE(review.must_read(*item, first_mark)) << "two writes within a tick of the clock have one time";
}

TEST_F(folder_review_test, what_a_complete_scan_does_not_find_has_gone) {
  review.list({"1_0_recipe.json", "2_0_recipe.json"}, true);
  take_all();
  review.list({"2_0_recipe.json"}, false);
  EXPECT_THAT(take_all(), ElementsAre("2_0_recipe.json")) << "an incomplete one says nothing about others";
  review.list({"2_0_recipe.json"}, true);
  EXPECT_THAT(take_all(std::nullopt), ElementsAre("1_0_recipe.json", "2_0_recipe.json"));
  EXPECT_EQ(review.seen(), 0u);
}

TEST_F(folder_review_test, what_the_store_has_from_the_folder_is_looked_for) {
  review.list({"1_0_recipe.json"}, true);
  review.expect({"1", "0"});
  review.expect({"9", "0"});
  EXPECT_THAT(take_all(), ElementsAre("1_0_recipe.json", "9_0_recipe.json"));
}

TEST_F(folder_review_test, one_look_at_an_agent_at_a_time) {
  review.touch("1_0_recipe.json");
  review.touch("2_0_recipe.json");
  auto one = review.next();
  review.touch("1_0_recipe.json");
  EXPECT_EQ(review.next()->name, "2_0_recipe.json");
  EXPECT_FALSE(review.next()) << "1 is held";
  review.release(one->file.who);
  EXPECT_EQ(review.next()->name, "1_0_recipe.json");
}

TEST_F(folder_review_test, a_new_prompt_makes_the_recipes_of_its_flows_due) {
  review.list({"1_0_recipe.json", "1_a_recipe.json", "1_x_0_recipe.json", "10_0_recipe.json", "1_0_1_recipe.json"},
              true);
  take_all();
  review.set_prompt("1", "hash");
  EXPECT_THAT(take_all(), ElementsAre("1_0_recipe.json", "1_a_recipe.json")) << "1_x and 10 are other prompts";
  EXPECT_FALSE(review.must_read(last, other_mark)) << "the recipe itself is not read";
  review.set_prompt("1", "hash");
  EXPECT_THAT(take_all(), ElementsAre());
  EXPECT_EQ(review.prompt_hash("1"), "hash");
  review.set_prompt("1", "");
  EXPECT_EQ(review.prompt_hash("1"), "");
}

} // namespace
} // namespace hive
