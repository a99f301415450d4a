#include "apps/hivectl/mcp/line_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace hive::ctl::mcp {
namespace {

using testing::ElementsAre;

struct splitting {
  explicit splitting(size_t most) : splitter{most} {
  }

  void feed(std::string_view bytes) {
    splitter.feed(
      bytes, [this](std::string_view line) { lines.emplace_back(line); }, [this] { lines.emplace_back("<too long>"); });
  }

  line_splitter splitter;
  std::vector<std::string> lines;
};

TEST(mcp_line_splitter, finds_the_same_lines_however_the_bytes_are_split) {
  std::string bytes = "one\n\r\n\ntwo three\r\n123456789012\nfour\n1234567890\n12345678901\nhalf";
  splitting whole{10};
  whole.feed(bytes);
  EXPECT_THAT(whole.lines, ElementsAre("one", "two three", "<too long>", "four", "1234567890", "<too long>"));
  for (size_t piece = 1; piece < bytes.size(); ++piece) {
    splitting parts{10};
    for (size_t at = 0; at < bytes.size(); at += piece)
      parts.feed(std::string_view{bytes}.substr(at, piece));
    EXPECT_EQ(parts.lines, whole.lines) << "pieces of " << piece;
    EXPECT_TRUE(parts.splitter.has_rest());
  }
}

TEST(mcp_line_splitter, keeps_nothing_of_a_line_that_is_too_long) {
  splitting it{4};
  it.feed("12345");
  EXPECT_THAT(it.lines, ElementsAre("<too long>")) << "at once, not at its end";
  for (int i = 0; i < 1'000; ++i)
    it.feed("more of it");
  it.feed("\nok\n");
  EXPECT_THAT(it.lines, ElementsAre("<too long>", "ok"));
  EXPECT_FALSE(it.splitter.has_rest());
}

} // namespace
} // namespace hive::ctl::mcp
