#include "actors/process/runner.hpp"

#include "tests/actors/benchmark/actor_test.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

msg<wire::RunCommand> command_of(const std::vector<std::string>& command, double timeout_s = 60) {
  return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
    auto parts = out.initCommand(static_cast<uint32_t>(command.size()));
    for (uint32_t i = 0; i < command.size(); ++i)
      parts.set(i, command[i].c_str());
    out.setTimeoutS(timeout_s);
  });
}

std::string output_of(const msg<wire::RunResult>& result) {
  auto chars = result->getStdout().asChars();
  return {chars.begin(), chars.size()};
}

/// Sends one request to the runner and ignores the answer; lives until it gets an exit message.
caf::behavior requester(caf::event_based_actor* self, runner_actor runner, msg<wire::RunCommand> command) {
  self->request(runner, caf::infinite, command).then([](const msg<wire::RunResult>&) {}, [](const caf::error&) {});
  return {[](caf::unit_t) {}};
}

using runner_test = actor_test;

TEST_F(runner_test, answers_with_how_a_process_ended) {
  auto runner = spawn_runner();
  caf::scoped_actor self{*system};
  auto result = receive<wire::RunResult>(self, runner, command_of(shell("echo out; echo err >&2; exit 3")));
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(*result), "out\n");
  EXPECT_EQ((*result)->getExitStatus(), 3);
  EXPECT_EQ((*result)->getSignal(), 0);
  EXPECT_FALSE((*result)->getTimedOut());
  EXPECT_GT((*result)->getDurationS(), 0);
  stop(runner);
}

TEST_F(runner_test, fills_every_field_of_the_command) {
  auto runner = spawn_runner();
  caf::scoped_actor self{*system};
  auto command = msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
    auto parts = out.initCommand(3);
    parts.set(0, "/bin/sh");
    parts.set(1, "-c");
    parts.set(2, "pwd; echo $ADDED; echo 123456789 >&2");
    out.setWorkdir("/");
    auto environment = out.initEnvironment(1);
    environment[0].setName("ADDED");
    environment[0].setValue("value");
    out.setOutputCapBytes(8);
  });
  auto result = receive<wire::RunResult>(self, runner, command);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(*result), "/\nvalue\n");
  EXPECT_FALSE((*result)->getStdoutTruncated());
  EXPECT_EQ((*result)->getStderr().size(), 8u);
  EXPECT_TRUE((*result)->getStderrTruncated());
  stop(runner);
}

TEST_F(runner_test, gives_the_input_and_keeps_the_end_of_the_output) {
  auto runner = spawn_runner();
  caf::scoped_actor self{*system};
  std::string given = "first\nlast\n";
  auto command = [&](bool in_sandbox) {
    return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
      out.initCommand(1).set(0, "cat");
      out.setInput(kj::StringPtr{given.c_str(), given.size()}.asBytes());
      out.setOutputCapBytes(5);
      out.setKeepEnd(true);
      if (in_sandbox)
        out.initSandbox();
    });
  };
  auto result = receive<wire::RunResult>(self, runner, command(false));
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(*result), "last\n");
  EXPECT_TRUE((*result)->getStdoutTruncated());
  EXPECT_FALSE((*result)->getLeftProcesses());
  auto refused = receive<wire::RunResult>(self, runner, command(true));
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::invalid);
  given = std::string(defaults::max_process_input_bytes + 1, 'x');
  auto too_large = receive<wire::RunResult>(self, runner, command(false));
  ASSERT_FALSE(too_large);
  EXPECT_EQ(code_of(too_large.error()), ec::invalid);
  stop(runner);
}

TEST_F(runner_test, reports_time_outs_and_crashes_as_results) {
  auto runner = spawn_runner();
  caf::scoped_actor self{*system};
  auto hung = receive<wire::RunResult>(self, runner, command_of(shell("sleep 1000"), 0.1));
  ASSERT_TRUE(hung) << text_of(hung.error());
  EXPECT_TRUE((*hung)->getTimedOut());
  auto crashed = receive<wire::RunResult>(self, runner, command_of(shell("kill -SEGV $$")));
  ASSERT_TRUE(crashed);
  EXPECT_EQ((*crashed)->getSignal(), SIGSEGV);
  EXPECT_EQ((*crashed)->getExitStatus(), -1);
  stop(runner);
}

TEST_F(runner_test, refuses_what_cannot_be_run) {
  auto runner = spawn_runner();
  caf::scoped_actor self{*system};
  auto missing = receive<wire::RunResult>(self, runner, command_of({"no-such-command-here"}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(code_of(missing.error()), ec::process_failed);
  EXPECT_THAT(text_of(missing.error()), HasSubstr("no-such-command-here"));
  auto empty = receive<wire::RunResult>(self, runner, command_of({}));
  ASSERT_FALSE(empty);
  EXPECT_EQ(code_of(empty.error()), ec::invalid);
  for (double bad : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    auto result = receive<wire::RunResult>(self, runner, command_of({"true"}, bad));
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(code_of(result.error()), ec::invalid);
  }
  stop(runner);
}

TEST_F(runner_test, runs_no_more_than_its_places_at_once_and_all_in_the_end) {
  constexpr int requests = 200;
  constexpr int places = 4;
  runner_options options;
  options.max_processes = places;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  // Each command appends a whole line when it begins and another when it ends.
  auto log = scratch.file("log");
  auto command = command_of(shell("echo + >> " + log + "; echo $$; echo - >> " + log));
  std::set<std::string> pids;
  std::vector<decltype(self->request(runner, patience, command))> open;
  for (int i = 0; i < requests; ++i)
    open.push_back(self->request(runner, patience, command));
  for (auto& response : open)
    response.receive([&](const msg<wire::RunResult>& result) { pids.insert(output_of(result)); },
                     [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
  EXPECT_EQ(pids.size(), size_t{requests});
  int now = 0;
  for (char c : content(log)) {
    now += c == '+' ? 1 : c == '-' ? -1 : 0;
    ASSERT_LE(now, places);
  }
  EXPECT_EQ(now, 0);
  stop(runner);
}

TEST_F(runner_test, runs_what_waits_in_the_order_of_arrival) {
  runner_options options;
  options.max_processes = 1;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  auto log = scratch.file("log");
  std::vector<decltype(self->request(runner, patience, msg<wire::RunCommand>{}))> open;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    open.push_back(self->request(runner, patience, command_of(shell("echo " + std::to_string(i) + " >> " + log))));
    expected += std::to_string(i) + "\n";
  }
  for (auto& response : open)
    response.receive([](const msg<wire::RunResult>&) {},
                     [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
  EXPECT_EQ(content(log), expected);
  stop(runner);
}

TEST_F(runner_test, refuses_more_than_may_wait_and_forgets_none_of_the_others) {
  runner_options options;
  options.max_processes = 1;
  options.max_waiting = 2;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  auto gate = scratch.file("gate");
  auto command = command_of(shell("while [ ! -e " + gate + " ]; do sleep 0.01; done"));
  auto first = self->request(runner, patience, command);
  auto second = self->request(runner, patience, command);
  auto third = self->request(runner, patience, command);
  auto refused = receive<wire::RunResult>(self, runner, command);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  scratch.write("gate", "");
  int answered = 0;
  for (auto* response : {&first, &second, &third})
    response->receive([&](const msg<wire::RunResult>&) { ++answered; },
                      [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
  EXPECT_EQ(answered, 3);
  stop(runner);
}

TEST_F(runner_test, does_not_run_what_waited_for_its_whole_time_limit) {
  runner_options options;
  options.max_processes = 1;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  auto gate = scratch.file("gate");
  auto first = self->request(runner, patience, command_of(shell("while [ ! -e " + gate + " ]; do sleep 0.01; done")));
  auto late = self->request(runner, patience, command_of(shell("touch " + scratch.file("late")), 0.05));
  std::this_thread::sleep_for(100ms);
  scratch.write("gate", "");
  first.receive([](const msg<wire::RunResult>&) {}, [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
  late.receive([](const msg<wire::RunResult>&) { ADD_FAILURE() << "it ran"; },
               [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::timed_out); });
  EXPECT_FALSE(std::filesystem::exists(scratch.file("late")));
  stop(runner);
}

TEST_F(runner_test, a_requester_that_ends_takes_its_processes_with_it) {
  runner_options options;
  options.max_processes = 1;
  auto runner = spawn_runner(options);
  auto gone =
    system->spawn(requester, runner, command_of(shell("echo $$ > " + scratch.file("pid") + "; exec sleep 1000")));
  auto process = pid_in(scratch.file("pid"));
  ASSERT_TRUE(is_alive(process));
  caf::scoped_actor self{*system};
  auto dropped = system->spawn(requester, runner, command_of(shell("touch " + scratch.file("dropped"))));
  // The answer to a command that cannot be run shows that all earlier messages have arrived: the request of the waiting
  // actor, and then the news that it ended. Otherwise that request might get the place that `gone` leaves.
  receive<wire::RunResult>(self, runner, command_of({}));
  caf::anon_send_exit(dropped, caf::exit_reason::user_shutdown);
  self->wait_for(dropped);
  receive<wire::RunResult>(self, runner, command_of({}));
  caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(wait_until([&] { return !is_alive(process); }));
  EXPECT_TRUE(receive<wire::RunResult>(self, runner, command_of({"true"}))) << "its place is free again";
  EXPECT_FALSE(std::filesystem::exists(scratch.file("dropped")));
  stop(runner);
}

TEST_F(runner_test, one_of_two_requesters_ends_and_the_other_is_served) {
  auto runner = spawn_runner();
  auto gate = scratch.file("gate");
  auto gone =
    system->spawn(requester, runner, command_of(shell("echo $$ > " + scratch.file("pid") + "; exec sleep 1000")));
  auto process = pid_in(scratch.file("pid"));
  caf::scoped_actor self{*system};
  auto stays =
    self->request(runner, patience, command_of(shell("while [ ! -e " + gate + " ]; do sleep 0.01; done; exit 9")));
  caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(wait_until([&] { return !is_alive(process); }));
  scratch.write("gate", "");
  stays.receive([](const msg<wire::RunResult>& result) { EXPECT_EQ(result->getExitStatus(), 9); },
                [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
  stop(runner);
}

class runner_shutdown : public runner_test, public testing::WithParamInterface<caf::exit_reason> {};

TEST_P(runner_shutdown, leaves_no_process_and_no_request_open) {
  runner_options options;
  options.max_processes = 3;
  options.kill_grace = 100ms;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  std::vector<decltype(self->request(runner, patience, msg<wire::RunCommand>{}))> open;
  std::vector<pid_t> processes;
  for (int i = 0; i < 6; ++i)
    open.push_back(self->request(runner, patience,
                                 command_of(shell("trap '' TERM; echo $$ > " + scratch.file(std::to_string(i)) +
                                                  "; while :; do sleep 0.01; done"))));
  for (int i = 0; i < 3; ++i)
    processes.push_back(pid_in(scratch.file(std::to_string(i))));
  caf::anon_send_exit(runner, GetParam());
  for (auto& response : open)
    response.receive([](const msg<wire::RunResult>&) { ADD_FAILURE() << "an endless process ended"; },
                     [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable) << text_of(error); });
  for (auto process : processes)
    EXPECT_TRUE(wait_until([&] { return !is_alive(process); }));
  auto late = receive<wire::RunResult>(self, runner, command_of({"true"}));
  ASSERT_FALSE(late);
  EXPECT_EQ(code_of(late.error()), ec::unavailable);
}

INSTANTIATE_TEST_SUITE_P(every_way, runner_shutdown,
                         testing::Values(caf::exit_reason::user_shutdown, caf::exit_reason::kill));

TEST_F(runner_test, is_down_only_when_its_processes_are_gone) {
  runner_options options;
  options.kill_grace = 200ms;
  auto runner = spawn_runner(options);
  caf::scoped_actor self{*system};
  self->monitor(runner);
  auto open = self->request(
    runner, patience,
    command_of(shell("trap '' TERM; echo $$ > " + scratch.file("pid") + "; while :; do sleep 0.01; done")));
  auto process = pid_in(scratch.file("pid"));
  stop(runner);
  self->receive([](const caf::down_msg& down) { EXPECT_EQ(down.reason, caf::exit_reason::user_shutdown); });
  EXPECT_FALSE(is_alive(process));
  open.receive([](const msg<wire::RunResult>&) { ADD_FAILURE() << "it ended by itself"; },
               [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable); });
}

TEST(runner_options_test, refuses_options_under_which_nothing_could_run) {
  runner_options options;
  EXPECT_FALSE(options.validate());
  options.max_processes = 0;
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
  options = {};
  options.kill_grace = -1ms;
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
}

TEST(process_options_test, calls_what_is_negative_by_its_name) {
  process_options options;
  options.command = {"/bin/true"};
  options.kill_grace = -1ms;
  EXPECT_THAT(text_of(options.validate()), HasSubstr("negative grace"));
  EXPECT_THAT(text_of(options.validate()), Not(HasSubstr("timeout")));
}

} // namespace
} // namespace hive
