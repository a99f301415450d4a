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

} // namespace hive
