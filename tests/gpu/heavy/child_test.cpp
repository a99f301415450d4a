#include "gpu/heavy/child.hpp"

#include "messages/ec.hpp"

#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <thread>

namespace hive::heavy {
namespace {

caf::expected<child_result> shell(const std::string& script, const std::stop_token& stop = {}) {
  return run_child({"sh", "-c", script}, stop);
}

TEST(child, its_output_and_status_are_kept_apart_from_its_errors) {
  auto done = shell("echo out; echo error >&2; exit 5");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, 5);
  EXPECT_EQ(done->out, "out\n");
  EXPECT_EQ(done->error, "error\n");
}

TEST(child, the_end_of_long_errors_is_kept) {
  auto done = shell("seq 1 20000 >&2; echo last >&2");
  ASSERT_TRUE(done);
  EXPECT_LE(done->error.size(), 8192u);
  EXPECT_TRUE(done->error.ends_with("20000\nlast\n"));
}

TEST(child, a_signal_is_told_as_a_shell_does) {
  auto done = shell("kill -9 $$");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, 137);
}

TEST(child, a_program_that_is_missing_has_status_127) {
  auto done = run_child({"/nonexistent/program"}, {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, 127);
}

TEST(child, endless_output_ends_it) {
  auto done = shell("yes");
  ASSERT_FALSE(done);
  EXPECT_EQ(code_of(done.error()), ec::too_large);
}

TEST(child, a_grandchild_that_holds_the_pipes_is_not_waited_for) {
  auto done = shell("sleep 1000 & echo $!");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, 0);
  ::kill(std::stoi(done->out), SIGKILL);
}

TEST(child, a_stop_ends_it_even_if_it_ignores_sigterm) {
  std::stop_source stop;
  std::jthread later{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    stop.request_stop();
  }};
  auto done = shell("trap '' TERM; while :; do sleep 0.05; done", stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(code_of(done.error()), ec::unavailable);
}

} // namespace
} // namespace hive::heavy
