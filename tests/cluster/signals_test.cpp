#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <set>

// Each signal from 1 to 31, sent to a real node, has the effect described in docs/reference/configuration.md.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

const std::set<int> stop_gracefully{SIGINT, SIGTERM};
const std::set<int> pause{SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
const std::set<int> leave_it_serving{SIGHUP,  SIGUSR1, SIGUSR2, SIGPIPE,  SIGALRM,
                                     SIGCHLD, SIGCONT, SIGURG,  SIGWINCH, SIGXFSZ};

/// The state letter of the process, as ps shows it.
char state_of(pid_t pid) {
  auto stat = file_text("/proc/" + std::to_string(pid) + "/stat");
  return stat.at(stat.rfind(')') + 2);
}

class signal_sent : public testing::TestWithParam<int> {
protected:
  void SetUp() override {
    node.await_ready();
    ASSERT_EQ(node.put("/api/v1/snapshots/v", R"({"metrics":{"m":{"value":1,"direction":"lower"}}})").status, 200);
  }

  void expect_serving() {
    EXPECT_EQ(node.get("/api/v1/snapshots/v").status, 200);
  }

  void expect_graceful_stop() {
    node.send(SIGTERM);
    EXPECT_EQ(node.await_end(), (process_end{0, 0}));
    EXPECT_THAT(node.log(), HasSubstr("hived has stopped"));
  }

  temporary_directory temp;
  // AddressSanitizer would answer some signals itself.
  hived_process node{
    {.directory = temp.path(),
     .wrapper = {"/usr/bin/env", "ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"}}};
};

TEST_P(signal_sent, does_what_is_documented) {
  auto signal = GetParam();
  node.send(signal);
  if (stop_gracefully.contains(signal)) {
    EXPECT_EQ(node.await_end(), (process_end{0, 0}));
    EXPECT_THAT(node.log(), HasSubstr("hived has stopped"));
  } else if (pause.contains(signal)) {
    ASSERT_TRUE(wait_until([&] { return state_of(node.pid()) == 'T'; }));
    node.send(SIGCONT);
    expect_serving();
    expect_graceful_stop();
  } else if (leave_it_serving.contains(signal)) {
    for (int i = 0; i < 100; ++i)
      node.send(signal);
    expect_serving();
    expect_graceful_stop();
  } else if (signal == SIGABRT) {
    EXPECT_EQ(node.await_end(), (process_end{1, 0}));
    EXPECT_THAT(node.log(), HasSubstr("hived ends: "));
  } else {
    EXPECT_EQ(node.await_end(), (process_end{-1, signal}));
  }
}

INSTANTIATE_TEST_SUITE_P(one_to_31, signal_sent, testing::Range(1, 32),
                         [](const auto& info) { return "signal_" + std::to_string(info.param); });

TEST(signals, a_second_one_stops_at_once_also_after_others) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  register_script(node, "endless", "trap '' TERM; while :; do sleep 0.1; done", temp.path().filename(), 600);
  ASSERT_EQ(node.post("/api/v1/snapshots?wait=false", R"({"version":"cut"})").status, 202);
  node.send(SIGTERM);
  ASSERT_TRUE(wait_until([&] { return node.log().find("Stopping on signal") != std::string::npos; }));
  node.send(SIGUSR2);
  node.send(SIGHUP);
  node.send(SIGINT);
  EXPECT_EQ(node.await_end(), (process_end{128 + SIGINT, 0}));
}

} // namespace
} // namespace hive::cluster
