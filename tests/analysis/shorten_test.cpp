#include "analysis/shorten.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(shorten, texts_are_cut_between_characters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc…");
  EXPECT_EQ(shorten("aé", 2), "a…");
}

} // namespace
} // namespace hive::analysis
