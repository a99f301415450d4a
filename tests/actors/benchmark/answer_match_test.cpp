#include "actors/benchmark/answer_match.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(answer_match, texts_match_without_regard_to_form) {
  for (auto given : {"Paris", " paris\n", "PARIS.", "\"Paris\"", "**Paris**", "(paris)!", "'Paris'."})
    EXPECT_TRUE(answers_match("Paris", given)) << given;
  EXPECT_TRUE(answers_match("new  york", "New\nYork"));
  EXPECT_TRUE(answers_match("Köln", "Köln"));
}

TEST(answer_match, other_texts_do_not) {
  for (auto given : {"", " ", ".", "London", "It is Paris", "Paris London", "Pari", "42"})
    EXPECT_FALSE(answers_match("Paris", given)) << given;
  EXPECT_FALSE(answers_match("", ""));
}

TEST(answer_match, punctuation_alone_matches_as_it_is) {
  for (auto given : {"*", " *\n", "`*`", "\"*\"", "'*'.", "*."})
    EXPECT_TRUE(answers_match("*", given)) << given;
  for (auto given : {"", " ", "**", "/", "multiply", "* is the operator"})
    EXPECT_FALSE(answers_match("*", given)) << given;
  EXPECT_TRUE(answers_match("**", "`**`"));
  EXPECT_FALSE(answers_match("**", "*"));
  EXPECT_TRUE(answers_match("...", "..."));
  EXPECT_TRUE(answers_match("\"", "\""));
  EXPECT_TRUE(answers_match("[]", "[]"));
  EXPECT_FALSE(answers_match("[]", "()"));
  EXPECT_FALSE(answers_match(" ", " "));
  EXPECT_FALSE(answers_match("?", "."));
}

TEST(answer_match, numbers_match_by_value) {
  for (auto given : {"0.5", ".5", "0.50", "5e-1", "+0.5", "`0.5`", "0.5.", "0.50000000001"})
    EXPECT_TRUE(answers_match("0.5", given)) << given;
  EXPECT_TRUE(answers_match("-3", "-3.0"));
  EXPECT_TRUE(answers_match("0", "-0.0"));
  EXPECT_TRUE(answers_match("1e300", "1e300"));
}

TEST(answer_match, other_numbers_do_not) {
  for (auto given : {"5", "0.51", "-0.5", "0.5 m", "1/2", "0.5000001", "half"})
    EXPECT_FALSE(answers_match("0.5", given)) << given;
  EXPECT_FALSE(answers_match("0", "1e-12"));
}

TEST(answer_match, words_that_parse_as_numbers_are_words) {
  EXPECT_TRUE(answers_match("nan", "NaN"));
  EXPECT_TRUE(answers_match("inf", "Inf."));
  EXPECT_FALSE(answers_match("inf", "1e999"));
}

} // namespace
} // namespace hive
