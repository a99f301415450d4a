#include "apps/hivectl/event_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(event_reader, gives_the_data_of_each_event_however_the_stream_is_cut) {
  const std::string stream = "retry: 1000\n\n: still here\nid: 7\n\nid: 8\nevent: capture\ndata: {\"a\":1}\n\n"
                             "id: 9\r\ndata:two\r\ndata: lines\r\n\r\nunknown: x\ndata\n\n";
  for (size_t step = 1; step <= stream.size(); ++step) {
    event_reader reader;
    std::vector<std::string> complete;
    for (size_t at = 0; at < stream.size(); at += step)
      ASSERT_TRUE(reader.take(std::string_view{stream}.substr(at, step), complete));
    ASSERT_THAT(complete, ElementsAre("{\"a\":1}", "two\nlines", "")) << "in steps of " << step;
    ASSERT_EQ(reader.last_id(), "9");
  }
}

TEST(event_reader, an_id_counts_once_its_event_is_complete) {
  event_reader reader;
  std::vector<std::string> complete;
  ASSERT_TRUE(reader.take("id: 7\n\nid: 8\ndata: half", complete));
  EXPECT_THAT(complete, IsEmpty());
  EXPECT_EQ(reader.last_id(), "7");
  reader.begin_again();
  ASSERT_TRUE(reader.take("data: whole\n\n", complete));
  EXPECT_THAT(complete, ElementsAre("whole"));
  EXPECT_EQ(reader.last_id(), "7");
}

TEST(event_reader, an_event_without_end_is_refused) {
  event_reader reader;
  std::vector<std::string> complete;
  const std::string line = "data: " + std::string(1'000'000, 'x') + "\n";
  bool taken = true;
  for (int i = 0; i < 10 && taken; ++i)
    taken = reader.take(line, complete);
  EXPECT_FALSE(taken);
  event_reader other;
  taken = true;
  for (int i = 0; i < 10 && taken; ++i)
    taken = other.take(std::string(1'000'000, 'x'), complete);
  EXPECT_FALSE(taken) << "not even a line of it";
}

} // namespace
} // namespace hive::ctl
