#include "actors/process/inner_process.hpp"

#include <charconv>
#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hive::detail {
namespace {

/// The member with the first process in bubblewrap's status; a space may follow the colon.
constexpr std::string_view member = "\"child-pid\":";

pid_t pid_in(std::string_view status) {
  auto at = status.find(member);
  if (at == std::string_view::npos || status.find('\n', at) == std::string_view::npos)
    return -1; // the number may not be there in full
  auto text = status.substr(at + member.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  pid_t pid = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  return error == std::errc{} && pid > 1 ? pid : -1;
}

} // namespace

void inner_process::learn(std::string_view status) {
  if (pid_ > 0)
    return;
  pid_t pid = pid_in(status);
  if (pid <= 0)
    return;
  ended_ = unique_fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (ended_) // else it has ended already
    pid_ = pid;
}

bool inner_process::terminate() const {
  if (pid_ <= 0 || wait_for_end(std::chrono::milliseconds{0}) || getpgid(pid_) != pid_)
    return false;
  return kill(-pid_, SIGTERM) == 0;
}

bool inner_process::wait_for_end(std::chrono::milliseconds limit) const {
  if (pid_ <= 0)
    return true;
  auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    pollfd entry{ended_.get(), POLLIN, 0};
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (poll(&entry, 1, static_cast<int>(std::max<int64_t>(left, 0))) > 0)
      return true;
    if (left <= 0)
      return false;
  }
}

} // namespace hive::detail
