#include "actors/review/review_options.hpp"

#include "messages/ec.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::StartsWith;

/// The refusal of options with this change.
template <class Change>
std::string refusal(Change change) {
  review_options options;
  change(options);
  auto error = options.validate();
  EXPECT_EQ(code_of(error), ec::invalid);
  return text_of(error);
}

TEST(review_options_test, are_checked) {
  EXPECT_FALSE(review_options{}.validate());
  EXPECT_THAT(refusal([](auto& o) { o.tests = {"", "x"}; }), StartsWith("tests"));
  EXPECT_THAT(refusal([](auto& o) { o.guardian = {""}; }), StartsWith("guardian"));
  EXPECT_THAT(refusal([](auto& o) { o.timeout = {}; }), StartsWith("timeout_s"));
  EXPECT_THAT(refusal([](auto& o) { o.results_file = "x.xml"; }), StartsWith("results_file"));
  EXPECT_THAT(refusal([](auto& o) {
                o.tests = {"t"};
                o.results_file = "../x";
                o.format = test_format::junit;
              }),
              StartsWith("results_file"));
  EXPECT_THAT(refusal([](auto& o) {
                o.tests = {"t"};
                o.results_file = "x";
                o.format = test_format::pytest;
              }),
              StartsWith("results_file"));
  EXPECT_THAT(refusal([](auto& o) { o.read_only = {"opt"}; }), StartsWith("read_only"));
  EXPECT_THAT(refusal([](auto& o) { o.read_only = {"/opt/../etc"}; }), StartsWith("read_only"));
  EXPECT_THAT(refusal([](auto& o) { o.manifest = "g.json"; }), StartsWith("manifest"));
  EXPECT_THAT(refusal([](auto& o) { o.public_key = "/k"; }), StartsWith("public_key"));
  EXPECT_THAT(refusal([](auto& o) {
                o.manifest = "/g.json";
                o.public_key = "/k";
              }),
              StartsWith("manifest"));
  EXPECT_THAT(refusal([](auto& o) { o.prompts = "../prompts"; }), StartsWith("prompts"));
}

TEST(review_options_test, inner_paths_have_one_spelling) {
  for (const auto* path : {"a", "a/b.c", "..a/b", ".hidden"})
    EXPECT_TRUE(is_inner_path(path)) << path;
  for (const auto* path : {"", "/a", "a/", "a//b", ".", "./a", "a/../b", ".."})
    EXPECT_FALSE(is_inner_path(path)) << path;
}

} // namespace
} // namespace hive
