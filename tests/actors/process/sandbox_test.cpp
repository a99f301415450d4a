#include "actors/process/sandbox.hpp"

#include "messages/ec.hpp"
#include "tests/actors/process/loopback_listener.hpp"
#include "tests/actors/process/processes.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto sandbox_patience = 60s;

process_result run_line(std::vector<std::string> line) {
  process_options how;
  how.command = std::move(line);
  how.timeout = sandbox_patience;
  how.status_channel = true;
  auto cancel = cancellation::create();
  auto result = run_process(how, *cancel);
  EXPECT_TRUE(result) << text_of(result.error());
  return result ? *result : process_result{};
}

class sandbox_test : public testing::Test {
protected:
  void SetUp() override {
    auto probed = run_line(sandbox::probe());
    if (probed.exit_status != 0)
      GTEST_SKIP() << sandbox::describe_unavailable(probed.errors);
  }

  void TearDown() override {
    EXPECT_THAT(children(), IsEmpty()) << "a process is left";
  }

  /// Runs a script with `scratch` as /src.
  process_result run(const std::string& script) {
    return run_line(sandbox::command_line(how, shell(script)));
  }

  scratch_directory scratch;
  sandbox::options how{
    .binds = {{scratch.path(), "/src", true}}, .workdir = "/src", .path = "/usr/local/bin:/usr/bin:/bin", .most = {}};
};

TEST_F(sandbox_test, gives_the_output_and_the_exit_status_of_the_command) {
  auto result = run("pwd; echo err >&2; exit 3");
  EXPECT_EQ(result.output, "/src\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_TRUE(sandbox::has_started(result.status)) << result.status;
}

TEST_F(sandbox_test, tells_a_command_that_fails_from_one_that_cannot_start) {
  auto missing = run_line(sandbox::command_line(how, {"no-such-command"}));
  EXPECT_EQ(missing.exit_status, 1);
  EXPECT_FALSE(sandbox::has_started(missing.status));
  EXPECT_THAT(missing.errors, HasSubstr("no-such-command"));
  how.binds.push_back({"/no/such/directory", "/other", false});
  EXPECT_FALSE(sandbox::has_started(run("exit 0").status));
}

TEST_F(sandbox_test, writes_only_where_it_may) {
  scratch_directory read_only;
  read_only.write("kept", "old");
  how.binds.push_back({read_only.path(), "/other", false});
  auto result = run("echo new > /src/made; echo new > /other/kept; echo new > /usr/made; touch /made; true");
  EXPECT_EQ(content(scratch.file("made")), "new\n");
  EXPECT_EQ(content(read_only.file("kept")), "old");
  EXPECT_FALSE(std::filesystem::exists("/usr/made"));
  EXPECT_FALSE(std::filesystem::exists("/made"));
  EXPECT_EQ(result.exit_status, 0);
}

TEST_F(sandbox_test, sees_nothing_else_of_the_machine) {
  scratch_directory elsewhere;
  elsewhere.write("secret", "hidden");
  auto result = run("cat " + elsewhere.file("secret") + " /etc/shadow /etc/hostname; ls /root /home /var /tmp; env");
  EXPECT_THAT(result.output, Not(HasSubstr("hidden")));
  EXPECT_THAT(result.output, Not(HasSubstr("root:")));
  EXPECT_THAT(result.errors, HasSubstr("/root"));
  EXPECT_THAT(result.output, Not(HasSubstr("USER=")));
  EXPECT_THAT(result.output, HasSubstr("HOME=/tmp\n"));
  EXPECT_THAT(result.output, HasSubstr("PATH=/usr/local/bin:/usr/bin:/bin\n"));
}

TEST_F(sandbox_test, has_no_network_not_even_the_machines_loopback) {
  loopback_listener reachable;
  auto connect = "python3 -c '" + reachable.connecting_program() + "'";
  process_options outside;
  outside.command = shell(connect);
  outside.timeout = sandbox_patience;
  auto cancel = cancellation::create();
  auto direct = run_process(outside, *cancel);
  ASSERT_TRUE(direct && direct->exit_status == 0) << "the test's own connection fails";
  // The system's python3: PATH in the sandbox has no directory of a user.
  auto inside = run("/usr/bin/" + connect);
  EXPECT_EQ(inside.exit_status, 1);
  EXPECT_THAT(inside.errors, HasSubstr("refused"));
}

TEST_F(sandbox_test, has_no_privileges_and_cannot_get_any) {
  auto result = run("grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; unshare --user true && echo nested");
  EXPECT_THAT(result.output, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(result.output, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(result.output, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(result.output, Not(HasSubstr("nested")));
}

TEST_F(sandbox_test, sees_no_process_outside) {
  auto result = run("ls /proc | grep -c '^[0-9]'; kill -0 " + std::to_string(getpid()) + " || echo unseen");
  EXPECT_THAT(result.output, HasSubstr("unseen"));
  EXPECT_LT(std::stoi(result.output), 10);
}

TEST_F(sandbox_test, stops_a_file_above_its_limit) {
  how.most.file_bytes = 4'096;
  auto result = run("head -c 100000 /dev/zero > /src/big; echo $?");
  EXPECT_LE(std::filesystem::file_size(scratch.file("big")), 4'096u);
  EXPECT_THAT(result.output, Not(HasSubstr("0\n")));
}

TEST_F(sandbox_test, ends_with_all_its_descendants_at_the_time_limit) {
  process_options timed;
  timed.command = sandbox::command_line(
    how, shell("setsid sh -c 'trap \"\" TERM; while :; do echo >> /src/beat; sleep 0.05; done' & sleep 1000"));
  timed.timeout = 1s;
  timed.status_channel = true;
  auto cancel = cancellation::create();
  auto result = run_process(timed, *cancel);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_TRUE(result->timed_out);
  auto last = content(scratch.file("beat"));
  EXPECT_THAT(last, Not(IsEmpty()));
  // A writer that survived would write again within this time.
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(content(scratch.file("beat")), last);
}

TEST_F(sandbox_test, says_what_a_machine_without_sandboxes_lacks) {
  auto text = sandbox::describe_unavailable("bwrap: No permissions to create new namespace\n");
  EXPECT_THAT(text, HasSubstr("package bubblewrap"));
  EXPECT_THAT(text, HasSubstr("No permissions to create new namespace"));
}

TEST_F(sandbox_test, refuses_options_that_no_sandbox_can_have) {
  EXPECT_FALSE(how.validate());
  for (auto broken :
       {sandbox::bind{"relative", "/src"}, {"/tmp", "src"}, {"/tmp/../etc", "/src"}, {"/tmp", "/a/../b"}}) {
    sandbox::options with;
    with.binds = {broken};
    EXPECT_EQ(code_of(with.validate()), ec::invalid) << broken.from << " " << broken.to;
  }
  sandbox::options with;
  with.path = std::string("/bin\0", 5);
  EXPECT_EQ(code_of(with.validate()), ec::invalid);
  with = {};
  with.most.tmp_bytes = 0;
  EXPECT_EQ(code_of(with.validate()), ec::invalid);
}

} // namespace
} // namespace hive
