#include "gpu/probe_watch.hpp"

#include "messages/json.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// A watch with a clock of its own.
class probe_watch_test : public testing::Test {
protected:
  using time_point = probe_watch::time_point;

  /// A line about a poll that began so long ago.
  std::string line(std::chrono::milliseconds age = 0ms, const std::string& driver = "1") const {
    auto begin = std::chrono::duration_cast<std::chrono::microseconds>((now - age).time_since_epoch()).count();
    return to_json(msg<wire::GpuReport>::build([&](wire::GpuReport::Builder out) {
             out.setMonotonicUs(static_cast<uint64_t>(begin));
             out.setLibrary("libnvidia-ml.so.1");
             out.setLibraryState(wire::GpuLibraryState::USABLE);
             out.setDriver(driver);
           })) +
           "\n";
  }

  void start() {
    ASSERT_TRUE(watch.tick(now).start);
    watch.started(now);
  }

  void report() {
    ASSERT_EQ(watch.feed(line(), now).reports.size(), 1u);
    ASSERT_TRUE(watch.latest());
  }

  /// Lets time pass in steps, as its owner does; the steps' outputs in one.
  probe_step pass(std::chrono::steady_clock::duration time) {
    probe_step out;
    for (auto end = now + time; now < end && !out.start && !out.kill && !out.leave;) {
      now = std::max(now + 1ms, std::min(end, watch.next_tick()));
      auto step = watch.tick(now);
      out.start |= step.start;
      out.kill |= step.kill;
      out.leave |= step.leave;
      if (step.unknown)
        out.unknown = step.unknown;
    }
    return out;
  }

  time_point now{1000h};
  probe_watch watch{now};
};

TEST_F(probe_watch_test, knows_nothing_before_the_first_report) {
  EXPECT_FALSE(watch.latest());
  EXPECT_EQ(watch.unknown_reason(), "the GPU probe has not reported yet");
  start();
  EXPECT_FALSE(watch.latest());
  EXPECT_EQ(pass(2s).unknown, "the GPU probe has been silent for 2 s");
}

TEST_F(probe_watch_test, reads_lines_in_any_pieces) {
  start();
  auto text = line(0ms, "1") + line(0ms, "2");
  std::vector<std::string> drivers;
  for (char c : text)
    for (const auto& report : watch.feed(std::string_view{&c, 1}, now).reports)
      drivers.emplace_back(report->getDriver().cStr());
  EXPECT_THAT(drivers, testing::ElementsAre("1", "2"));
  EXPECT_EQ(watch.feed(text + text, now).reports.size(), 4u);
  EXPECT_EQ(watch.unknown_reason(), "");
}

TEST_F(probe_watch_test, silence_makes_unknown_and_a_report_known_again) {
  start();
  report();
  now += 1999ms;
  EXPECT_FALSE(watch.tick(now).unknown);
  EXPECT_TRUE(watch.latest());
  now += 1ms;
  EXPECT_EQ(watch.tick(now).unknown, "the GPU probe has been silent for 2 s");
  EXPECT_FALSE(watch.latest());
  EXPECT_FALSE(watch.tick(now).unknown) << "it is told once";
  EXPECT_FALSE(pass(5s).kill);
  report();
  EXPECT_EQ(watch.unknown_reason(), "");
}

TEST_F(probe_watch_test, half_a_line_is_silence) {
  start();
  report();
  now += 1s;
  watch.feed("{\"time\":", now);
  EXPECT_EQ(pass(1s).unknown, "the GPU probe has been silent for 2 s");
}

TEST_F(probe_watch_test, a_report_that_waited_is_no_news) {
  start();
  report();
  now += 100ms;
  auto step = watch.feed(line(2500ms), now);
  EXPECT_TRUE(step.reports.empty());
  EXPECT_EQ(step.unknown, "the GPU probe's newest report is 2.5 s old");
  EXPECT_FALSE(watch.latest());
  // A fresh one behind it counts.
  EXPECT_EQ(watch.feed(line(2500ms) + line(), now).reports.size(), 1u);
  EXPECT_TRUE(watch.latest());
}

TEST_F(probe_watch_test, polls_that_take_too_long_are_no_reason_to_kill) {
  start();
  for (int i = 0; i < 20; ++i) {
    auto step = pass(3s);
    EXPECT_FALSE(step.kill);
    EXPECT_TRUE(watch.feed(line(3s), now).reports.empty());
    EXPECT_FALSE(watch.latest());
  }
}

TEST_F(probe_watch_test, a_silent_probe_is_killed_and_started_again) {
  start();
  report();
  auto step = pass(2s);
  EXPECT_FALSE(step.kill);
  step = pass(10s);
  EXPECT_TRUE(step.kill);
  EXPECT_THAT(watch.unknown_reason(), HasSubstr("silent for 10 s"));
  EXPECT_TRUE(watch.feed(line(), now).reports.empty()) << "what a killed probe still says";
  now += 1ms;
  watch.ended("SIGKILL", now);
  EXPECT_TRUE(pass(1s).start);
}

TEST_F(probe_watch_test, malformed_lines_name_the_fault) {
  struct {
    std::string line;
    std::string why;
  } cases[]{{"nonsense\n", "malformed line"},
            {"\n", "malformed line"},
            {"[]\n", "malformed line"},
            {"{\"library\":\"x\",\"devices\":[{\"index\":-1}]}\n", "/devices/0/index"},
            {"{\"library\":\"x\",\"surprise\":1}\n", "surprise"},
            {std::string("\0\xff\n", 3), "malformed line"}};
  for (const auto& [bad, why] : cases) {
    SCOPED_TRACE(bad);
    probe_watch fresh{now};
    ASSERT_TRUE(fresh.tick(now).start);
    fresh.started(now);
    ASSERT_TRUE(fresh.feed(line(), now).unknown == std::nullopt);
    auto step = fresh.feed(bad + line(), now);
    EXPECT_TRUE(step.kill);
    EXPECT_TRUE(step.reports.empty());
    ASSERT_TRUE(step.unknown);
    EXPECT_THAT(*step.unknown, HasSubstr(why));
    EXPECT_FALSE(fresh.latest());
  }
}

TEST_F(probe_watch_test, a_line_without_end_is_cut_off) {
  start();
  report();
  std::string chunk(64 << 10, 'x');
  bool killed = false;
  for (int i = 0; i < 1000 && !killed; ++i)
    killed = watch.feed(chunk, now).kill;
  EXPECT_TRUE(killed);
  EXPECT_EQ(watch.unknown_reason(), "the GPU probe printed a line of more than 1048576 bytes");
}

TEST_F(probe_watch_test, restarts_are_further_and_further_apart) {
  std::vector<int64_t> waits;
  for (int i = 0; i < 9; ++i) {
    start();
    now += 10ms;
    EXPECT_EQ(watch.ended("status 1: no", now).unknown, "the GPU probe ended: status 1: no");
    auto before = now;
    EXPECT_TRUE(pass(1min).start);
    waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(now - before).count());
    watch.start_failed("x", now);
    now = watch.next_tick();
  }
  EXPECT_EQ(waits.front(), 500);
  EXPECT_EQ(waits.back(), 30'000);
  EXPECT_TRUE(std::ranges::is_sorted(waits));
}

TEST_F(probe_watch_test, a_probe_that_reported_long_enough_restarts_quickly_again) {
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(pass(1min).start || watch.tick(now).start);
    watch.started(now);
    watch.ended("x", now);
  }
  EXPECT_TRUE(pass(1min).start);
  watch.started(now);
  for (int i = 0; i < 12; ++i, now += 1s)
    report();
  watch.ended("SIGSEGV", now);
  EXPECT_EQ(watch.unknown_reason(), "the GPU probe ended: SIGSEGV");
  EXPECT_EQ(watch.next_tick() - now, 500ms);
}

TEST_F(probe_watch_test, a_probe_that_does_not_start_says_why) {
  ASSERT_TRUE(watch.tick(now).start);
  auto step = watch.start_failed("no such file", now);
  EXPECT_EQ(step.unknown, "the GPU probe does not start: no such file");
  EXPECT_TRUE(pass(1s).start);
}

TEST_F(probe_watch_test, stuck_probes_are_left_behind_and_bounded) {
  for (size_t stuck = 1; stuck <= 3; ++stuck) {
    SCOPED_TRACE(stuck);
    auto step = pass(1min);
    ASSERT_TRUE(step.start);
    watch.started(now);
    ASSERT_TRUE(pass(1min).kill);
    step = pass(1min);
    ASSERT_TRUE(step.leave);
    EXPECT_EQ(watch.unknown_reason(), "the GPU driver hangs: a GPU probe cannot be killed");
  }
  for (int i = 0; i < 10; ++i) {
    auto step = pass(1min);
    EXPECT_FALSE(step.start);
    EXPECT_THAT(watch.unknown_reason(), StartsWith("the GPU driver hangs: 3 GPU probes cannot be killed"));
  }
  watch.reaped(now);
  EXPECT_TRUE(pass(1min).start);
  watch.started(now);
  report();
}

TEST_F(probe_watch_test, counts_those_that_an_earlier_watch_left) {
  probe_watch later{now, {}, 3};
  auto step = later.tick(now);
  EXPECT_FALSE(step.start);
  EXPECT_THAT(later.unknown_reason(), HasSubstr("no further one is started"));
  later.reaped(now);
  EXPECT_TRUE(later.tick(later.next_tick()).start);
}

} // namespace
} // namespace hive
