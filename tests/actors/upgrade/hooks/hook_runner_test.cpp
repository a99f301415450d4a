#include "actors/upgrade/hooks/hook_runner.hpp"

#include "messages/ec.hpp"
#include "messages/hook.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "tests/actors/benchmark/actor_test.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>

// Hooks as real processes.

namespace hive {
namespace {

using namespace testing_processes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class hook_runner : public actor_test {
protected:
  ~hook_runner() override {
    if (hooks)
      stop(hooks);
    hooks = nullptr;
  }

  void start(std::map<std::string, std::vector<std::string>, std::less<>> commands,
             std::chrono::milliseconds timeout = std::chrono::minutes{10}) {
    hook_runner_options options;
    options.commands = std::move(commands);
    options.timeout = timeout;
    options.kill_grace = 200ms;
    options.workdir = scratch.path();
    hooks = spawn_hook_runner(*system, options);
  }

  static hook_order order(const std::string& action = "deploy", const std::string& track = "main") {
    hook_order out;
    out.action = action;
    out.token = "t-" + action + "-" + track;
    out.track = track;
    out.proposal = "p1";
    out.from = "v1";
    out.to = "v2";
    out.node = "n1";
    out.position = 3;
    return out;
  }

  template <class Response>
  static caf::expected<hook_outcome> await(Response&& response) {
    caf::expected<hook_outcome> out{caf::error{}};
    response.receive([&](const hook_outcome& outcome) { out = outcome; },
                     [&](caf::error& error) { out = std::move(error); });
    return out;
  }

  auto ask(caf::scoped_actor& self, const hook_order& what) {
    return self->request(hooks, patience, what);
  }

  caf::expected<hook_outcome> run(const hook_order& what) {
    caf::scoped_actor self{*system};
    return await(ask(self, what));
  }

  hook_runner_actor hooks;
};

TEST_F(hook_runner, gives_the_decision_on_standard_input_and_in_the_environment) {
  start({{"deploy", shell("cat > decision; env | grep '^HIVE_' | sort > variables; pwd; echo done")}});
  auto what = order();
  what.reason = "say \"why\"\n";
  what.canaries = {"n1"};
  auto outcome = run(what);
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_EQ(outcome->exit_status, 0) << outcome->output;
  EXPECT_EQ(outcome->output, scratch.path() + " / done");
  EXPECT_FALSE(outcome->timed_out);
  auto decision = from_json<wire::HookInput>(content(scratch.file("decision")));
  ASSERT_TRUE(decision) << text_of(decision.error());
  EXPECT_EQ((*decision)->getReason(), "say \"why\"\n");
  EXPECT_EQ((*decision)->getPosition(), 3u);
  EXPECT_EQ(content(scratch.file("variables")),
            "HIVE_ACTION=deploy\nHIVE_FROM=v1\nHIVE_NODE=n1\nHIVE_PROPOSAL=p1\nHIVE_TO=v2\nHIVE_TOKEN=t-deploy-main\n"
            "HIVE_TRACK=main\n");
}

TEST_F(hook_runner, an_action_without_a_command_is_done_at_once) {
  start({{"deploy", shell("exit 9")}, {"on_reject", {}}});
  for (const char* action : {"rollback", "on_reject"}) {
    auto outcome = run(order(action));
    ASSERT_TRUE(outcome) << text_of(outcome.error());
    EXPECT_EQ(outcome->exit_status, 0);
    EXPECT_THAT(outcome->output, HasSubstr("no command is configured for " + std::string{action}));
  }
  auto refused = run(order("on_abort"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::invalid);
}

TEST_F(hook_runner, a_failure_is_an_outcome_with_its_last_lines) {
  start({{"deploy", shell("echo step 1; echo no such host >&2; exit 3")}, {"rollback", shell("kill -SEGV $$")}});
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_EQ(outcome->exit_status, 3);
  EXPECT_THAT(outcome->output, HasSubstr("status 3"));
  EXPECT_THAT(outcome->output, HasSubstr("no such host"));
  EXPECT_THAT(outcome->output, HasSubstr("step 1"));
  outcome = run(order("rollback"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_status, 128 + SIGSEGV);
  EXPECT_THAT(outcome->output, HasSubstr("SIGSEGV"));
}

TEST_F(hook_runner, a_program_that_is_missing_is_an_outcome) {
  start({{"deploy", {"no-such-program"}}, {"rollback", {scratch.write("plain", "no program")}}});
  for (const char* action : {"deploy", "rollback"}) {
    auto outcome = run(order(action));
    ASSERT_TRUE(outcome) << text_of(outcome.error());
    EXPECT_EQ(outcome->exit_status, 127);
    EXPECT_THAT(outcome->output, HasSubstr("cannot be executed"));
  }
}

TEST_F(hook_runner, an_order_that_no_process_can_be_given_is_an_outcome) {
  start({{"deploy", {"true"}}});
  auto what = order();
  what.from = std::string(200'000, 'v'); // more than a variable may hold
  auto outcome = run(what);
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_EQ(outcome->exit_status, 127);
  EXPECT_THAT(outcome->output, HasSubstr("cannot be executed"));
}

TEST_F(hook_runner, one_that_hangs_is_ended_with_its_group) {
  start({{"deploy", shell("sleep 1000 & echo $! > child; echo waiting; wait")}}, 500ms);
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_EQ(outcome->exit_status, 128 + SIGTERM);
  EXPECT_THAT(outcome->output, HasSubstr("time limit"));
  EXPECT_THAT(outcome->output, HasSubstr("waiting"));
  auto child = pid_in(scratch.file("child"));
  ASSERT_GT(child, 0);
  EXPECT_FALSE(is_alive(child));
}

TEST_F(hook_runner, one_that_ignores_sigterm_is_killed) {
  start(
    {{"deploy", shell("trap '' TERM; (while :; do sleep .01; done) & echo $! > child; while :; do sleep .01; done")}},
    500ms);
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_EQ(outcome->exit_status, 128 + SIGKILL);
  auto child = pid_in(scratch.file("child"));
  ASSERT_GT(child, 0);
  EXPECT_FALSE(is_alive(child));
}

TEST_F(hook_runner, one_that_ends_well_only_at_its_time_limit_has_failed) {
  start({{"deploy", shell("trap 'exit 0' TERM; echo $$ > ready; while :; do sleep .01; done")}}, 500ms);
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_TRUE(outcome->timed_out);
  EXPECT_NE(outcome->exit_status, 0);
}

TEST_F(hook_runner, children_that_stay_are_gone_before_the_answer) {
  start({{"deploy", shell("for i in 1 2 3 4; do (trap '' TERM HUP; sleep 1000) & echo $! >> children; done; exit 0")}});
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_EQ(outcome->exit_status, 0) << outcome->output;
  std::istringstream list{content(scratch.file("children"))};
  int count = 0;
  for (pid_t pid = 0; list >> pid; ++count)
    EXPECT_FALSE(is_alive(pid)) << pid;
  EXPECT_EQ(count, 4);
}

TEST_F(hook_runner, a_gigabyte_of_output_is_read_away) {
  start({{"deploy", shell("head -c 1073741824 /dev/zero | tr '\\0' x; echo; echo the end")}});
  auto outcome = run(order());
  ASSERT_TRUE(outcome) << text_of(outcome.error());
  EXPECT_EQ(outcome->exit_status, 0);
  EXPECT_THAT(outcome->output, testing::EndsWith("the end"));
  EXPECT_LE(outcome->output.size(), defaults::max_hook_text_bytes + 3);
}

TEST_F(hook_runner, runs_one_at_a_time_on_a_track_in_order) {
  start({{"deploy", shell("echo deploy begins >> log; while [ ! -e go ]; do sleep .01; done; echo deploy ends >> log")},
         {"rollback", shell("echo rollback >> log")},
         {"on_rollback", shell("echo told >> log; touch told")}});
  caf::scoped_actor self{*system};
  auto deploy = ask(self, order());
  auto rollback = ask(self, order("rollback"));
  auto other = ask(self, order("on_rollback", "other"));
  EXPECT_TRUE(await(other)) << "another track does not wait";
  EXPECT_TRUE(wait_until([&] { return content(scratch.file("log")).find("begins") != std::string::npos; }));
  EXPECT_EQ(content(scratch.file("log")).find("rollback"), std::string::npos);
  scratch.write("go", "");
  EXPECT_TRUE(await(deploy));
  EXPECT_TRUE(await(rollback));
  auto log = content(scratch.file("log"));
  EXPECT_LT(log.find("deploy ends"), log.find("rollback"));
}

TEST_F(hook_runner, goes_on_when_the_sender_ends) {
  start({{"deploy", shell("while [ ! -e go ]; do sleep .01; done; echo deployed > log")}, {"rollback", {"true"}}});
  {
    caf::scoped_actor gone{*system};
    gone->send(caf::actor_cast<caf::actor>(hooks), order());
  }
  scratch.write("go", "");
  EXPECT_TRUE(run(order("rollback"))) << "it waits for the deploy of the same track";
  EXPECT_EQ(content(scratch.file("log")), "deployed\n");
}

TEST_F(hook_runner, refuses_more_than_may_wait) {
  start({{"deploy", shell("while [ ! -e go ]; do sleep .01; done")}});
  caf::scoped_actor self{*system};
  std::vector<decltype(ask(self, order()))> open;
  for (size_t i = 0; i < defaults::max_hooks; ++i)
    open.push_back(ask(self, order()));
  auto refused = await(ask(self, order("deploy", "other")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  scratch.write("go", "");
  for (auto& each : open)
    EXPECT_TRUE(await(each));
}

TEST_F(hook_runner, its_end_is_an_answer_to_all_and_ends_the_processes) {
  start({{"deploy", shell("echo $$ > running; sleep 1000")}});
  caf::scoped_actor self{*system};
  auto running = ask(self, order());
  auto waiting = ask(self, order());
  auto pid = pid_in(scratch.file("running"));
  ASSERT_GT(pid, 0);
  stop(hooks);
  auto first = await(running);
  ASSERT_FALSE(first);
  EXPECT_EQ(code_of(first.error()), ec::outcome_unknown) << text_of(first.error());
  EXPECT_FALSE(is_alive(pid));
  auto second = await(waiting);
  ASSERT_FALSE(second);
  EXPECT_EQ(code_of(second.error()), ec::unavailable);
}

TEST_F(hook_runner, ends_with_the_reason_for_an_invalid_option) {
  start({{"on_abort", {"true"}}});
  caf::scoped_actor self{*system};
  self->monitor(hooks);
  self->receive([](const caf::down_msg& down) { EXPECT_EQ(code_of(down.reason), ec::invalid); });
}

} // namespace
} // namespace hive
