#include "actors/history/change_list.hpp"

#include "messages/text.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;

msg<wire::HistoryChange> change(const std::string& metric, int64_t at, uint64_t capture, bool worse = true,
                                wire::ChangeKind kind = wire::ChangeKind::STEP) {
  return msg<wire::HistoryChange>::build([&](wire::HistoryChange::Builder out) {
    out.setAdapter("a");
    out.setMetric(metric);
    out.setAt(at);
    out.setCaptureId(capture);
    out.setWorse(worse);
    out.setKind(kind);
  });
}

caf::expected<msg<wire::ChangeList>> page(const change_list& list, uint32_t limit = 1'000,
                                          const std::string& after = {}, bool worse = false) {
  return list.page(*msg<wire::ChangesQuery>::build([&](wire::ChangesQuery::Builder out) {
    out.setLimit(limit);
    if (!after.empty())
      out.setAfter(after);
    out.setWorse(worse);
  }));
}

std::vector<std::string> metrics(wire::ChangeList::Reader page) {
  std::vector<std::string> out;
  for (auto each : page.getChanges())
    out.emplace_back(as_view(each.getMetric()));
  return out;
}

TEST(change_list, is_by_time_then_by_capture_then_by_metric_and_kind) {
  change_list list{100};
  list.add({change("late", 30, 3)});
  list.add({change("old-import", 10, 9), change("b", 20, 2)});
  list.add({change("a", 20, 2, true, wire::ChangeKind::VARIANCE), change("a", 20, 2)});
  list.add({change("same-time", 20, 4)});
  list.finish();
  auto all = *page(list);
  EXPECT_THAT(metrics(*all), ElementsAre("late", "same-time", "a", "a", "b", "old-import"));
  EXPECT_EQ(all->getChanges()[2].getKind(), wire::ChangeKind::STEP);
  EXPECT_EQ(all->getMetrics(), 4u);
  EXPECT_FALSE(all->getPartial());
  EXPECT_FALSE(all->hasNext());
}

TEST(change_list, is_the_same_whatever_the_order_in_which_it_was_filled) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  std::vector<msg<wire::HistoryChange>> changes;
  for (int i = 0; i < 300; ++i)
    changes.push_back(change("m" + std::to_string(i), static_cast<int64_t>(random() % 20), random() % 5));
  std::string first;
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(changes, random);
    change_list list{100};
    for (const auto& each : changes)
      list.add({each});
    list.finish();
    auto all = *page(list);
    EXPECT_EQ(all->getChanges().size(), 100u);
    EXPECT_TRUE(all->getPartial());
    if (round == 0)
      first = all.bytes();
    EXPECT_EQ(all.bytes(), first);
  }
}

TEST(change_list, pages_hold_each_entry_once) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  change_list list{1'000};
  size_t worse = 0;
  for (int i = 0; i < 200; ++i) {
    bool is_worse = random() % 3 == 0;
    worse += is_worse;
    list.add({change("m" + std::to_string(i), static_cast<int64_t>(random() % 20), random() % 5, is_worse)});
  }
  list.finish();
  for (bool only_worse : {false, true})
    for (uint32_t limit : {1u, 7u, 199u, 200u}) {
      std::vector<std::string> seen;
      std::string after;
      do {
        auto part = page(list, limit, after, only_worse);
        ASSERT_TRUE(part) << text_of(part.error());
        std::ranges::copy(metrics(**part), std::back_inserter(seen));
        after = as_view((*part)->getNext());
      } while (!after.empty());
      EXPECT_EQ(seen, metrics(**page(list, 1'000, {}, only_worse)));
      EXPECT_EQ(seen.size(), only_worse ? worse : 200);
    }
}

TEST(change_list, refuses_a_place_at_which_no_page_ends) {
  change_list list{10};
  list.finish();
  for (const auto* after : {"x", "1", "1-2", "1-2-", "1-2-3x", "1--2-3", "99999999999999999999-1-1"})
    EXPECT_EQ(code_of(page(list, 10, after).error()), ec::invalid) << after;
  EXPECT_TRUE(page(list, 10, "1-2-3")) << "which may have been deleted";
}

} // namespace
} // namespace hive
