#include "actors/http/socket_file.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hive::http {
namespace {

caf::error refused(const std::filesystem::path& path, const std::string& why) {
  return fail(ec::unavailable, "cannot listen on " + path.string() + ": " + why);
}

/// Whether a process accepts connections there.
bool is_listening(const std::filesystem::path& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.native().copy(at.sun_path, sizeof at.sun_path - 1);
  unique_fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  return probe && (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 || errno == EAGAIN);
}

caf::error remove_left_behind(const std::filesystem::path& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0)
    return errno == ENOENT ? caf::error{} : refused(path, std::strerror(errno));
  if (!S_ISSOCK(about.st_mode))
    return refused(path, "there is a file which is no socket");
  if (is_listening(path))
    return refused(path, "another process listens there");
  return ::unlink(path.c_str()) == 0 ? caf::error{} : refused(path, std::strerror(errno));
}

} // namespace

caf::error check_socket_path(const std::filesystem::path& path) {
  if (!path.is_absolute() || path.native().size() >= sizeof(sockaddr_un::sun_path))
    return fail(ec::invalid, "must be an absolute path of at most " +
                               std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes, not " + path.string());
  return caf::none;
}

caf::error socket_file::claim(const std::filesystem::path& path, mode_t mode, const std::function<caf::error()>& bind) {
  if (auto error = remove_left_behind(path))
    return error;
  // Until its mode is set, only this user may connect.
  auto mask = ::umask(0177);
  auto failed = bind();
  ::umask(mask);
  if (failed)
    return refused(path, text_of(failed));
  struct stat about {};
  if (::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &about) != 0)
    return refused(path, std::strerror(errno));
  path_ = path;
  device_ = about.st_dev;
  inode_ = about.st_ino;
  return caf::none;
}

socket_file::~socket_file() {
  struct stat about {};
  if (!path_.empty() && ::lstat(path_.c_str(), &about) == 0 && about.st_dev == device_ && about.st_ino == inode_)
    ::unlink(path_.c_str());
}

} // namespace hive::http
