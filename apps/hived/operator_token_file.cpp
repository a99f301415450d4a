#include "apps/hived/operator_token_file.hpp"

#include "apps/hived/runtime_directory.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr mode_t private_directory_mode = 0700;
constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;

caf::error failure(const fs::path& file, const std::string& what, int error = errno) {
  return fail(ec::storage_failed, "the operator token cannot be written to " + file.string() + ": " + what +
                                    (error ? ": " + errno_text(error) : ""));
}

/// Opens the file's directory, which must be private to this user, and creates it if missing.
caf::expected<unique_fd> open_private_directory(const fs::path& file) {
  auto directory = file.parent_path();
  auto parent = directory.parent_path();
  unique_fd above{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  struct stat about {};
  if (!above || ::fstat(above.get(), &about) != 0)
    return failure(file, parent.string() + " cannot be opened");
  if (about.st_uid != ::geteuid())
    return failure(file, parent.string() + " belongs to another user", 0);
  auto name = directory.filename();
  if (::mkdirat(above.get(), name.c_str(), private_directory_mode) != 0 && errno != EEXIST)
    return failure(file, directory.string() + " cannot be made");
  unique_fd out{::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!out || ::fstat(out.get(), &about) != 0)
    return failure(file, directory.string() + " cannot be opened");
  if (about.st_uid != ::geteuid() || (about.st_mode & writable_by_others))
    return failure(file, "other users may write to " + directory.string(), 0);
  return out;
}

caf::expected<unique_fd> open_directory(const token_place& place) {
  if (place.private_directory)
    return open_private_directory(place.file);
  auto directory = place.file.parent_path();
  unique_fd out{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!out)
    return failure(place.file, directory.string() + " cannot be opened");
  return out;
}

/// Fills the new file next to its destination. Only this user can read it until it is complete.
caf::error fill(int fd, std::string_view token, mode_t mode, const fs::path& path) {
  auto line = std::string{token} + "\n";
  errno = ENOSPC; // a short write means a full disk
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return failure(path, "it cannot be filled");
  if (::fchown(fd, static_cast<uid_t>(-1), ::getegid()) != 0 || ::fchmod(fd, mode) != 0)
    return failure(path, "its mode cannot be set");
  return caf::none;
}

caf::expected<struct stat> write_token(const token_place& place, std::string_view token) {
  auto directory = open_directory(place);
  if (!directory)
    return directory.error();
  auto name = place.file.filename().string();
  auto unfinished = name + "." + std::to_string(::getpid());
  ::unlinkat(directory->get(), unfinished.c_str(), 0); // left by a killed process with the same process id
  unique_fd file{::openat(directory->get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file)
    return failure(place.file, "it cannot be made");
  struct stat about {};
  auto wrong = fill(file.get(), token, place.mode, place.file);
  if (!wrong && (::fstat(file.get(), &about) != 0 ||
                 ::renameat(directory->get(), unfinished.c_str(), directory->get(), name.c_str()) != 0))
    wrong = failure(place.file, "it cannot take its place");
  if (!wrong)
    return about;
  ::unlinkat(directory->get(), unfinished.c_str(), 0);
  return wrong;
}

} // namespace

std::vector<token_place> token_places(const fs::path& data, uint16_t port) {
  std::vector<token_place> out;
  auto name = std::to_string(port) + ".token";
  if (auto unit = directory_in("RUNTIME_DIRECTORY"); !unit.empty())
    out.push_back({unit / name, 0640, false});
  if (auto user = directory_in("XDG_RUNTIME_DIR"); !user.empty())
    out.push_back({user / "hivemark" / name, 0600, true});
  out.push_back({fs::absolute(data).lexically_normal() / "operator.token", 0600, false});
  return out;
}

caf::expected<std::unique_ptr<operator_token_file>> operator_token_file::write(const std::vector<token_place>& places,
                                                                               std::string_view token) {
  caf::error last = fail(ec::internal, "there is no place for the operator token");
  for (const auto& place : places) {
    if (last && &place != &places.front())
      log::warn("{}", text_of(last));
    auto written = write_token(place, token);
    if (written)
      return std::unique_ptr<operator_token_file>{new operator_token_file{place.file, *written}};
    last = written.error();
  }
  return last;
}

operator_token_file::operator_token_file(fs::path path, const struct stat& about)
    : path_{std::move(path)}, device_{about.st_dev}, inode_{about.st_ino} {
}

operator_token_file::~operator_token_file() {
  struct stat about {};
  if (::lstat(path_.c_str(), &about) == 0 && about.st_dev == device_ && about.st_ino == inode_)
    ::unlink(path_.c_str());
}

} // namespace hive
