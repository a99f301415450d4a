#include "actors/history/metric_list.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <functional>
#include <gmock/gmock.h>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;

constexpr int64_t day = 86'400'000'000;
constexpr int64_t today = 20'000 * day;

msg<wire::MetricLine> line(const std::string& name, int64_t changed_days_ago = -1, bool worse = false, double p = 0.01,
                           const std::string& adapter = "a") {
  return msg<wire::MetricLine>::build([&](wire::MetricLine::Builder out) {
    out.setAdapter(adapter);
    out.setName(name);
    if (changed_days_ago < 0)
      return;
    auto change = out.initChange();
    change.setAt(today - changed_days_ago * day);
    change.setWorse(worse);
    change.setP(p);
  });
}

using filler = std::function<void(wire::MetricsQuery::Builder)>;

caf::expected<msg<wire::MetricList>> page(
  const metric_list& list, const filler& more = [](auto) {}) {
  return list.page(*msg<wire::MetricsQuery>::build(more), today);
}

std::vector<std::string> names(wire::MetricList::Reader page) {
  std::vector<std::string> out;
  for (auto each : page.getMetrics())
    out.emplace_back(as_view(each.getName()));
  return out;
}

metric_list some() {
  metric_list out;
  for (const auto& each :
       {line("calm"), line("better", 1, false, 0.001), line("bad", 5, true, 0.01), line("worst", 29, true, 0.0001),
        line("long-ago", 31, true, 0), line("also-calm"), line("other", -1, false, 0, "b")})
    out.add(each);
  return out;
}

TEST(metric_list, what_moved_comes_first_by_significance_and_all_else_by_name) {
  auto all = *page(some());
  EXPECT_THAT(names(*all), ElementsAre("worst", "bad", "better", "also-calm", "calm", "long-ago", "other"));
  EXPECT_EQ(all->getTotal(), 7u);
  EXPECT_EQ(all->getMoved(), 3u);
  EXPECT_FALSE(all->getPartial());
  EXPECT_FALSE(all->hasNext());
}

TEST(metric_list, can_be_of_what_moved_of_an_adapter_and_of_other_times) {
  EXPECT_THAT(names(**page(some(), [](auto out) { out.setMoved(true); })), ElementsAre("worst", "bad", "better"));
  EXPECT_THAT(names(**page(some(),
                           [](auto out) {
                             out.setMoved(true);
                             out.setDays(3);
                           })),
              ElementsAre("better"));
  auto other = *page(some(), [](auto out) { out.setAdapter("b"); });
  EXPECT_THAT(names(*other), ElementsAre("other"));
  EXPECT_EQ(other->getTotal(), 1u);
  EXPECT_EQ(other->getMoved(), 0u);
}

TEST(metric_list, pages_hold_each_metric_once) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  metric_list list;
  for (int i = 0; i < 200; ++i)
    list.add(line("m" + std::to_string(i), static_cast<int64_t>(random() % 60) - 10, random() % 2 == 0,
                  static_cast<double>(random() % 5) / 100, random() % 2 == 0 ? "a" : "b"));
  list.set_partial();
  for (uint32_t limit : {1u, 7u, 199u, 200u, 1'000u})
    for (bool moved : {false, true}) {
      std::vector<std::string> seen;
      std::string after;
      do {
        auto part = page(list, [&](auto out) {
          out.setLimit(limit);
          out.setMoved(moved);
          if (!after.empty())
            out.setAfter(after);
        });
        ASSERT_TRUE(part) << text_of(part.error());
        EXPECT_TRUE((*part)->getPartial());
        std::ranges::copy(names(**part), std::back_inserter(seen));
        after = as_view((*part)->getNext());
      } while (!after.empty());
      EXPECT_EQ(seen, names(**page(list, [&](auto out) {
                  out.setLimit(1'000);
                  out.setMoved(moved);
                })));
    }
}

TEST(metric_list, refuses_a_metric_that_it_does_not_have) {
  EXPECT_EQ(code_of(page(some(), [](auto out) { out.setAfter("a.none"); }).error()), ec::invalid);
  EXPECT_THAT(names(**page(some(),
                           [](auto out) {
                             out.setMoved(true);
                             out.setAfter("a.calm");
                           })),
              ElementsAre())
    << "behind all that moved";
}

} // namespace
} // namespace hive
