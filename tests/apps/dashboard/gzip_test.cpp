#include "apps/dashboard/gzip.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(gzip, gives_back_what_was_compressed) {
  for (size_t size : {0, 1, 1000, 65'536, 3'000'000}) {
    std::string plain;
    for (size_t i = 0; i < size; ++i)
      plain += static_cast<char>(i * i % 251);
    auto compressed = to_gzip(plain);
    ASSERT_TRUE(compressed) << size;
    EXPECT_EQ(compressed->substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(compressed->substr(4, 4), std::string(4, '\0')) << "a time would make equal files differ";
    auto back = from_gzip(*compressed);
    ASSERT_TRUE(back) << size;
    EXPECT_TRUE(*back == plain) << size;
  }
}

TEST(gzip, what_is_cut_damaged_or_too_long_is_refused) {
  auto whole = *to_gzip(std::string(10'000, 'x') + "end");
  for (size_t size : {size_t{0}, size_t{1}, whole.size() / 2, whole.size() - 1})
    EXPECT_EQ(code_of(from_gzip(whole.substr(0, size)).error()), ec::corrupt) << size;
  auto damaged = whole;
  damaged[damaged.size() - 6] ^= 1; // its checksum
  EXPECT_EQ(code_of(from_gzip(damaged).error()), ec::corrupt);
  EXPECT_EQ(code_of(from_gzip(whole + "x").error()), ec::corrupt);
  EXPECT_EQ(code_of(from_gzip("no gzip").error()), ec::corrupt);
  EXPECT_EQ(code_of(from_gzip(*to_gzip(std::string(17 << 20, 'x'))).error()), ec::corrupt);
}

} // namespace
} // namespace hive
