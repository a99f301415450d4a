#include "actors/engine_client/joined_records.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::RecordTasks> records_named(const std::vector<std::string>& tools) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto list = out.initTasks(static_cast<uint32_t>(tools.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setTaskType("task");
      list[i].setToolName(tools[i]);
    }
  });
}

using lines = std::vector<uint32_t>;

msg<wire::TasksRecorded> answer_with(uint32_t recorded, const lines& duplicates, const lines& rejected) {
  return msg<wire::TasksRecorded>::build([&](wire::TasksRecorded::Builder out) {
    out.setRecorded(recorded);
    out.setDuplicates(static_cast<uint32_t>(duplicates.size()));
    out.setDuplicateLines({duplicates.data(), duplicates.size()});
    auto list = out.initRejected(static_cast<uint32_t>(rejected.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setLine(rejected[i]);
      list[i].setReason("reason of " + std::to_string(rejected[i]));
    }
  });
}

TEST(joined_records, split_the_answer_so_that_each_message_gets_what_became_of_its_own_records) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 500; ++round) {
    joined_records joined;
    std::vector<size_t> sizes;
    lines duplicates, rejected;
    uint32_t place = 0;
    for (auto messages = 2 + random() % 5; messages > 0; --messages) {
      std::vector<std::string> tools;
      for (auto count = 1 + random() % 4; count > 0; --count) {
        tools.push_back("tool" + std::to_string(++place));
        if (auto what = random() % 4; what == 0)
          duplicates.push_back(place);
        else if (what == 1)
          rejected.push_back(place);
      }
      sizes.push_back(tools.size());
      joined.add(records_named(tools));
    }
    auto recorded = place - static_cast<uint32_t>(duplicates.size() + rejected.size());
    auto sent = joined.message();
    ASSERT_EQ(sent->getTasks().size(), place);
    for (uint32_t i = 0; i < place; ++i)
      ASSERT_EQ(as_view(sent->getTasks()[i].getToolName()), "tool" + std::to_string(i + 1));
    auto split = joined.split(answer_with(recorded, duplicates, rejected));
    ASSERT_TRUE(split) << text_of(split.error());
    ASSERT_EQ(split->size(), sizes.size());
    lines got_duplicates, got_rejected;
    uint32_t before = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      auto each = *(*split)[i];
      for (auto line : each.getDuplicateLines())
        got_duplicates.push_back(before + line);
      for (auto refused : each.getRejected()) {
        got_rejected.push_back(before + refused.getLine());
        EXPECT_EQ(as_view(refused.getReason()), "reason of " + std::to_string(got_rejected.back()));
      }
      EXPECT_EQ(each.getDuplicates(), each.getDuplicateLines().size());
      EXPECT_EQ(each.getRecorded() + each.getDuplicates() + each.getRejected().size(), sizes[i]);
      before += static_cast<uint32_t>(sizes[i]);
    }
    EXPECT_EQ(got_duplicates, duplicates);
    EXPECT_EQ(got_rejected, rejected);
  }
}

TEST(joined_records, a_message_alone_stays_what_it_is) {
  joined_records joined;
  auto only = records_named({"a", "b"});
  joined.add(only);
  EXPECT_EQ(joined.message().bytes().data(), only.bytes().data());
  auto answer = answer_with(1, {2}, {});
  auto split = joined.split(answer);
  ASSERT_TRUE(split);
  ASSERT_EQ(split->size(), 1U);
  EXPECT_EQ(split->front().bytes().data(), answer.bytes().data());
}

TEST(joined_records, an_answer_that_leaves_open_what_became_of_a_record_is_refused) {
  joined_records joined;
  joined.add(records_named({"a"}));
  joined.add(records_named({"b", "c"}));
  auto refused = [&](const msg<wire::TasksRecorded>& answer, const char* why) {
    auto split = joined.split(answer);
    ASSERT_FALSE(split) << why;
    EXPECT_EQ(code_of(split.error()), ec::malformed);
    EXPECT_THAT(text_of(split.error()), HasSubstr(why));
  };
  refused(answer_with(2, {}, {}), "3 records");
  refused(answer_with(2, {4}, {}), "line 4");
  refused(answer_with(2, {}, {0}), "line 0");
  refused(answer_with(1, {2}, {2}), "line 2");
  refused(answer_with(1, {2, 2}, {}), "line 2");
  refused(msg<wire::TasksRecorded>::build([](wire::TasksRecorded::Builder out) {
            out.setRecorded(2);
            out.setDuplicates(1); // a node that does not say which
          }),
          "3 records");
}

} // namespace
} // namespace hive
