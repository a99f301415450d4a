#include "platform/hex.hpp"

#include <array>
#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(hex, what_was_written_reads_back) {
  std::array<unsigned char, 256> all{};
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<unsigned char>(i);
  auto text = to_hex(all);
  EXPECT_EQ(text.substr(0, 8), "00010203");
  EXPECT_EQ(text.substr(508), "feff");
  std::array<unsigned char, 256> back{};
  EXPECT_TRUE(from_hex(text, back));
  EXPECT_EQ(back, all);
  EXPECT_EQ(to_hex({}), "");
  EXPECT_TRUE(from_hex("", {}));
}

TEST(hex, each_value_has_one_spelling) {
  std::array<unsigned char, 2> out{};
  EXPECT_TRUE(from_hex("0aff", out));
  for (const char* wrong :
       {"", "0", "0af", "0aff0", "0aff00", "0AFF", "0aFf", "0x0a", "0agf", " 0af", "0aff ", "0a f", "0a:f"})
    EXPECT_FALSE(from_hex(wrong, out)) << wrong;
  EXPECT_FALSE(from_hex(std::string_view{"0a\0f", 4}, out));
}

} // namespace
} // namespace hive
