#include "actors/events/events.hpp"

#include "tests/support/test_system.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace std::chrono_literals;

struct events_fixture : testing::Test {
  test_system nodes;
  events_actor log = spawn_events(nodes.system(), {.epoch = 1, .kept = 8});

  ~events_fixture() override {
    caf::anon_send_exit(log, caf::exit_reason::kill);
  }

  void happen(wire::EventKind kind = wire::EventKind::CAPTURE) {
    caf::anon_send(log, msg<wire::Event>::build([&](wire::Event::Builder out) { out.setKind(kind); }));
  }

  event_log::page read(int64_t position, std::chrono::milliseconds wait = 1h, event_kinds kinds = {}) {
    auto page = nodes.ask<event_log::page>(log, read_events{position, std::move(kinds), wait});
    EXPECT_TRUE(page) << text_of(page.error());
    return page ? *page : event_log::page{};
  }
};

TEST_F(events_fixture, a_reader_learns_at_once_where_now_is) {
  happen();
  EXPECT_EQ(read(-1).position, 1'000'000'001);
}

TEST_F(events_fixture, a_reader_waits_for_the_next_event_of_its_kinds) {
  auto position = read(-1).position;
  caf::scoped_actor other{nodes.system()};
  auto answer = other->request(log, answer_timeout, read_events{position, {wire::EventKind::VERDICT}, 1h});
  read(position, 1ms); // sent after the other reader's request, which is therefore waiting by now
  happen();
  happen(wire::EventKind::VERDICT);
  answer.receive(
    [&](const event_log::page& page) {
      ASSERT_EQ(page.events.size(), 1u);
      EXPECT_EQ(page.events[0]->getKind(), wire::EventKind::VERDICT);
      EXPECT_EQ(page.position, position + 2);
    },
    [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
}

TEST_F(events_fixture, a_reader_that_waited_long_enough_is_told_how_far_it_is) {
  auto position = read(-1).position;
  happen();
  auto page = read(position, 1ms, {wire::EventKind::VERDICT});
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.position, position + 1) << "past what it does not want";
}

TEST_F(events_fixture, readers_above_the_limit_are_refused_and_the_others_served) {
  auto position = read(-1).position;
  for (size_t i = 0; i < defaults::max_event_readers; ++i)
    caf::anon_send(log, read_events{position, {}, 1h});
  auto refused = nodes.ask<event_log::page>(log, read_events{position, {}, 1h});
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  happen();
  EXPECT_EQ(read(position).events.size(), 1u);
  EXPECT_TRUE(read(position + 1, 1ms).events.empty()) << "those that waited have their answer, so there is room";
}

} // namespace
} // namespace hive
