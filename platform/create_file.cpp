#include "platform/create_file.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hive {
namespace {

caf::error fail_to_write(const std::filesystem::path& path, int error) {
  if (error == EEXIST)
    return fail(ec::already_exists, path.string() + " exists already and is not replaced");
  return fail(ec::unavailable, path.string() + " cannot be written: " + errno_text(error));
}

} // namespace

caf::error create_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!fd)
    return fail_to_write(path, errno);
  errno = ENOSPC; // a short write means a full disk
  bool written = ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written && ::fsync(fd.get()) == 0)
    return caf::none;
  auto error = fail_to_write(path, errno);
  ::unlink(path.c_str());
  return error;
}

caf::error replace_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  auto beside = path;
  beside += ".new";
  ::unlink(beside.c_str()); // of a replacement that was cut short
  if (auto failed = create_file(beside, text, mode))
    return failed;
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    auto error = fail_to_write(path, errno);
    ::unlink(beside.c_str());
    return error;
  }
  return sync_entries(path.parent_path());
}

caf::error sync_entries(const std::filesystem::path& directory) {
  unique_fd fd{::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd && ::fsync(fd.get()) == 0)
    return caf::none;
  return fail(ec::unavailable, directory.string() + " cannot be synced: " + errno_text(errno));
}

} // namespace hive
