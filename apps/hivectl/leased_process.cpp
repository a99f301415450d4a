#include "apps/hivectl/leased_process.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <sys/socket.h>
#include <sys/wait.h>

extern char** environ; // NOLINT: a declaration of POSIX

namespace hive::ctl {
namespace {

constexpr std::string_view start_argument = "--start-leased";
/// Words of such a command line before those of the program: hivectl, this argument, the gate, the program's file.
constexpr int words_before_program = 4;

/// As shells have them.
constexpr int cannot_run = 126;
constexpr int not_found = 127;
constexpr int signal_base = 128;

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> out;
  for (char** each = environ; *each; ++each) {
    std::string_view entry{*each};
    bool is_replaced = std::any_of(added.begin(), added.end(), [&](const auto& variable) {
      return entry.substr(0, entry.find('=')) == variable.first;
    });
    if (!is_replaced)
      out.emplace_back(entry);
  }
  for (const auto& [name, value] : added)
    out.push_back(name + "=" + value);
  return out;
}

/// As execve takes them; valid as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

caf::error failure(const char* what) {
  return fail(ec::process_failed, std::string{"the command cannot be started: "} + what + ": " + errno_text(errno));
}

/// In the child. Only calls that are safe beside other threads.
[[noreturn]] void become_waiter(int gate, const sigset_t& mask, char** words, char** environment) {
  ::setpgid(0, 0);
  ::fcntl(gate, F_SETFD, 0);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execve("/proc/self/exe", words, environment);
  ::_exit(cannot_run);
}

/// Blocks until every copy of the other end is closed, which exec does with the child's.
void await_exec(int fd) {
  char none = 0;
  while (::read(fd, &none, 1) < 0 && errno == EINTR) {
  }
}

bool is_executable_file(const std::string& path) {
  std::error_code failed;
  return std::filesystem::is_regular_file(path, failed) && ::access(path.c_str(), X_OK) == 0;
}

} // namespace

caf::expected<std::unique_ptr<leased_process>> leased_process::prepare(const leased_program& program,
                                                                       const sigset_t& mask) {
  std::array<int, 2> gate{}, execution{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate.data()) != 0)
    return failure("socketpair");
  unique_fd ours{gate[0]}, theirs{gate[1]};
  if (::pipe2(execution.data(), O_CLOEXEC) != 0)
    return failure("pipe");
  unique_fd executed{execution[0]}, not_executed{execution[1]};
  std::vector<std::string> words{"hivectl", std::string{start_argument}, std::to_string(theirs.get()), program.file};
  words.insert(words.end(), program.words.begin(), program.words.end());
  auto environment = environment_with(program.environment);
  auto word_pointers = pointers(words);
  auto environment_pointers = pointers(environment);
  auto pid = ::fork();
  if (pid < 0)
    return failure("fork");
  if (pid == 0)
    become_waiter(theirs.get(), mask, word_pointers.data(), environment_pointers.data());
  ::setpgid(pid, pid); // both set it, so that it is set for whichever goes on first
  not_executed.reset();
  theirs.reset();
  await_exec(executed.get()); // then /proc shows the new environment
  return std::unique_ptr<leased_process>{new leased_process{pid, std::move(ours)}};
}

leased_process::~leased_process() {
  gate_.reset(); // one that still waits ends
  wait([] {});
}

void leased_process::start() {
  char word = 1;
  ::send(gate_.get(), &word, 1, MSG_NOSIGNAL);
  gate_.reset();
}

void leased_process::signal(int number) {
  std::lock_guard lock{mutex_};
  if (!has_ended_)
    ::kill(-pid_, number);
}

int leased_process::wait(const std::function<void()>& on_stop) {
  if (has_ended_)
    return 0;
  for (;;) {
    siginfo_t seen{};
    // Looks first and reaps later, because a pid that was reaped can be another's.
    if (::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WSTOPPED | WNOWAIT) != 0) {
      if (errno == EINTR)
        continue;
      return cannot_run;
    }
    if (seen.si_code == CLD_STOPPED) {
      ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WSTOPPED | WNOHANG);
      on_stop();
      continue;
    }
    std::lock_guard lock{mutex_};
    has_ended_ = true;
    ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED);
    return seen.si_code == CLD_EXITED ? seen.si_status : signal_base + seen.si_status;
  }
}

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos)
    return is_executable_file(name) ? name : "";
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!name.empty()) {
    auto end = folders.find(':');
    auto path = std::string{folders.substr(0, end)};
    path = (path.empty() ? "." : path) + "/" + name;
    if (is_executable_file(path))
      return path;
    if (end == folders.npos)
      break;
    folders.remove_prefix(end + 1);
  }
  return "";
}

bool is_leased_start(int argc, char** argv) {
  return argc > words_before_program && argv[1] == start_argument;
}

int start_leased(int, char** argv) {
  int gate = std::atoi(argv[2]);
  char word = 0;
  ssize_t count = 0;
  while ((count = ::read(gate, &word, 1)) < 0 && errno == EINTR) {
  }
  if (count != 1)
    return cannot_run; // who started this is gone
  ::close(gate);
  ::execv(argv[3], argv + words_before_program);
  int reason = errno;
  std::cerr << "hivectl: " << argv[3] << " cannot be run: " << errno_text(reason) << '\n';
  return reason == ENOENT ? not_found : cannot_run;
}

} // namespace hive::ctl
