#include "actors/process/process_confinement.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hive::detail {
namespace {

/// Others may look into the stage, because the user that the child becomes does.
constexpr const char* stage_options = "mode=0755,size=64k";
constexpr mode_t staged_mode = 0755;

/// A place to mount on.
bool make_target(const staged_bind& bind) {
  if (bind.is_directory)
    return mkdir(bind.target.c_str(), staged_mode) == 0;
  int file = open(bind.target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, staged_mode);
  if (file < 0)
    return false;
  close(file);
  return true;
}

/// The path under which the kernel shows a descriptor, written without allocating.
std::array<char, 32> path_of(int fd) {
  constexpr std::string_view prefix = "/proc/self/fd/";
  std::array<char, 32> out{};
  auto* end = std::copy(prefix.begin(), prefix.end(), out.data());
  std::to_chars(end, out.data() + out.size() - 1, fd);
  return out;
}

} // namespace

confinement_plan::confinement_plan(const process_confinement& confinement)
    : confinement_{confinement}, sources_(confinement.binds.size(), -1) {
}

confinement_plan::step_type confinement_plan::apply() {
  if (!enter_groups())
    return groups;
  if (confinement_.stages && !stage())
    return staging;
  if (confinement_.user && !become_user())
    return user;
  return done;
}

bool confinement_plan::enter_groups() const {
  for (int group : confinement_.groups)
    if (write(group, "0", 1) != 1)
      return false;
  return true;
}

/// The kernel takes mounts only from the caller's own namespace, so the sources are opened in it; and before the stage
/// covers what may lead to them.
bool confinement_plan::open_sources() {
  for (size_t i = 0; i < sources_.size(); ++i) {
    sources_[i] = open(confinement_.binds[i].source.c_str(), O_PATH | O_CLOEXEC);
    if (sources_[i] < 0)
      return false;
  }
  return true;
}

bool confinement_plan::stage() {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || !open_sources() ||
      mount("tmpfs", stage_directory, "tmpfs", MS_NOSUID | MS_NODEV, stage_options) != 0)
    return false;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const auto& bind = confinement_.binds[i];
    auto source = path_of(sources_[i]);
    if (!make_target(bind) || mount(source.data(), bind.target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      return false;
  }
  return true;
}

bool confinement_plan::become_user() const {
  auto id = *confinement_.user;
  if (id == 0) {
    errno = EINVAL;
    return false;
  }
  // The system calls themselves: glibc's functions would ask the other threads, which are not in this process.
  if (syscall(SYS_setgroups, 0, nullptr) != 0 || syscall(SYS_setresgid, id, id, id) != 0 ||
      syscall(SYS_setresuid, id, id, id) != 0)
    return false;
  // The user is this run's alone. What an earlier node left of it ends here; no such process is the usual case.
  kill(-1, SIGKILL);
  return true;
}

} // namespace hive::detail
