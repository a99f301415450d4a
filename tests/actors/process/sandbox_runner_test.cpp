// Commands in sandboxes, run by the real runner: what they may do, and how it ends when they try more.

#include "actors/process/control_group.hpp"
#include "actors/process/run_report.hpp"
#include "actors/process/runner.hpp"
#include "messages/text.hpp"
#include "tests/actors/benchmark/actor_test.hpp"
#include "tests/actors/process/loopback_listener.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr double long_enough_s = 60;
constexpr uint32_t users_per_process = 4;
constexpr uint64_t mib = uint64_t{1} << 20;

std::string text_in(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

/// Processes of a user, except those that ended.
size_t processes_of(uint32_t user) {
  size_t out = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    struct stat facts {};
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && stat(entry.path().c_str(), &facts) == 0 &&
        facts.st_uid == user && is_alive(static_cast<pid_t>(std::stol(name))))
      ++out;
  }
  return out;
}

uint64_t resident_bytes() {
  std::istringstream statm{content("/proc/self/statm")};
  uint64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

class sandbox_runner : public actor_test {
protected:
  void SetUp() override {
    options.kill_grace = 1s;
    // Of this process alone: tests run beside each other, and these look for what a user left.
    options.sandboxes.first_user = 1'000'000 + static_cast<uint32_t>(getpid()) * users_per_process;
    options.sandboxes.users = users_per_process;
    has_users = sandbox::run_users::find(options.sandboxes.first_user, users_per_process).any();
    start();
    process_options plain;
    plain.command = sandbox::probe();
    plain.status_channel = true;
    auto cancel = cancellation::create();
    auto probed = run_process(plain, *cancel);
    if (!probed || probed->exit_status != 0)
      GTEST_SKIP() << sandbox::describe_unavailable(probed ? probed->errors : text_of(probed.error()));
  }

  void TearDown() override {
    stop(runner);
  }

  void start() {
    if (runner)
      stop(runner);
    runner = spawn_runner(options);
  }

  msg<wire::RunCommand> request(const std::vector<std::string>& command, double timeout_s) const {
    return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
      auto parts = out.initCommand(static_cast<uint32_t>(command.size()));
      for (uint32_t i = 0; i < command.size(); ++i)
        parts.set(i, command[i]);
      out.setTimeoutS(timeout_s);
      auto variables = out.initEnvironment(static_cast<uint32_t>(environment.size()));
      for (uint32_t i = 0; i < variables.size(); ++i) {
        variables[i].setName(environment[i].first);
        variables[i].setValue(environment[i].second);
      }
      sandbox::describe(how, out.initSandbox());
    });
  }

  caf::expected<msg<wire::RunResult>> run(const std::string& script, double timeout_s = long_enough_s) {
    return run_command(shell(script), timeout_s);
  }

  caf::expected<msg<wire::RunResult>> run_command(const std::vector<std::string>& command,
                                                  double timeout_s = long_enough_s) {
    caf::scoped_actor self{*system};
    auto out = receive<wire::RunResult>(self, runner, request(command, timeout_s));
    auto user = out ? (*out)->getUser() : 0;
    EXPECT_EQ(user == 0 ? 0 : processes_of(user), 0u) << "a process is left";
    return out;
  }

  caf::expected<msg<wire::RunResult>> python(const std::string& program, double timeout_s = long_enough_s) {
    return run_command({"/usr/bin/python3", "-c", program}, timeout_s);
  }

  static std::string output_of(const caf::expected<msg<wire::RunResult>>& result) {
    return result ? text_in((*result)->getStdout()) : text_of(result.error());
  }
  static std::string errors_of(const msg<wire::RunResult>& result) {
    return text_in(result->getStderr());
  }
  static std::string described(const caf::expected<msg<wire::RunResult>>& result) {
    std::vector<std::string> command{"benchmark"};
    return result ? describe_run(command, **result) : text_of(result.error());
  }
  /// Limits of a user's processes do not bind root.
  static bool bounds_processes(const msg<wire::RunResult>& result) {
    return bounded_by_groups(result) || result->getUser() != 0 || geteuid() != 0;
  }
  static bool bounded_by_groups(const msg<wire::RunResult>& result) {
    return as_view(result->getBoundedBy()) != "rlimits";
  }

  runner_options options;
  bool has_users = false; ///< whether commands run as others than this process's user
  runner_actor runner;
  sandbox::options how{.binds = {{scratch.path(), "/work", true}}, .workdir = "/work"};
  std::vector<std::pair<std::string, std::string>> environment;
};

TEST_F(sandbox_runner, runs_a_command_and_says_what_bounds_it) {
  environment = {{"GIVEN", "yes"}, {"HOME", "/root"}};
  auto result = run("pwd; echo $GIVEN $HOME $TMPDIR $PATH; echo bad >&2; echo made > file; exit 3");
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(result), "/work\nyes /tmp /tmp /usr/local/bin:/usr/bin:/bin\n");
  EXPECT_EQ(errors_of(*result), "bad\n");
  EXPECT_EQ((*result)->getExitStatus(), 3);
  EXPECT_TRUE(sandbox::has_started(text_in((*result)->getStatus())));
  EXPECT_EQ(content(scratch.file("file")), "made\n");
  EXPECT_THAT(std::string{as_view((*result)->getBoundedBy())}, AnyOf("cgroup v2", "cgroup v1", "rlimits"));
  EXPECT_EQ((*result)->getUser() != 0, has_users);
}

TEST_F(sandbox_runner, tells_a_command_that_fails_from_one_that_cannot_start) {
  auto missing = run_command({"no-such-program"});
  ASSERT_TRUE(missing) << text_of(missing.error());
  EXPECT_FALSE(sandbox::has_started(text_in((*missing)->getStatus())));
  EXPECT_THAT(errors_of(*missing), HasSubstr("no-such-program"));
  how.binds.push_back({"/no/such/directory", "/other", false});
  auto refused = run("exit 0");
  auto text = refused ? errors_of(*refused) : text_of(refused.error());
  EXPECT_THAT(text, HasSubstr("/no/such/directory"));
}

TEST_F(sandbox_runner, cannot_read_a_secret_of_the_home_or_of_the_data_directory) {
  scratch_directory data;
  std::filesystem::permissions(data.path(), std::filesystem::perms{0755});
  auto secret = data.write("token", "hidden-token");
  std::filesystem::permissions(secret, std::filesystem::perms{0644});
  auto result = run("cat " + secret + " /proc/1/root" + secret + " /proc/self/cwd/../.." + secret +
                    " /root/.profile /etc/shadow; ls /root /home /var/lib; cat /proc/1/environ; exit 4");
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(output_of(result), AllOf(Not(HasSubstr("hidden-token")), Not(HasSubstr("root:"))));
  EXPECT_THAT(errors_of(*result), HasSubstr("No such file"));
  EXPECT_EQ((*result)->getExitStatus(), 4);
}

TEST_F(sandbox_runner, cannot_read_what_root_alone_may_even_where_it_is_shown) {
  scratch_directory shown;
  auto secret = shown.write("key", "hidden-key");
  std::filesystem::permissions(secret, std::filesystem::perms{0600});
  how.binds.push_back({shown.path(), "/shown", false});
  auto result = run("cat /shown/key");
  ASSERT_TRUE(result) << text_of(result.error());
  if ((*result)->getUser() == 0)
    GTEST_SKIP() << "commands run as the node's own user here";
  EXPECT_THAT(described(result), HasSubstr("Permission denied"));
}

TEST_F(sandbox_runner, owns_its_work_directory_and_nothing_else) {
  scratch_directory kept;
  kept.write("old", "kept");
  std::filesystem::create_directories(scratch.file("deep/er"));
  scratch.write("deep/er/file", "before");
  std::filesystem::create_symlink(kept.file("old"), scratch.file("link"));
  struct stat outside {};
  struct stat inside {};
  ASSERT_EQ(stat(kept.file("old").c_str(), &outside), 0);
  auto result = run("echo after > deep/er/file; echo new > link; echo x > /usr/x; touch /y; mkdir /work/made; id -un");
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(content(scratch.file("deep/er/file")), "after\n");
  EXPECT_EQ(content(kept.file("old")), "kept");
  EXPECT_FALSE(std::filesystem::exists("/usr/x"));
  EXPECT_FALSE(std::filesystem::exists("/y"));
  auto user = outside.st_uid;
  ASSERT_EQ(stat(kept.file("old").c_str(), &outside), 0);
  EXPECT_EQ(outside.st_uid, user);
  ASSERT_EQ(stat(scratch.file("made").c_str(), &inside), 0);
  EXPECT_EQ(inside.st_uid, (*result)->getUser() != 0 ? (*result)->getUser() : geteuid());
}

TEST_F(sandbox_runner, has_the_network_only_where_it_is_granted) {
  loopback_listener reachable;
  auto without = python(reachable.connecting_program());
  EXPECT_THAT(described(without), HasSubstr("refused"));
  auto far = python("import socket; socket.create_connection(('192.0.2.1', 80), 5)");
  EXPECT_THAT(described(far), HasSubstr("Network is unreachable"));
  how.network = true;
  auto with = python(reachable.connecting_program());
  ASSERT_TRUE(with) << text_of(with.error());
  EXPECT_EQ((*with)->getExitStatus(), 0) << described(with);
}

TEST_F(sandbox_runner, opens_no_socket_that_leads_past_the_network) {
  for (const char* family : {"AF_VSOCK", "AF_ALG", "AF_PACKET"}) {
    auto result = python(std::string{"import socket; socket.socket(socket."} + family + ", socket.SOCK_STREAM)");
    EXPECT_THAT(described(result), AnyOf(HasSubstr("not supported"), HasSubstr("not permitted"))) << family;
  }
}

TEST_F(sandbox_runner, stops_a_fork_bomb) {
  how.most.processes = 40;
  auto result = python("import os, time\n"
                       "n = 0\n"
                       "try:\n"
                       "  while n < 500:\n"
                       "    if os.fork() == 0: time.sleep(100); os._exit(0)\n"
                       "    n += 1\n"
                       "finally: print(n, flush=True)\n");
  ASSERT_TRUE(result) << text_of(result.error());
  if (!bounds_processes(*result))
    GTEST_SKIP() << "nothing bounds processes here";
  EXPECT_LE(std::stoi(output_of(result)), 40);
  EXPECT_THAT(described(result), HasSubstr("BlockingIOError"));
  auto named = bounded_by_groups(*result) ? "it reached its bound of processes" : "";
  EXPECT_THAT(described(result), HasSubstr(named));
}

TEST_F(sandbox_runner, ends_a_fork_bomb_that_never_stops) {
  how.most.processes = 40;
  auto result = run("bomb() { bomb | bomb & }; bomb; sleep 100", 2);
  ASSERT_TRUE(result) << text_of(result.error());
  if (!bounds_processes(*result))
    GTEST_SKIP() << "nothing bounds processes here";
  EXPECT_TRUE((*result)->getTimedOut() || (*result)->getExitStatus() != 0) << described(result);
}

TEST_F(sandbox_runner, fills_neither_shared_memory_nor_tmp_nor_dev) {
  how.most.tmp_bytes = mib;
  auto result = run("for at in /dev/shm /tmp /dev; do head -c 8000000 /dev/zero > $at/file; "
                    "echo $? $(stat -c %s $at/file); done; echo x > /dev/null && echo null");
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(result), "1 1048576\n1 1048576\n2\nnull\n");
  EXPECT_THAT(errors_of(*result), AllOf(HasSubstr("No space left on device"), HasSubstr("Read-only file system")));
}

TEST_F(sandbox_runner, bounds_endless_output_and_the_node_stays_small) {
  auto before = resident_bytes();
  auto result = run("yes endless & yes more >&2", 2);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_TRUE((*result)->getTimedOut());
  EXPECT_TRUE((*result)->getStdoutTruncated());
  EXPECT_EQ((*result)->getStdout().size(), mib);
  EXPECT_LT(resident_bytes(), before + 32 * mib);
}

TEST_F(sandbox_runner, gives_a_command_the_time_to_end_itself) {
  auto result = run("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done", 1);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_TRUE((*result)->getTimedOut());
  EXPECT_EQ(output_of(result), "ready\nbye\n");
  EXPECT_EQ((*result)->getExitStatus(), 7);
}

TEST_F(sandbox_runner, ends_a_command_that_ignores_sigterm) {
  auto result = run("trap '' TERM; echo ready; while :; do sleep 0.05; done", 1);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_TRUE((*result)->getTimedOut());
  EXPECT_EQ(output_of(result), "ready\n");
  EXPECT_THAT(described(result), HasSubstr("time limit"));
}

TEST_F(sandbox_runner, cancels_a_command_whose_requester_ended) {
  auto request =
    this->request(shell("trap 'echo bye > end; exit' TERM; echo > ready; while :; do sleep 0.05; done"), long_enough_s);
  auto requester = system->spawn([runner = runner, request](caf::event_based_actor* self) -> caf::behavior {
    self->request(runner, caf::infinite, request).then([](const msg<wire::RunResult>&) {}, [](const caf::error&) {});
    return {[](caf::unit_t) {}};
  });
  wait_until([&] { return std::filesystem::exists(scratch.file("ready")); });
  stop(requester);
  wait_until([&] { return content(scratch.file("end")) == "bye\n"; });
  EXPECT_EQ(content(scratch.file("end")), "bye\n");
}

TEST_F(sandbox_runner, leaves_no_grandchild_that_made_a_session_of_its_own) {
  auto beat = "setsid sh -c 'trap \"\" TERM HUP INT; while :; do echo >> /work/beat; sleep 0.02; done' & ";
  for (const auto* end : {"sleep 0.3; exit 0", "sleep 0.3; kill -9 $$", "sleep 100"}) {
    auto result = run(std::string{beat} + beat + end, 1);
    ASSERT_TRUE(result) << text_of(result.error());
    auto last = content(scratch.file("beat"));
    EXPECT_THAT(last, Not(IsEmpty()));
    // A writer that survived would write again within this time.
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(content(scratch.file("beat")), last) << end;
  }
}

TEST_F(sandbox_runner, has_no_privileges_and_makes_no_namespaces) {
  auto status = run("grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status");
  EXPECT_EQ(output_of(status), "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n")
    << described(status);
}

TEST_F(sandbox_runner, makes_none_of_the_refused_calls) {
  constexpr auto refused = "-1 1\n"; // EPERM
  constexpr auto absent = "-1 38\n"; // ENOSYS
  const std::vector<std::pair<std::string, const char*>> cases{
    {"272, 0x10000000", refused},                       // unshare(CLONE_NEWUSER)
    {"56, 0x10000011, 0, 0, 0, 0", refused},            // clone(CLONE_NEWUSER | SIGCHLD)
    {"435, 0, 0", absent},                              // clone3
    {"308, 0, 0", refused},                             // setns
    {"101, 16, 1, 0, 0", refused},                      // ptrace(PTRACE_ATTACH, 1)
    {"310, 1, 0, 0, 0, 0, 0", refused},                 // process_vm_readv
    {"165, b'none', b'/tmp', b'tmpfs', 0, 0", refused}, // mount
    {"161, b'/'", refused},                             // chroot
    {"250, 0, 0", refused},                             // keyctl
    {"321, 0, 0, 0", refused},                          // bpf
    {"298, 0, 0, -1, -1, 0", refused},                  // perf_event_open
    {"323, 0", refused},                                // userfaultfd
    {"425, 1, 0", absent},                              // io_uring_setup
    {"320, -1, -1, 0, 0, 0", refused},                  // kexec_file_load
    {"313, -1, b'', 0", refused},                       // finit_module
    {"304, -1, 0, 0", refused},                         // open_by_handle_at
    {"16, 0, 0x5412, b'x'", refused},                   // ioctl(TIOCSTI)
  };
  std::string program = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n";
  std::string expected;
  for (const auto& [call, answer] : cases) {
    program += "result = libc.syscall(" + call + "); print(result, ctypes.get_errno())\n";
    expected += answer;
  }
  EXPECT_EQ(output_of(python(program)), expected);
}

TEST_F(sandbox_runner, does_not_trace_a_sibling) {
  auto result = python("import ctypes, os, time\n"
                       "child = os.fork()\n"
                       "if child == 0: time.sleep(100)\n"
                       "libc = ctypes.CDLL(None, use_errno=True)\n"
                       "print(libc.ptrace(16, child, 0, 0), ctypes.get_errno())\n"
                       "os.kill(child, 9)\n"
                       "open('/proc/%d/mem' % os.getppid(), 'rb').read(1)\n");
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(output_of(result), "-1 1\n");
  EXPECT_NE((*result)->getExitStatus(), 0);
  EXPECT_THAT(described(result), AnyOf(HasSubstr("PermissionError"), HasSubstr("OSError")));
}

TEST_F(sandbox_runner, raises_none_of_its_limits) {
  how.most.open_files = 256;
  how.most.file_bytes = mib;
  auto result = python("import resource\n"
                       "for name in ('RLIMIT_NOFILE', 'RLIMIT_FSIZE', 'RLIMIT_NPROC', 'RLIMIT_CORE'):\n"
                       "  limit = getattr(resource, name)\n"
                       "  print(name, *resource.getrlimit(limit))\n"
                       "  try: resource.setrlimit(limit, (1 << 40, 1 << 40)); print('raised')\n"
                       "  except ValueError as e: print('kept')\n");
  EXPECT_THAT(output_of(result),
              AllOf(HasSubstr("RLIMIT_NOFILE 256 256\nkept"), HasSubstr("RLIMIT_FSIZE 1048576 1048576\nkept"),
                    HasSubstr("RLIMIT_CORE 0 0"), Not(HasSubstr("raised"))))
    << described(result);
  auto written = run("head -c 2000000 /dev/zero > big");
  ASSERT_TRUE(written) << text_of(written.error());
  EXPECT_THAT(described(written), HasSubstr("SIGXFSZ"));
  EXPECT_EQ(std::filesystem::file_size(scratch.file("big")), mib);
}

/// Takes more and more memory, and would end with "all of it".
constexpr const char* hog = "taken = []\n"
                            "for i in range(400): taken.append(bytearray(b'x') * (1 << 20))\n"
                            "print('all of it')\n";

TEST_F(sandbox_runner, ends_a_memory_hog) {
  how.most.memory_bytes = 96 * mib;
  auto result = python(hog);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(output_of(result), Not(HasSubstr("all of it")));
  auto named = bounded_by_groups(*result) ? "as after SIGKILL; it reached its bound of memory" : "MemoryError";
  EXPECT_THAT(described(result), HasSubstr(named));
}

TEST_F(sandbox_runner, counts_the_memory_of_all_processes_and_of_tmp) {
  how.most.memory_bytes = 96 * mib;
  auto result = run("head -c 300000000 /dev/zero > /tmp/file; echo $?");
  ASSERT_TRUE(result) << text_of(result.error());
  if (!bounded_by_groups(*result))
    GTEST_SKIP() << "no control groups here";
  EXPECT_THAT(std::string{as_view((*result)->getExceeded())}, HasSubstr("memory"));
}

TEST_F(sandbox_runner, bounds_memory_and_processes_without_control_groups) {
  options.sandboxes.control_groups = false;
  start();
  how.most.memory_bytes = 96 * mib;
  how.most.processes = 40;
  auto result = python(hog);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(as_view((*result)->getBoundedBy()), "rlimits");
  EXPECT_THAT(described(result), HasSubstr("MemoryError"));
  auto forks = run("i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all of it");
  if (!bounds_processes(*result))
    GTEST_SKIP() << "nothing bounds processes here";
  EXPECT_THAT(output_of(forks), Not(HasSubstr("all of it"))) << described(forks);
}

TEST_F(sandbox_runner, shows_no_gpu_that_was_not_given) {
  how.gpus = {3};
  auto result = run("ls /dev");
  EXPECT_THAT(output_of(result), Not(HasSubstr("nvidia0")));
  auto line = sandbox::arguments(how);
  auto text = std::string{};
  for (const auto& word : line)
    text += word + " ";
  EXPECT_THAT(text,
              AllOf(HasSubstr("--dev-bind-try /dev/nvidia3 /dev/nvidia3 "), HasSubstr("--dev-bind-try /dev/nvidiactl "),
                    HasSubstr("--dev-bind-try /dev/nvidia-uvm "), Not(HasSubstr("nvidia0"))));
  EXPECT_LT(text.find("/dev/nvidia3"), text.find("--remount-ro /dev"));
}

TEST_F(sandbox_runner, keeps_variables_out_of_command_lines) {
  environment = {{"TOKEN", "hidden-token"}, {"LD_PRELOAD", "/work/evil.so"}};
  scratch.write("evil.so", "no library");
  caf::scoped_actor self{*system};
  auto request = this->request(shell("echo > ready; while [ ! -e seen ]; do sleep 0.05; done; echo $TOKEN"), 60);
  auto pending = self->request(runner, patience, request);
  wait_until([&] { return std::filesystem::exists(scratch.file("ready")); });
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"})
    EXPECT_THAT(content(entry.path() / "cmdline"), Not(HasSubstr("hidden-token"))) << entry.path();
  scratch.write("seen", "");
  std::string output;
  pending.receive([&](const msg<wire::RunResult>& result) { output = text_in(result->getStdout()); },
                  [&](const caf::error& error) { output = text_of(error); });
  EXPECT_EQ(output, "hidden-token\n");
}

TEST_F(sandbox_runner, gives_runs_at_the_same_time_users_of_their_own) {
  caf::scoped_actor self{*system};
  std::set<uint32_t> users;
  scratch_directory other;
  auto script = "echo > ready; while [ ! -e end ]; do sleep 0.05; done";
  auto first = self->request(runner, patience, request(shell(script), 60));
  how.binds = {{other.path(), "/work", true}};
  auto second = self->request(runner, patience, request(shell(script), 60));
  wait_until(
    [&] { return std::filesystem::exists(scratch.file("ready")) && std::filesystem::exists(other.file("ready")); });
  scratch.write("end", "");
  other.write("end", "");
  auto note = [&](const msg<wire::RunResult>& result) { users.insert(result->getUser()); };
  first.receive(note, [](const caf::error& error) { FAIL() << text_of(error); });
  second.receive(note, [](const caf::error& error) { FAIL() << text_of(error); });
  EXPECT_EQ(users.size(), has_users ? 2u : 1u);
}

TEST_F(sandbox_runner, refuses_to_start_when_every_user_is_taken) {
  if (!has_users)
    GTEST_SKIP() << "commands run as the node's own user here";
  options.sandboxes.users = 1;
  start();
  caf::scoped_actor self{*system};
  auto running =
    self->request(runner, patience, request(shell("echo > ready; while [ ! -e end ]; do sleep 0.05; done"), 60));
  wait_until([&] { return std::filesystem::exists(scratch.file("ready")); });
  how.binds.clear();
  how.workdir = "/";
  auto refused = run("exit 0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  scratch.write("end", "");
  running.receive([](const msg<wire::RunResult>&) {}, [](const caf::error& error) { FAIL() << text_of(error); });
  auto later = run("exit 0");
  EXPECT_TRUE(later) << text_of(later.error());
}

} // namespace
} // namespace hive
