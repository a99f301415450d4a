#include "apps/hivectl/documents.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

TEST(text_members, are_those_of_the_top_that_are_text) {
  auto members = text_members(R"({"version": "v1", "metrics": {"detail": "inner"}, "n": 1, "none": null})");
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, (std::map<std::string, std::string>{{"version", "v1"}}));
}

TEST(text_members, refuse_what_is_no_json_object) {
  std::string deep(10'000, '[');
  for (std::string text : {"", "[]", "1", "{", "{\"a\":", "\xff", "<html></html>", deep.c_str()}) {
    auto members = text_members(text);
    ASSERT_FALSE(members) << text.substr(0, 20);
    EXPECT_EQ(code_of(members.error()), ec::malformed);
    EXPECT_FALSE(text_of(members.error()).empty());
  }
}

TEST(with_member, replaces_in_place_and_keeps_the_rest) {
  auto changed = with_member(R"({"a":1.25,"version":"old","b":[null,true,"x"],"c":1e300})", "version", "new");
  ASSERT_TRUE(changed);
  EXPECT_EQ(*changed, R"({"a":1.25,"version":"new","b":[null,true,"x"],"c":1e300})");
}

TEST(with_member, adds_what_was_not_there) {
  EXPECT_EQ(*with_member("{}", "version", "v\"1"), R"({"version":"v\"1"})");
  EXPECT_EQ(*with_member(R"({"a":1})", "version", "v1"), R"({"a":1,"version":"v1"})");
}

TEST(with_member, keeps_every_digit_of_a_number) {
  auto changed = with_member(R"({"x":0.1234567890123456,"version":""})", "version", "v");
  ASSERT_TRUE(changed);
  EXPECT_EQ(std::stod(changed->substr(changed->find(':') + 1)), 0.1234567890123456) << *changed;
}

TEST(with_member, refuses_what_is_no_json_object) {
  EXPECT_FALSE(with_member("[]", "version", "v"));
}

} // namespace
} // namespace hive::ctl
