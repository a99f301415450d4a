#include "storage/backup/backup_files.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/read_file.hpp"
#include "platform/sha256.hpp"
#include "storage/file_digest.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <thread>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// More threads would only wait for disk and memory.
constexpr size_t max_readers = 4;

/// A log is at most some 64 MiB, and a manifest of RocksDB far less.
constexpr size_t max_private_bytes = size_t{1} << 30;

caf::expected<std::string> sha256_of_file(const fs::path& file) {
  auto bytes = read_file(file, max_private_bytes);
  if (!bytes)
    return fail(ec::corrupt, text_of(bytes.error()));
  return to_hex(sha256(*bytes));
}

caf::expected<std::string> digest_of(const fs::path& file, uint64_t size, bool is_shared) {
  if (!is_shared)
    return sha256_of_file(file);
  auto digest = digest_of_file(file, size);
  if (!digest)
    return digest.error();
  return xxh3_text(*digest);
}

caf::error check_size(const fs::path& file, uint64_t size) {
  std::error_code failed;
  auto found = fs::file_size(file, failed);
  if (failed == std::errc::no_such_file_or_directory)
    return fail(ec::corrupt, file.string() + " is missing");
  if (failed)
    return fail(ec::corrupt, file.string() + " cannot be read: " + failed.message());
  if (found != size)
    return fail(ec::corrupt,
                file.string() + " is damaged: it has " + std::to_string(found) + " bytes of " + std::to_string(size));
  return caf::none;
}

} // namespace

std::string xxh3_text(uint64_t digest) {
  std::array<unsigned char, sizeof digest> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(digest >> (8 * (bytes.size() - 1 - i)));
  return to_hex(bytes);
}

std::vector<backup_file> files_of(wire::BackupManifest::Reader manifest) {
  std::vector<backup_file> out;
  out.reserve(manifest.getFiles().size());
  for (auto file : manifest.getFiles())
    out.push_back({std::string{as_view(file.getPath())}, file.getSize(), std::string{as_view(file.getSha256())},
                   std::string{as_view(file.getXxh3())}});
  return out;
}

caf::expected<backup_file> describe_file(const fs::path& directory, std::string path, bool is_shared) {
  std::error_code failed;
  auto size = fs::file_size(directory / path, failed);
  if (failed)
    return fail(ec::storage_failed, (directory / path).string() + " cannot be read: " + failed.message());
  auto digest = digest_of(directory / path, size, is_shared);
  if (!digest)
    return digest.error();
  backup_file out{std::move(path), size, {}, {}};
  (is_shared ? out.xxh3 : out.sha256) = std::move(*digest);
  return out;
}

caf::error check_backup_file(const fs::path& directory, const backup_file& file) {
  auto path = directory / file.path;
  if (auto err = check_size(path, file.size))
    return err;
  auto digest = digest_of(path, file.size, file.is_shared());
  if (!digest)
    return digest.error();
  if (*digest != (file.is_shared() ? file.xxh3 : file.sha256))
    return fail(ec::corrupt, path.string() + " is damaged: its content is not what was written");
  return caf::none;
}

caf::expected<damaged_files> check_backup_files(const fs::path& directory, const std::vector<backup_file>& files,
                                                const std::atomic<bool>& cancelled) {
  damaged_files out;
  std::mutex mutex;
  std::atomic<size_t> next = 0;
  auto read = [&] {
    for (size_t i = next++; i < files.size() && !cancelled; i = next++)
      if (auto err = check_backup_file(directory, files[i])) {
        std::lock_guard lock{mutex};
        out.emplace(files[i].path, std::move(err));
      }
  };
  {
    std::vector<std::jthread> readers;
    auto count = std::min({max_readers, files.size(), size_t{std::max(1U, std::thread::hardware_concurrency())}});
    for (size_t i = 1; i < count; ++i)
      readers.emplace_back(read);
    read();
  }
  if (cancelled)
    return fail(ec::unavailable, "stopped before all files were read");
  return out;
}

std::vector<backup_file> choose_sample(std::vector<backup_file> files, std::string_view cursor, uint64_t budget) {
  std::ranges::sort(files, {}, &backup_file::path);
  auto first =
    std::ranges::upper_bound(files, cursor, {}, [](const auto& file) { return std::string_view{file.path}; });
  std::rotate(files.begin(), first, files.end());
  uint64_t bytes = 0;
  size_t count = 0;
  while (count < files.size() && bytes < budget)
    bytes += files[count++].size;
  files.resize(count);
  return files;
}

std::string table_name(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  return std::string{path.substr(0, path.find('_'))} + ".sst";
}

} // namespace hive
