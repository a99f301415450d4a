#include "apps/hivectl/guarded_file.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/files.hpp"
#include "messages/ec.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr mode_t new_file_mode = 0600;
constexpr size_t max_bytes = size_t{4} << 20;

caf::error failure(const std::string& path, const std::string& what) {
  return fail_as(exit_status::file_failed, path + " cannot be " + what + ": " + errno_text(errno));
}

caf::error write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failure(path, "written");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return caf::none;
}

/// Gives `fd` the mode and the owner that the file `path` has now, if it exists.
caf::error take_over(int fd, const std::string& path) {
  struct stat before {
  }, now{};
  if (::stat(path.c_str(), &before) != 0)
    return errno == ENOENT ? caf::error{} : failure(path, "read");
  if (::fstat(fd, &now) != 0)
    return failure(path, "written");
  bool is_owned = before.st_uid == now.st_uid && before.st_gid == now.st_gid;
  if (!is_owned && ::fchown(fd, before.st_uid, before.st_gid) != 0)
    return failure(path, "replaced without changing its owner");
  if (::fchmod(fd, before.st_mode & 07777) != 0)
    return failure(path, "replaced without changing its mode");
  return caf::none;
}

} // namespace

caf::expected<guarded_file> guarded_file::open(const std::string& path) {
  std::error_code failed;
  auto whole = fs::weakly_canonical(path, failed);
  if (failed)
    return fail_as(exit_status::file_failed, path + ": " + failed.message());
  auto folder = whole.parent_path();
  unique_fd locked{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!locked)
    return failure(folder.string(), "opened");
  while (::flock(locked.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return failure(folder.string(), "locked");
  return guarded_file{std::move(locked), whole.string()};
}

guarded_file::guarded_file(unique_fd folder, std::string path) : folder_{std::move(folder)}, path_{std::move(path)} {
}

bool guarded_file::exists() const {
  std::error_code failed;
  return fs::exists(path_, failed);
}

caf::expected<std::string> guarded_file::read() const {
  if (!exists())
    return std::string{};
  return read_file(path_, max_bytes);
}

caf::error guarded_file::replace(std::string_view text) const {
  auto name = fs::path{path_}.filename().string();
  auto unfinished = "." + name + "." + std::to_string(::getpid());
  ::unlinkat(folder_.get(), unfinished.c_str(), 0); // left by a killed process with the same process id
  unique_fd file{
    ::openat(folder_.get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, new_file_mode)};
  if (!file)
    return failure(path_, "written");
  auto wrong = write_all(file.get(), text, path_);
  if (!wrong)
    wrong = take_over(file.get(), path_);
  if (!wrong && ::fsync(file.get()) != 0)
    wrong = failure(path_, "written");
  if (!wrong && ::renameat(folder_.get(), unfinished.c_str(), folder_.get(), name.c_str()) != 0)
    wrong = failure(path_, "replaced");
  if (!wrong && ::fsync(folder_.get()) != 0)
    return failure(path_, "replaced durably");
  if (wrong)
    ::unlinkat(folder_.get(), unfinished.c_str(), 0);
  return wrong;
}

} // namespace hive::ctl
