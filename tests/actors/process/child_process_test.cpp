#include "actors/process/child_process.hpp"

#include "messages/ec.hpp"
#include "tests/actors/process/processes.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sstream>

namespace hive {
namespace {

using namespace testing_processes;
using testing::AllOf;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

cancellation never() {
  auto out = cancellation::create();
  EXPECT_TRUE(out);
  return *out;
}

/// Options for most tests: a script, and a time limit that no test reaches.
process_options script(std::string text) {
  process_options out;
  out.command = shell(std::move(text));
  out.timeout = patience;
  return out;
}

process_result run(const process_options& options) {
  auto result = run_process(options, never());
  EXPECT_TRUE(result) << text_of(result.error());
  return result ? *result : process_result{};
}

caf::error failure(const process_options& options) {
  auto result = run_process(options, never());
  EXPECT_FALSE(result);
  return result ? caf::error{} : result.error();
}

class child_process : public testing::Test {
protected:
  void TearDown() override {
    EXPECT_THAT(children(), testing::IsEmpty()) << "a zombie or a process is left";
  }

  scratch_directory scratch;
};

TEST_F(child_process, reports_on_a_status_channel_only_if_it_has_one) {
  auto options = script("echo about >&4; exit 3");
  EXPECT_EQ(run(options).status, "");
  options.status_channel = true;
  auto result = run(options);
  EXPECT_EQ(result.status, "about\n");
  EXPECT_EQ(result.exit_status, 3);
  options = script("ls /proc/self/fd | sort -n | tr '\\n' ' '");
  options.status_channel = true;
  EXPECT_THAT(run(options).output, testing::StartsWith("0 1 2 3 4 ")) << "3 is the directory";
}

TEST_F(child_process, captures_both_streams_and_the_exit_status) {
  auto result = run(script("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.signal, 0);
  EXPECT_FALSE(result.timed_out);
  EXPECT_FALSE(result.output_truncated);
  EXPECT_GT(result.duration.count(), 0);
}

TEST_F(child_process, counts_the_processor_time_of_the_child_and_of_those_it_waited_for) {
  EXPECT_LT(run(script("sleep .3")).processor_time, std::chrono::milliseconds{200});
  auto busy = run(script("sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; true"));
  EXPECT_GT(busy.processor_time, std::chrono::milliseconds{20});
}

TEST_F(child_process, names_the_signal_of_a_crash) {
  auto result = run(script("echo before; kill -SEGV $$"));
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_EQ(result.exit_status, -1);
  EXPECT_EQ(result.output, "before\n");
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(50), "signal 50");
}

TEST_F(child_process, passes_arguments_without_a_shell) {
  process_options options;
  options.command = {"printf", "%s|", "a b", "$HOME", "*", ""};
  EXPECT_EQ(run(options).output, "a b|$HOME|*||");
}

TEST_F(child_process, ends_one_that_hangs_by_sigterm) {
  auto options = script("sleep 1000");
  options.timeout = 100ms;
  auto result = run(options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST_F(child_process, lets_one_clean_up_after_sigterm) {
  auto options =
    script("trap 'echo bye; exit 7' TERM; echo $$ > " + scratch.file("pid") + "; while :; do sleep 0.01; done");
  options.timeout = 2s;
  auto result = run(options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.output, "bye\n");
}

TEST_F(child_process, kills_one_that_ignores_sigterm) {
  auto options = script("trap '' TERM; while :; do sleep 0.01; done");
  options.timeout = 500ms;
  options.kill_grace = 200ms;
  auto result = run(options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST_F(child_process, kills_a_stopped_one) {
  auto options = script("kill -STOP $$");
  options.timeout = 100ms;
  options.kill_grace = 100ms;
  EXPECT_EQ(run(options).signal, SIGKILL);
}

TEST_F(child_process, the_whole_group_ends_with_the_child) {
  auto options = script("(trap '' TERM HUP; sleep 1000) & echo $! > " + scratch.file("pid") + "; echo done");
  auto result = run(options);
  EXPECT_EQ(result.output, "done\n");
  EXPECT_EQ(result.exit_status, 0);
  auto grandchild = pid_in(scratch.file("pid"));
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(wait_until([&] { return !is_alive(grandchild); }));
}

TEST_F(child_process, the_whole_group_is_gone_when_it_is_answered) {
  auto pids = scratch.file("pids");
  auto options = script("for i in 1 2 3 4 5 6 7 8; do (trap '' TERM HUP; sleep 1000) & echo $! >> " + pids + "; done");
  auto result = run(options);
  EXPECT_FALSE(result.left_processes);
  std::istringstream list{content(pids)};
  int count = 0;
  for (pid_t pid = 0; list >> pid; ++count)
    EXPECT_FALSE(is_alive(pid)) << pid;
  EXPECT_EQ(count, 8);
}

// -- input ----------------------------------------------------------------------

TEST_F(child_process, reads_its_input_to_the_end) {
  auto options = script("cat; echo; echo after");
  options.input = "one\ntwo";
  EXPECT_EQ(run(options).output, "one\ntwo\nafter\n");
}

TEST_F(child_process, reads_an_input_larger_than_a_pipe) {
  auto options = script("sleep .1; wc -c");
  options.input = std::string(defaults::max_process_input_bytes, 'x');
  EXPECT_EQ(run(options).output, std::to_string(options.input.size()) + "\n");
}

TEST_F(child_process, need_not_read_its_input) {
  for (const char* text : {"true", "exec <&-; sleep .1; echo done", "head -c 1 >/dev/null; exec <&-; sleep .1"}) {
    auto options = script(text);
    options.input = std::string(defaults::max_process_input_bytes, 'x');
    auto result = run(options);
    EXPECT_EQ(result.exit_status, 0) << text;
    EXPECT_FALSE(result.timed_out) << text;
  }
}

TEST_F(child_process, ends_at_its_time_limit_with_an_input_that_it_does_not_read) {
  auto options = script("sleep 1000");
  options.input = std::string(defaults::max_process_input_bytes, 'x');
  options.timeout = 200ms;
  EXPECT_TRUE(run(options).timed_out);
}

TEST_F(child_process, keeps_the_end_of_its_output_when_asked_to) {
  auto options = script("i=0; while [ $i -lt 30000 ]; do echo $i; i=$((i+1)); done");
  options.output_cap = 12;
  options.keep_end = true;
  auto result = run(options);
  EXPECT_EQ(result.output, "29998\n29999\n");
  EXPECT_TRUE(result.output_truncated);
  options = script("printf 123456789012");
  options.output_cap = 12;
  options.keep_end = true;
  result = run(options);
  EXPECT_EQ(result.output, "123456789012");
  EXPECT_FALSE(result.output_truncated);
}

// -- streams --------------------------------------------------------------------

TEST_F(child_process, is_not_held_up_by_a_descendant_outside_the_group_that_holds_the_pipes) {
  auto pid = scratch.file("pid");
  auto result = run(script("setsid sh -c 'echo $$ > " + pid + "; exec sleep 1000' & while [ ! -s " + pid +
                           " ]; do sleep 0.01; done; echo done"));
  EXPECT_EQ(result.output, "done\n");
  EXPECT_EQ(result.exit_status, 0);
  auto escaped = pid_in(pid);
  EXPECT_TRUE(is_alive(escaped)) << "nothing held the pipe, so nothing was tested";
  kill(escaped, SIGKILL);
  EXPECT_TRUE(wait_until([&] { return !is_alive(escaped); }));
}

TEST_F(child_process, is_not_held_up_by_a_descendant_that_never_stops_writing) {
  auto pid = scratch.file("pid");
  auto result = run(
    script("setsid sh -c 'echo $$ > " + pid + "; exec yes' & while [ ! -s " + pid + " ]; do sleep 0.01; done; exit 4"));
  EXPECT_EQ(result.exit_status, 4);
  auto escaped = pid_in(pid);
  EXPECT_TRUE(wait_until([&] { return !is_alive(escaped); })) << "yes ends when its pipe has no reader";
}

TEST_F(child_process, keeps_the_cap_of_100_mb_and_reads_the_rest_away) {
  auto options = script("head -c 100000000 /dev/zero; echo err >&2; exit 5");
  options.output_cap = 1'000;
  auto result = run(options);
  EXPECT_EQ(result.output, std::string(1'000, '\0'));
  EXPECT_TRUE(result.output_truncated);
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_FALSE(result.errors_truncated);
  EXPECT_EQ(result.exit_status, 5);
}

TEST_F(child_process, output_of_exactly_the_cap_is_not_truncated) {
  auto options = script("printf 12345");
  options.output_cap = 5;
  EXPECT_FALSE(run(options).output_truncated);
  options.output_cap = 4;
  EXPECT_TRUE(run(options).output_truncated);
  EXPECT_EQ(run(options).output, "1234");
  options.output_cap = 0;
  EXPECT_EQ(run(options).output, "");
}

TEST_F(child_process, keeps_all_of_a_large_output) {
  auto options = script("head -c 3000000 /dev/zero");
  options.output_cap = 4'000'000;
  EXPECT_EQ(run(options).output.size(), 3'000'000u);
}

TEST_F(child_process, ends_at_the_time_limit_however_much_it_writes) {
  auto options = script("trap '' TERM; while :; do echo flood; done");
  options.timeout = 300ms;
  options.kill_grace = 100ms;
  options.output_cap = 10;
  auto result = run(options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST_F(child_process, may_close_its_output_and_work_on) {
  auto result = run(script("exec >&- 2>&-; sleep 0.2; exit 6"));
  EXPECT_EQ(result.exit_status, 6);
}

TEST_F(child_process, inherits_no_descriptor) {
  // Not close-on-exec, like a descriptor that a library might have opened.
  unique_fd leak{open("/dev/null", O_RDONLY)};
  unique_fd high{fcntl(leak.get(), F_DUPFD, 700)};
  ASSERT_GE(high.get(), 700);
  auto result = run(script("ls /proc/self/fd; readlink /proc/self/fd/0"));
  // Descriptor 3 is the directory that ls itself reads.
  EXPECT_EQ(result.output, "0\n1\n2\n3\n/dev/null\n");
}

TEST_F(child_process, works_when_this_process_has_closed_its_standard_streams) {
  unique_fd keep_in{dup(0)};
  unique_fd keep_out{dup(1)};
  unique_fd keep_err{dup(2)};
  for (int fd : {0, 1, 2})
    close(fd);
  auto options = script("cat; echo out; echo err >&2");
  auto result = run_process(options, never());
  dup2(keep_in.get(), 0);
  dup2(keep_out.get(), 1);
  dup2(keep_err.get(), 2);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
}

TEST_F(child_process, gets_a_clean_environment) {
  setenv("HIVE_TEST_SECRET", "token", 1);
  process_options options;
  options.command = {"env"};
  options.environment = {{"ADDED", "a=b"}, {"LANG", "C"}};
  auto result = run(options);
  unsetenv("HIVE_TEST_SECRET");
  std::set<std::string> names;
  std::istringstream lines{result.output};
  for (std::string line; std::getline(lines, line);)
    names.insert(line.substr(0, line.find('=')));
  EXPECT_THAT(names, UnorderedElementsAre("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "ADDED"));
  EXPECT_THAT(result.output, AllOf(HasSubstr("ADDED=a=b\n"), HasSubstr("LANG=C\n"), HasSubstr("LC_ALL=C.UTF-8\n")));
}

TEST_F(child_process, has_default_signals) {
  struct sigaction ignore = {};
  struct sigaction before = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);
  process_options options;
  options.command = {"cat", "/proc/self/status"};
  auto result = run(options);
  sigaction(SIGPIPE, &before, nullptr);
  EXPECT_THAT(result.output, HasSubstr("\nSigBlk:\t0000000000000000\n"));
  // Signals 32 and 33 belong to glibc: its posix_spawn, with which make starts programs, leaves them ignored, and no
  // program can change that.
  constexpr uint64_t of_glibc = uint64_t{3} << 31;
  auto ignored = result.output.find("\nSigIgn:\t");
  ASSERT_NE(ignored, std::string::npos) << result.output;
  EXPECT_EQ(std::stoull(result.output.substr(ignored + 9, 16), nullptr, 16) & ~of_glibc, 0u) << result.output;
}

TEST_F(child_process, leads_its_own_group_and_leaves_no_core) {
  auto result = run(script("cut -d' ' -f1,5 /proc/self/stat; echo $$; ulimit -c; ulimit -Hc"));
  std::istringstream lines{result.output};
  int self = 0;
  int group = 0;
  int leader = 0;
  std::string soft;
  std::string hard;
  lines >> self >> group >> leader >> soft >> hard;
  EXPECT_EQ(group, leader);
  EXPECT_EQ(soft, "0");
  EXPECT_EQ(hard, "0");
}

TEST_F(child_process, obeys_its_limits) {
  auto options = script("ulimit -n; ulimit -f");
  options.limits = {{RLIMIT_NOFILE, 64}, {RLIMIT_FSIZE, 1'024}};
  EXPECT_EQ(run(options).output, "64\n2\n");
  options.limits = {{-1, 1}};
  EXPECT_THAT(text_of(failure(options)), HasSubstr("cannot be limited"));
}

TEST_F(child_process, runs_in_its_workdir) {
  auto options = script("pwd");
  options.workdir = scratch.path();
  EXPECT_EQ(run(options).output, std::filesystem::canonical(scratch.path()).string() + "\n");
}

TEST_F(child_process, takes_a_program_with_a_slash_relative_to_its_workdir) {
  scratch.write("tool", "#!/bin/sh\necho tool\n", true);
  process_options options;
  options.command = {"./tool"};
  options.workdir = scratch.path();
  EXPECT_EQ(run(options).output, "tool\n");
}

TEST_F(child_process, searches_the_path_it_gives_to_the_child) {
  scratch.write("tool", "#!/bin/sh\necho found\n", true);
  process_options options;
  options.command = {"tool"};
  options.environment = {{"PATH", "/nonexistent::" + scratch.path() + ":/bin"}};
  EXPECT_EQ(run(options).output, "found\n");
}

TEST_F(child_process, says_why_a_command_cannot_be_started) {
  process_options options;
  auto refused = [&](std::string command, std::string workdir, const std::string& why) {
    options.command = {command};
    options.workdir = std::move(workdir);
    auto error = failure(options);
    EXPECT_EQ(code_of(error), ec::process_failed);
    EXPECT_THAT(text_of(error), AllOf(HasSubstr("'" + command + "'"), HasSubstr(why)));
  };
  refused("no-such-command-here", "", "No such file or directory");
  refused("/no/such/command", "", "No such file or directory");
  refused("/etc/passwd", "", "Permission denied");
  refused("/", "", "Permission denied");
  refused("true", "/no/such/directory", "'/no/such/directory': No such file or directory");
  refused("true", "/etc/passwd", "Not a directory");
  refused(scratch.write("text", "no interpreter line\n", true), "", "Exec format error");
  refused(scratch.write("script", "#!/no/such/interpreter\n", true), "", "No such file or directory");
}

TEST_F(child_process, refuses_options_that_no_process_can_have) {
  auto refused = [](const process_options& options, const std::string& why) {
    auto error = failure(options);
    EXPECT_EQ(code_of(error), ec::invalid);
    EXPECT_THAT(text_of(error), HasSubstr(why));
  };
  process_options options;
  refused(options, "command is empty");
  options.command = {""};
  refused(options, "command is empty");
  options.command = {"true", std::string{"a\0b", 3}};
  refused(options, "NUL");
  options.command = {"true"};
  options.environment = {{"A=B", "c"}};
  refused(options, "'A=B'");
  options.environment = {{"", "c"}};
  refused(options, "environment variable ''");
  options.environment.clear();
  options.timeout = 0ms;
  refused(options, "timeout");
  options.timeout = std::chrono::hours{25};
  refused(options, "timeout");
  options.timeout = patience;
  options.input = std::string(defaults::max_process_input_bytes + 1, 'x');
  refused(options, "bytes of input");
  options.input = "x";
  options.input_channel = true;
  refused(options, "input channel");
}

TEST_F(child_process, takes_seconds_of_a_message_only_when_they_are_usable) {
  EXPECT_EQ(process_timeout(1.5), 1500ms);
  EXPECT_EQ(process_timeout(0.0001), 1ms);
  EXPECT_EQ(process_timeout(86'400), 24h);
  for (double bad :
       {0.0, -1.0, 86'401.0, 1e300, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_EQ(process_timeout(bad), 0ms) << bad;
}

TEST_F(child_process, ends_when_cancelled_from_another_thread) {
  auto cancel = never();
  auto options = script("echo $$ > " + scratch.file("pid") + "; exec sleep 1000");
  std::thread other{[&] {
    pid_in(scratch.file("pid"));
    cancel.cancel();
  }};
  auto result = run_process(options, cancel);
  other.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::unavailable);
  EXPECT_THAT(text_of(result.error()), HasSubstr("cancelled"));
}

TEST_F(child_process, kills_a_cancelled_one_that_ignores_sigterm) {
  auto cancel = never();
  cancel.cancel();
  auto options = script("trap '' TERM; while :; do sleep 0.01; done");
  options.kill_grace = 100ms;
  auto result = run_process(options, cancel);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::unavailable);
}

TEST_F(child_process, dies_with_the_thread_that_started_it) {
  // Runs in a separate process, which is then killed as a node might be.
  auto pid = scratch.file("pid");
  auto options = script("echo $$ > " + pid + "; exec sleep 1000");
  auto node = fork();
  if (node == 0) {
    auto cancel = cancellation::create();
    if (cancel)
      (void)run_process(options, *cancel);
    _exit(0);
  }
  auto child = pid_in(pid);
  ASSERT_TRUE(is_alive(child));
  kill(node, SIGKILL);
  waitpid(node, nullptr, 0);
  EXPECT_TRUE(wait_until([&] { return !is_alive(child); }));
}

TEST_F(child_process, leaves_no_descriptor_behind) {
  auto count = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
  };
  process_options missing;
  missing.command = {"no-such-command-here"};
  run(script("true"));
  auto before = count();
  for (int i = 0; i < 20; ++i) {
    run(script("true"));
    failure(missing);
  }
  EXPECT_EQ(count(), before);
}

TEST_F(child_process, says_when_no_descriptor_is_left) {
  auto options = script("true");
  auto cancel = never();
  rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  // UBSan inspects the first object of each type through a pipe: it must have seen an error before descriptors run out.
  failure({});
  auto lowest_free = static_cast<rlim_t>(unique_fd{dup(0)}.get());
  bool started = false;
  int refused = 0;
  for (rlim_t limit = lowest_free; !started && limit < lowest_free + 100; ++limit) {
    rlimit tight{limit, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
    auto result = run_process(options, cancel);
    setrlimit(RLIMIT_NOFILE, &before);
    started = result.engaged();
    refused += !started;
    EXPECT_EQ(started ? ec::unavailable : code_of(result.error()), ec::unavailable);
  }
  EXPECT_TRUE(started);
  EXPECT_GE(refused, 8) << "a process needs a null device, three pipes and a pidfd";
}

} // namespace
} // namespace hive
