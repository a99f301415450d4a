#include "actors/events/event_log.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <random>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t base = 3'000'000'000;

msg<wire::Event> event(wire::EventKind kind) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) { out.setKind(kind); });
}

event_log filled(size_t events, size_t capacity) {
  event_log out{3, capacity};
  for (size_t i = 0; i < events; ++i)
    out.add(event(i % 2 == 0 ? wire::EventKind::CAPTURE : wire::EventKind::VERDICT), static_cast<int64_t>(1000 + i));
  return out;
}

/// Event ids relative to the base; missed events appear as minus their count.
std::vector<int64_t> ids(const event_log::page& page) {
  std::vector<int64_t> out;
  for (const auto& each : page.events)
    out.push_back(each->getKind() == wire::EventKind::MISSED ? -static_cast<int64_t>(each->getMissed().getCount())
                                                             : static_cast<int64_t>(each->getId() - base));
  return out;
}

TEST(event_log, numbers_events_and_sets_their_time) {
  auto log = filled(2, 10);
  auto page = log.read(0, {}, 10);
  ASSERT_THAT(ids(page), ElementsAre(1, 2));
  EXPECT_EQ(page.events[1]->getTime(), 1001);
  EXPECT_EQ(page.events[1]->getKind(), wire::EventKind::VERDICT);
  EXPECT_EQ(page.position, base + 2);
}

TEST(event_log, a_new_reader_may_begin_behind_the_newest) {
  auto log = filled(3, 10);
  auto page = log.read(-1, {}, 10);
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_EQ(page.position, base + 3);
  EXPECT_EQ(event_log(3, 10).read(-1, {}, 10).position, base);
  EXPECT_EQ(event_log(3, 10).read(0, {}, 10).position, base) << "nothing is kept yet";
}

TEST(event_log, pages_follow_each_other_without_gap_and_without_repeating) {
  auto log = filled(10, 10);
  std::vector<int64_t> seen;
  int64_t position = 0;
  for (int i = 0; i < 6; ++i) {
    auto page = log.read(position, {}, 3);
    for (auto id : ids(page))
      seen.push_back(id);
    position = page.position;
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(event_log, who_falls_behind_learns_how_many_it_missed_and_goes_on_with_the_oldest) {
  auto log = filled(10, 4);
  EXPECT_THAT(ids(log.read(base + 2, {}, 2)), ElementsAre(-4, 7, 8));
  EXPECT_EQ(log.read(base + 2, {}, 2).events[0]->getId(), base + 6) << "who reconnects behind it misses nothing more";
  EXPECT_THAT(ids(log.read(base + 6, {}, 9)), ElementsAre(7, 8, 9, 10)) << "the last one that is not missed";
  EXPECT_THAT(ids(log.read(base + 5, {}, 9)), ElementsAre(-1, 7, 8, 9, 10));
  EXPECT_THAT(ids(log.read(base, {}, 9)), ElementsAre(-6, 7, 8, 9, 10)) << "a reader of the time before the first";
  EXPECT_THAT(ids(log.read(0, {}, 9)), ElementsAre(7, 8, 9, 10)) << "all that is kept was asked for";
}

TEST(event_log, a_position_of_another_life_of_the_node_misses_an_unknown_number) {
  auto log = filled(2, 4);
  for (int64_t position : {int64_t{1}, int64_t{2'000'000'017}, int64_t(base) + 3, int64_t{9'000'000'001},
                           std::numeric_limits<int64_t>::max()}) {
    auto page = log.read(position, {}, 9);
    EXPECT_THAT(ids(page), ElementsAre(0, 1, 2)) << position;
    EXPECT_EQ(page.events[0]->getKind(), wire::EventKind::MISSED);
    EXPECT_EQ(page.position, base + 2);
  }
  auto page = event_log(3, 4).read(2'000'000'017, {}, 9);
  EXPECT_THAT(ids(page), ElementsAre(0)) << "also before anything has happened";
  EXPECT_THAT(ids(event_log(3, 4).read(page.position, {}, 9)), IsEmpty()) << "and once only";
}

TEST(event_log, kinds_are_left_out_but_not_what_was_missed) {
  auto log = filled(10, 6);
  EXPECT_THAT(ids(log.read(0, {wire::EventKind::CAPTURE}, 9)), ElementsAre(5, 7, 9));
  EXPECT_THAT(ids(log.read(base + 1, {wire::EventKind::CAPTURE}, 2)), ElementsAre(-3, 5, 7));
  auto none = log.read(0, {wire::EventKind::MEMBERSHIP}, 9);
  EXPECT_THAT(ids(none), IsEmpty());
  EXPECT_EQ(none.position, base + 10) << "what was left out is not looked at again";
}

TEST(event_log, ids_of_a_later_epoch_are_higher) {
  event_log later{4, 2};
  later.add(event(wire::EventKind::CAPTURE), 1);
  EXPECT_GT(later.newest(), filled(10, 2).newest());
}

TEST(event_log, any_reader_gets_each_event_once_or_is_told_that_it_missed_it) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int run = 0; run < 200; ++run) {
    event_log log{3, 1 + random() % 8};
    auto position = log.read(-1, {}, 1).position;
    uint64_t added = 0, got = 0, missed = 0, last = base;
    for (int step = 0; step < 200; ++step) {
      for (auto more = random() % 5; more > 0; --more, ++added)
        log.add(event(wire::EventKind::CAPTURE), 1);
      if (random() % 3 != 0)
        continue;
      auto page = log.read(position, {}, 1 + random() % 4);
      position = page.position;
      for (const auto& each : page.events) {
        if (each->getKind() == wire::EventKind::MISSED)
          missed += each->getMissed().getCount();
        else
          ++got;
        ASSERT_GT(each->getId(), last);
        last = each->getId();
      }
      ASSERT_EQ(got + missed, static_cast<uint64_t>(position) - base);
    }
    auto rest = log.read(position, {}, 1000);
    for (const auto& each : rest.events)
      (each->getKind() == wire::EventKind::MISSED ? missed += each->getMissed().getCount() : ++got);
    ASSERT_EQ(got + missed, added);
  }
}

} // namespace
} // namespace hive
