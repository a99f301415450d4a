#include "storage/backup/kept_files.hpp"

#include "messages/text.hpp"
#include "storage/backup/backup_manifest.hpp"

#include <algorithm>
#include <rocksdb/file_system.h>
#include <set>
#include <string>

namespace hive {
namespace {

namespace fs = std::filesystem;

struct kept_set {
  std::set<std::string> paths;
  std::set<std::string> folders; ///< all files in them
};

class keeping_file_system : public rocksdb::FileSystemWrapper {
public:
  explicit keeping_file_system(kept_set kept)
      : FileSystemWrapper{rocksdb::FileSystem::Default()}, kept_{std::move(kept)} {
  }

  const char* Name() const override {
    return "hivemark-backups";
  }

  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    auto normal = fs::path{path}.lexically_normal();
    if (kept_.paths.contains(normal.string()) || kept_.folders.contains(normal.parent_path().string()))
      return rocksdb::IOStatus::Busy(path, "belongs to a backup");
    return FileSystemWrapper::DeleteFile(path, options, debug);
  }

private:
  const kept_set kept_;
};

/// All that may belong to a backup whose manifest cannot be read.
void keep_all(const fs::path& engine, uint32_t number, kept_set& out) {
  out.paths.insert((engine / "meta" / std::to_string(number)).string());
  out.folders.insert((engine / "private" / std::to_string(number)).string());
  out.folders.insert((engine / "shared_checksum").string());
}

} // namespace

caf::expected<std::unique_ptr<rocksdb::Env>> keep_files(const fs::path& directory, const std::vector<uint32_t>& but) {
  auto numbers = backup_numbers(directory);
  if (!numbers)
    return numbers.error();
  auto root = directory.lexically_normal();
  kept_set kept;
  for (auto number : *numbers) {
    if (std::ranges::find(but, number) != but.end())
      continue;
    auto manifest = read_manifest(directory, number);
    if (!manifest)
      keep_all(backup_paths::engine(root), number, kept);
    else
      for (auto file : (*manifest)->getFiles())
        kept.paths.insert((root / file.getPath().cStr()).lexically_normal().string());
  }
  return rocksdb::NewCompositeEnv(std::make_shared<keeping_file_system>(std::move(kept)));
}

} // namespace hive
