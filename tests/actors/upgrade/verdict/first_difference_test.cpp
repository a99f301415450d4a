#include "actors/upgrade/verdict/first_difference.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

std::string describe(std::string_view a, std::string_view b) {
  auto found = first_difference(a, b);
  return found ? found->pointer + ": " + found->in_first + " | " + found->in_second : "same";
}

TEST(first_difference, is_nothing_between_layouts_of_one_document) {
  EXPECT_EQ(describe(R"({"a":[1,"x",null,true],"b":{}})", R"( { "a" : [1.0, "x", null, true], "b": {} } )"), "same");
}

TEST(first_difference, is_the_first_in_the_documents_order) {
  EXPECT_EQ(describe(R"({"a":1,"b":[1,2],"c":0})", R"({"a":1,"b":[1,3],"c":9})"), "/b/1: 2 | 3");
  EXPECT_EQ(describe(R"({"a":{"x/y~":"1"}})", R"({"a":{"x/y~":1}})"), R"(/a/x~1y~0: "1" | 1)");
  EXPECT_EQ(describe(R"({"a":null})", R"({"a":false})"), "/a: null | false");
}

TEST(first_difference, names_what_only_one_side_has) {
  EXPECT_EQ(describe(R"({"a":1,"b":2})", R"({"b":2})"), "/a: 1 | ");
  EXPECT_EQ(describe(R"({"b":2})", R"({"a":1,"b":2})"), "/a:  | 1");
  EXPECT_EQ(describe("[1]", "[1,[2]]"), "/1:  | [2]");
  EXPECT_EQ(describe("[1,2]", "[1]"), "/1: 2 | ");
  EXPECT_EQ(describe(R"({"a":1,"b":2})", R"({"b":2,"a":1})"), ": members in another order | ");
}

TEST(first_difference, shows_the_beginning_of_long_values) {
  auto found = first_difference("\"" + std::string(10'000, 'x') + "\"", "1");
  ASSERT_TRUE(found);
  EXPECT_LT(found->in_first.size(), 400u);
}

TEST(first_difference, lies_between_what_is_no_json_and_everything) {
  EXPECT_EQ(describe("{", "1"), ": { | 1");
}

} // namespace
} // namespace hive
