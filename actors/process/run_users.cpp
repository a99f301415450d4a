#include "actors/process/run_users.hpp"

#include "messages/ec.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <pwd.h>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hive::sandbox {
namespace {

namespace fs = std::filesystem;

/// Directories for the locks, the first that can be used. Others must not be able to lock a user, so it is root's
/// alone.
constexpr std::array lock_directories{"/run/hivemark-sandbox", "/tmp/hivemark-sandbox"};
/// Capabilities that a run under another user takes: to give files, to become the user, and to make mounts.
constexpr std::array needed_capabilities{0 /*CHOWN*/, 6 /*SETGID*/, 7 /*SETUID*/, 21 /*SYS_ADMIN*/};
/// Levels of directories in a tree that is given to a user; each takes a descriptor.
constexpr int max_depth = 200;
/// Room for an account's texts, far above any.
constexpr size_t account_bytes = 16 << 10;

/// The effective capabilities of this process.
uint64_t capabilities() {
  std::ifstream status{"/proc/self/status"};
  constexpr std::string_view field = "CapEff:\t";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) {
      uint64_t out = 0;
      std::from_chars(line.data() + field.size(), line.data() + line.size(), out, 16);
      return out;
    }
  return 0;
}

/// Whether this user namespace has all of these ids.
bool has_ids(const char* map, uint64_t first, uint64_t count) {
  std::ifstream in{map};
  for (uint64_t inside = 0, outside = 0, size = 0; in >> inside >> outside >> size;)
    if (first >= inside && first + count <= inside + size)
      return true;
  return false;
}

bool is_own_directory(const char* path) {
  struct stat facts {};
  if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
    return false;
  return lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() &&
         (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool has_account(uid_t id) {
  std::array<char, account_bytes> buffer;
  passwd account{};
  passwd* found = nullptr;
  return getpwuid_r(id, &account, buffer.data(), buffer.size(), &found) == 0 && found;
}

caf::error cannot_give(const fs::path& path) {
  return fail(ec::unavailable, path.string() + " cannot be given to the user of a sandbox: " + errno_text(errno));
}

bool change_owner(int parent, const char* name, uid_t user) {
  return fchownat(parent, name, user, user, AT_SYMLINK_NOFOLLOW) == 0;
}

caf::error give_entries(uid_t user, unique_fd directory, const fs::path& path, int depth) {
  if (depth == max_depth)
    return fail(ec::unavailable, path.string() + " has more than " + std::to_string(max_depth) + " levels");
  std::unique_ptr<DIR, int (*)(DIR*)> entries{fdopendir(directory.get()), closedir};
  if (!entries)
    return cannot_give(path);
  int fd = directory.release(); // closed with the entries
  for (errno = 0; auto* entry = readdir(entries.get()); errno = 0) {
    std::string_view name = entry->d_name;
    if (name == "." || name == "..")
      continue;
    if (!change_owner(fd, entry->d_name, user))
      return cannot_give(path / name);
    unique_fd inner{openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    if (!inner && errno != ENOTDIR && errno != ELOOP)
      return cannot_give(path / name);
    if (inner)
      if (auto error = give_entries(user, std::move(inner), path / name, depth + 1))
        return error;
  }
  if (errno != 0)
    return cannot_give(path);
  return caf::none;
}

} // namespace

run_users run_users::find(uid_t first, uint32_t count) {
  run_users out;
  out.first_ = first;
  out.count_ = count;
  auto held = capabilities();
  for (int capability : needed_capabilities)
    if (geteuid() != 0 || !(held & (uint64_t{1} << capability)))
      out.why_none_ = geteuid() != 0 ? "the node does not run as root" : "the node's root lacks capabilities";
  if (out.any() && (!has_ids("/proc/self/uid_map", first, count) || !has_ids("/proc/self/gid_map", first, count)))
    out.why_none_ = "the node's user namespace lacks the users from " + std::to_string(first) + " on";
  if (out.any())
    for (const auto* directory : lock_directories)
      if (out.locks_.empty() && is_own_directory(directory))
        out.locks_ = directory;
  if (out.any() && out.locks_.empty())
    out.why_none_ = "no directory for the locks of the users can be made";
  return out;
}

caf::expected<run_user> run_users::take() const {
  int error = 0;
  for (uid_t id = first_; id < first_ + count_; ++id) {
    if (has_account(id))
      continue;
    unique_fd lock{open((locks_ / std::to_string(id)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
      return run_user{id, std::move(lock)};
    if (!lock || errno != EWOULDBLOCK)
      error = errno;
  }
  if (error != 0)
    return fail(ec::unavailable,
                "no user for a sandbox can be locked in " + locks_.string() + ": " + errno_text(error));
  return fail(ec::overloaded, "all " + std::to_string(count_) + " users for sandboxes are taken or have accounts");
}

caf::error give_to(uid_t user, const fs::path& path) {
  if (!change_owner(AT_FDCWD, path.c_str(), user))
    return cannot_give(path);
  unique_fd directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!directory && errno != ENOTDIR && errno != ELOOP)
    return cannot_give(path);
  if (!directory)
    return caf::none;
  return give_entries(user, std::move(directory), path, 1);
}

} // namespace hive::sandbox
