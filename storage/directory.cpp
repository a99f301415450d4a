#include "storage/directory.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr auto others = fs::perms::group_all | fs::perms::others_all;

/// What a data directory may hold before it has a store: leftovers of an interrupted first start, and files of file
/// systems and services.
constexpr std::array<std::string_view, 4> own_names{"acknowledged", "acknowledged.new", "operator.token", "lost+found"};

caf::error create(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error)
    fs::permissions(directory, fs::perms::owner_all, error); // it holds the node's secret key
  if (error)
    return fail(ec::storage_failed, "cannot create the data directory " + directory.string() + ": " + error.message());
  return caf::none;
}

caf::error check_usable(const fs::path& directory, const fs::file_status& status) {
  if (!fs::is_directory(status))
    return fail(ec::invalid, "the data directory " + directory.string() + " is not a directory");
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return fail(ec::storage_failed, "the data directory " + directory.string() + " cannot be written by this user");
  return caf::none;
}

caf::expected<directory_lock> lock(const fs::path& directory) {
  int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  directory_lock out{fd};
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0)
    return out;
  if (fd >= 0 && errno == EWOULDBLOCK)
    return fail(ec::busy, directory.string() + " is in use by another process (is hived running on it already?)");
  return fail(ec::storage_failed,
              "the data directory " + directory.string() + " cannot be locked: " + errno_text(errno));
}

caf::error check_contents(const fs::path& directory) {
  auto store = store_path(directory);
  if (fs::exists(store))
    return fs::is_directory(store) ? caf::error{} : fail(ec::invalid, store.string() + " is not a directory");
  for (const auto& entry : fs::directory_iterator{directory})
    if (std::ranges::find(own_names, entry.path().filename().string()) == own_names.end())
      return fail(ec::invalid, "the data directory " + directory.string() +
                                 " holds something else: neither empty nor a store of Hivemark");
  return caf::none;
}

/// Removes other users' access to `what`. Returns whether the mode had to change.
bool tighten(const fs::path& what, const fs::file_status& status) {
  if ((status.permissions() & others) == fs::perms::none)
    return false;
  fs::permissions(what, others, fs::perm_options::remove);
  return true;
}

/// Tightens a directory and its content. Returns whether other users had access to the directory itself.
bool tighten_all(const fs::path& directory) {
  bool was_open = tighten(directory, fs::status(directory));
  auto checkouts = checkouts_path(directory);
  for (fs::recursive_directory_iterator at{directory}, end; at != end; ++at) {
    if (auto status = at->symlink_status(); fs::is_regular_file(status) || fs::is_directory(status))
      tighten(at->path(), status);
    // Commands of others may have left directories there that not even their owner can read.
    if (at->path() == checkouts)
      at.disable_recursion_pending();
  }
  return was_open;
}

} // namespace

fs::path store_path(const fs::path& data_directory) {
  return data_directory / "store";
}

fs::path checkouts_path(const fs::path& data_directory) {
  return data_directory / "reviews";
}

directory_lock::~directory_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

caf::expected<prepared_directory> prepare_directory(const fs::path& data_directory) {
  prepared_directory out;
  std::error_code error;
  auto status = fs::status(data_directory, error);
  bool existed = fs::exists(status);
  if (auto err = existed ? check_usable(data_directory, status) : create(data_directory))
    return err;
  auto locked = lock(data_directory);
  if (!locked)
    return locked.error();
  out.lock = std::move(*locked);
  try {
    if (auto err = check_contents(data_directory))
      return err;
    if (tighten_all(data_directory) && fs::exists(store_path(data_directory)))
      out.notice =
        "Other users could read " + data_directory.string() + " until now: they may have read the node's secret key";
  } catch (const fs::filesystem_error& e) {
    return fail(ec::storage_failed, std::string{"the data directory cannot be kept from other users: "} + e.what());
  }
  return out;
}

} // namespace hive
