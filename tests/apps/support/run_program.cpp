#include "tests/apps/support/run_program.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace hive::test {
namespace {

[[noreturn]] void fail_with_errno(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

/// A file descriptor that is closed exactly once.
class descriptor {
public:
  explicit descriptor(int fd) : fd_{fd} {
  }
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {
  }
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    close();
  }
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  int get() const {
    return fd_;
  }

private:
  int fd_;
};

struct channel {
  descriptor ours;
  descriptor theirs;
};

channel make_pipe(bool we_read) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    fail_with_errno("pipe2");
  return {descriptor{ends[we_read ? 0 : 1]}, descriptor{ends[we_read ? 1 : 0]}};
}

channel make_terminal() {
  int ours = -1;
  int theirs = -1;
  if (::openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0)
    fail_with_errno("openpty");
  for (int fd : {ours, theirs})
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return {descriptor{ours}, descriptor{theirs}};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts)
    out.push_back(const_cast<char*>(text.c_str())); // execve does not modify the strings
  out.push_back(nullptr);
  return out;
}

/// Reads what is available; false at the end. At its end, a terminal returns an error.
bool read_some(int fd, std::string& into) {
  std::array<char, 4096> buffer{};
  auto count = ::read(fd, buffer.data(), buffer.size());
  if (count <= 0)
    return false;
  into.append(buffer.data(), static_cast<size_t>(count));
  return true;
}

/// The tests' inputs fit into a pipe, so writing them first cannot block.
void feed(descriptor& input, const std::string& text) {
  if (::write(input.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail_with_errno("write");
  input.close();
}

void collect(channel& out, channel& err, program_result& result, const program& what) {
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> waiting{pollfd{out_open ? out.ours.get() : -1, POLLIN, 0},
                                  pollfd{err_open ? err.ours.get() : -1, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0)
      fail_with_errno("poll");
    if (waiting[0].revents) {
      out_open = read_some(out.ours.get(), result.out);
      if (out_open && what.on_output)
        what.on_output(result.out);
    }
    if (waiting[1].revents) {
      err_open = read_some(err.ours.get(), result.err);
      if (err_open && what.on_error_output)
        what.on_error_output(result.err);
    }
  }
}

} // namespace

program_result run_program(const program& what) {
  auto in = make_pipe(false);
  auto out = make_pipe(true);
  auto err = what.terminal ? make_terminal() : make_pipe(true);
  auto arguments = pointers(what.command);
  auto environment = pointers(what.environment);
  auto child = ::fork();
  if (child < 0)
    fail_with_errno("fork");
  if (child == 0) {
    ::dup2(in.theirs.get(), STDIN_FILENO);
    ::dup2(out.theirs.get(), STDOUT_FILENO);
    ::dup2(err.theirs.get(), STDERR_FILENO);
    ::execve(arguments.front(), arguments.data(), environment.data());
    ::_exit(127);
  }
  if (what.on_start)
    what.on_start(child);
  for (auto* theirs : {&in.theirs, &out.theirs, &err.theirs})
    theirs->close();
  feed(in.ours, what.input);
  program_result result;
  collect(out, err, result, what);
  int status = 0;
  if (::waitpid(child, &status, 0) != child)
    fail_with_errno("waitpid");
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

} // namespace hive::test
