#include "apps/hivectl/text.hpp"

#include "apps/hivectl/documents.hpp"
#include "messages/text.hpp"
#include "tests/support/seed.hpp"

#include <clocale>
#include <gtest/gtest.h>
#include <random>

namespace hive::ctl {
namespace {

std::string utf8(std::string_view text) {
  return printable(text, charset::utf8);
}

TEST(printable, keeps_ordinary_text) {
  EXPECT_EQ(utf8("latency_ms 12.5 \\ \"quoted\""), "latency_ms 12.5 \\ \"quoted\"");
  EXPECT_EQ(utf8("Müller — 測定 ✓ 🐝"), "Müller — 測定 ✓ 🐝");
}

TEST(printable, shows_controls_instead_of_sending_them) {
  EXPECT_EQ(utf8("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(utf8("\x1b[2J\x1b]0;owned\x07"), "\\x1b[2J\\x1b]0;owned\\x07");
  EXPECT_EQ(utf8(std::string_view{"a\0b", 3}), "a\\x00b");
  EXPECT_EQ(utf8("\x7f"), "\\x7f");
}

TEST(printable, shows_c1_controls_which_some_terminals_obey) {
  EXPECT_EQ(utf8("\xc2\x9b"
                 "31m"),
            "\\u{9b}31m");
}

TEST(printable, shows_marks_that_reorder_or_hide_text) {
  EXPECT_EQ(utf8("a\u202eb"), "a\\u{202e}b");
  EXPECT_EQ(utf8("a\u2066b\u200b\ufeff\u2028"), "a\\u{2066}b\\u{200b}\\u{feff}\\u{2028}");
  EXPECT_EQ(utf8("\U000e0041"), "\\u{e0041}");
}

TEST(printable, shows_bytes_that_are_not_utf8) {
  EXPECT_EQ(utf8("a\xff"
                 "b\x80"),
            "a\\xffb\\x80");
  EXPECT_EQ(utf8("\xc0\x9b"), "\\xc0\\x9b") << "an overlong form must not smuggle a control through";
  EXPECT_EQ(utf8("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");
  EXPECT_EQ(utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(utf8("\xe2\x82"), "\\xe2\\x82") << "cut short";
}

TEST(printable, in_ascii_locale_is_ascii) {
  EXPECT_EQ(printable("5 µs ✓", charset::ascii), "5 ?s ?");
  EXPECT_EQ(printable("a\u202e\xff\n", charset::ascii), "a\\u{202e}\\xff\\n");
}

TEST(printable, of_random_bytes_has_no_controls_and_is_utf8) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  std::uniform_int_distribution<int> byte{0, 255};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += static_cast<char>(byte(random));
    auto safe = utf8(text);
    ASSERT_TRUE(is_utf8(safe));
    for (char c : safe)
      ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    ASSERT_EQ(safe.find("\xc2\x9b"), std::string::npos);
    ASSERT_EQ(utf8(safe), safe) << "what is safe stays as it is";
    for (char c : printable(text, charset::ascii))
      ASSERT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(printable_json, escapes_and_means_the_same) {
  std::string document = "{\n  \"k\": \"a\u202eb\u007f\u009b\ufeffµ\"\n}";
  auto safe = printable_json(document);
  EXPECT_EQ(safe, "{\n  \"k\": \"a\\u202eb\\u007f\\u009b\\ufeffµ\"\n}");
  EXPECT_EQ(text_members(safe)->at("k"), text_members(document)->at("k"));
}

TEST(printable_json, escapes_beyond_sixteen_bits_as_a_pair) {
  EXPECT_EQ(printable_json("[\"\U000e0041\"]"), "[\"\\udb40\\udc41\"]");
}

/// Beyond ASCII, widths depend on the locale.
class columns_test : public testing::Test {
protected:
  void SetUp() override {
    if (!std::setlocale(LC_CTYPE, "C.UTF-8"))
      GTEST_SKIP() << "the locale C.UTF-8 is missing";
  }
  void TearDown() override {
    std::setlocale(LC_CTYPE, "C");
  }
};

TEST_F(columns_test, count_what_a_terminal_shows) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("µs"), 2U);
  EXPECT_EQ(columns_of("測定"), 4U) << "wide characters take two";
  EXPECT_EQ(columns_of("e\u0301"), 1U) << "combining characters take none";
}

TEST_F(columns_test, cut_leaves_what_fits) {
  EXPECT_EQ(cut_to_columns("abcdef", 6, charset::utf8), "abcdef");
  EXPECT_EQ(cut_to_columns("abcdefg", 6, charset::utf8), "abcde…");
  EXPECT_EQ(cut_to_columns("abcdefg", 6, charset::ascii), "abc...");
  EXPECT_EQ(cut_to_columns("測定測定", 6, charset::utf8), "測定…") << "half a wide character is none";
}

TEST_F(columns_test, locale_tells_the_charset) {
  EXPECT_EQ(charset_of_locale(), charset::utf8);
  std::setlocale(LC_CTYPE, "C");
  EXPECT_EQ(charset_of_locale(), charset::ascii);
}

} // namespace
} // namespace hive::ctl
