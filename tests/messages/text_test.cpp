#include "messages/text.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(text, utf8_is_judged_to_the_letter) {
  for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << testing::PrintToString(good);
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
                          "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                          "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "a\xc2"})
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  EXPECT_FALSE(is_utf8(std::string_view{"a\0", 2}));
}

} // namespace
} // namespace hive
