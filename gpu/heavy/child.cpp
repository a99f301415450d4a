#include "gpu/heavy/child.hpp"

#include "gpu/heavy/stop_signals.hpp"
#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hive::heavy {
namespace {

using clock = std::chrono::steady_clock;

constexpr size_t max_output = size_t{1} << 20;
/// Enough for the last lines of a traceback.
constexpr size_t kept_error = 8192;
/// How long a stop request or the end of a child whose pipes others hold may go unnoticed.
constexpr int poll_ms = 50;
constexpr std::chrono::seconds kill_grace{2};
/// More than a pipe holds, so that what an ended child wrote is read whole, and one that never ends is not read for
/// ever.
constexpr int max_reads = 64;
constexpr int cannot_start = 127;

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

caf::expected<pipe_ends> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(ec::unavailable, "no pipe for a child process: " + errno_text(errno));
  return pipe_ends{unique_fd{ends[0]}, unique_fd{ends[1]}};
}

/// In the child: only what is safe between fork and exec.
[[noreturn]] void become(char* const* command, int out, int error, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(cannot_start); // it died before prctl
  stop_signals::unblock();
  ::dup2(out, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  ::execvp(command[0], command);
  ::_exit(cannot_start);
}

class child {
public:
  child(pid_t pid, unique_fd out, unique_fd error) : pid_{pid}, out_{std::move(out)}, error_{std::move(error)} {
  }

  caf::expected<child_result> run(const std::stop_token& stop) {
    bool over = false;
    while (!over) {
      over = has_ended(); // asked before reading, so that what it wrote last is read
      transfer(over ? 0 : poll_ms);
      if (stop.stop_requested())
        end();
      if (result_.out.size() > max_output)
        end();
    }
    if (stop.stop_requested())
      return fail(ec::unavailable, "the measurement was stopped");
    if (result_.out.size() > max_output)
      return fail(ec::too_large, "it prints more than " + std::to_string(max_output) + " bytes");
    return std::move(result_);
  }

private:
  bool has_ended() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_)
      return false;
    result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  void end() {
    auto now = clock::now();
    if (kill_at_ == clock::time_point{}) {
      kill_at_ = now + kill_grace;
      ::kill(pid_, SIGTERM);
    } else if (now >= kill_at_) {
      ::kill(pid_, SIGKILL);
    }
  }

  /// Reads what there is, after waiting for something for at most `wait_ms`.
  void transfer(int wait_ms) {
    for (int reads = 0; reads < max_reads; ++reads) {
      // A closed one has descriptor -1, which poll ignores.
      std::array<pollfd, 2> fds{pollfd{out_.get(), POLLIN, 0}, pollfd{error_.get(), POLLIN, 0}};
      if (::poll(fds.data(), fds.size(), wait_ms) <= 0 || result_.out.size() > max_output)
        return;
      if (fds[0].revents)
        read_some(out_, result_.out);
      if (fds[1].revents)
        read_error();
      wait_ms = 0;
    }
  }

  void read_error() {
    std::string text;
    read_some(error_, text);
    for (size_t sent = 0; sent < text.size();) {
      auto count = ::write(STDERR_FILENO, text.data() + sent, text.size() - sent);
      if (count <= 0)
        break;
      sent += static_cast<size_t>(count);
    }
    result_.error += text;
    if (result_.error.size() > kept_error)
      result_.error.erase(0, result_.error.size() - kept_error);
  }

  /// Closes it at its end.
  static void read_some(unique_fd& from, std::string& to) {
    char buffer[4096];
    auto count = ::read(from.get(), buffer, sizeof buffer);
    if (count > 0)
      to.append(buffer, static_cast<size_t>(count));
    else
      from.reset();
  }

  pid_t pid_;
  unique_fd out_;
  unique_fd error_;
  child_result result_;
  clock::time_point kill_at_{};
};

} // namespace

caf::expected<child_result> run_child(const std::vector<std::string>& command, const std::stop_token& stop) {
  auto out = make_pipe();
  if (!out)
    return out.error();
  auto error = make_pipe();
  if (!error)
    return error.error();
  std::vector<char*> arguments;
  for (const auto& part : command)
    arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid < 0)
    return fail(ec::unavailable, "cannot start " + command.front() + ": " + errno_text(errno));
  if (pid == 0)
    become(arguments.data(), out->write.get(), error->write.get(), parent);
  out->write.reset();
  error->write.reset();
  return child{pid, std::move(out->read), std::move(error->read)}.run(stop);
}

} // namespace hive::heavy
