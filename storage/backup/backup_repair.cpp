#include "storage/backup/backup_repair.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"
#include "storage/backup/sync_files.hpp"
#include "storage/store_mark.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hive {

caf::error copy_table_again(const std::filesystem::path& table, const std::filesystem::path& directory,
                            const backup_file& file) {
  auto copy = file;
  copy.path += ".new";
  auto target = directory / file.path;
  std::error_code failed;
  std::filesystem::copy_file(table, directory / copy.path, std::filesystem::copy_options::overwrite_existing, failed);
  if (failed)
    return fail(ec::storage_failed, table.string() + " cannot be copied: " + failed.message());
  auto err = check_backup_file(directory, copy);
  if (!err)
    err = sync_file(directory / copy.path);
  if (!err && ::rename((directory / copy.path).c_str(), target.c_str()) != 0)
    err = fail(ec::storage_failed, target.string() + " cannot be replaced: " + errno_text(errno));
  if (err) {
    std::filesystem::remove(directory / copy.path, failed); // or the next backup removes it
    return err;
  }
  return sync_directory(target.parent_path());
}

} // namespace hive
