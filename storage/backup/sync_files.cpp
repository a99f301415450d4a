#include "storage/backup/sync_files.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"
#include "storage/store_mark.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hive {

caf::error sync_file(const std::filesystem::path& file) {
  unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd || ::fsync(fd.get()) != 0)
    return fail(ec::storage_failed, file.string() + " cannot be synced: " + errno_text(errno));
  return caf::none;
}

caf::error sync_tree(const std::filesystem::path& directory) {
  std::error_code failed;
  std::filesystem::directory_iterator at{directory, failed};
  for (; !failed && at != std::filesystem::directory_iterator{}; at.increment(failed)) {
    auto err = at->is_directory() ? sync_tree(at->path()) : sync_file(at->path());
    if (err)
      return err;
  }
  if (failed)
    return fail(ec::storage_failed, directory.string() + " cannot be read: " + failed.message());
  return sync_directory(directory);
}

} // namespace hive
