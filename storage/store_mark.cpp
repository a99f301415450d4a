#include "storage/store_mark.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/version.hpp"
#include "storage/file_digest.hpp"
#include "storage/schema.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// File format: these bytes, the XXH3 of the rest in little-endian order, the message.
constexpr std::string_view magic = "hivemark";
constexpr size_t header_bytes = magic.size() + sizeof(uint64_t);

caf::error cannot_write(const fs::path& file, int error) {
  return fail(ec::storage_failed, file.string() + " cannot be written: " + errno_text(error));
}

std::string encode(const msg<wire::StoreMark>& mark) {
  auto digest = file_digest::of(mark.bytes());
  std::string out{magic};
  for (size_t i = 0; i < sizeof digest; ++i)
    out += static_cast<char>(digest >> (8 * i));
  return out.append(mark.bytes());
}

uint64_t stored_digest(std::string_view bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < sizeof out; ++i)
    out |= uint64_t{static_cast<unsigned char>(bytes[magic.size() + i])} << (8 * i);
  return out;
}

/// Returns errno, or 0.
int write_synced(const fs::path& file, std::string_view bytes) {
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno;
  int error = 0;
  while (!bytes.empty() && error == 0) {
    auto done = ::write(fd, bytes.data(), bytes.size());
    if (done >= 0)
      bytes.remove_prefix(static_cast<size_t>(done));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fdatasync(fd) != 0)
    error = errno;
  if (::close(fd) != 0 && error == 0)
    error = errno;
  return error;
}

} // namespace

fs::path mark_path(const fs::path& data_directory) {
  return data_directory / "acknowledged";
}

caf::expected<std::optional<msg<wire::StoreMark>>> read_mark(const fs::path& data_directory) {
  auto file = mark_path(data_directory);
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    if (errno == ENOENT)
      return std::optional<msg<wire::StoreMark>>{};
    return fail(ec::corrupt, file.string() + " cannot be read: " + errno_text(errno));
  }
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (bytes.size() < header_bytes || !bytes.starts_with(magic) ||
      stored_digest(bytes) != file_digest::of(std::string_view{bytes}.substr(header_bytes)))
    return fail(ec::corrupt, file.string() + " is damaged: it is not as hived wrote it");
  auto content = std::string_view{bytes}.substr(header_bytes);
  if (auto version = msg<wire::StoreVersion>::load(content);
      version && (*version)->getSchemaVersion() > store_schema_version)
    return refuse_newer(data_directory, (*version)->getSchemaVersion(), as_view((*version)->getSoftware()));
  auto mark = msg<wire::StoreMark>::load(content);
  if (!mark)
    return fail(ec::corrupt, file.string() + " cannot be read: " + text_of(mark.error()));
  return std::optional{std::move(*mark)};
}

caf::error refuse_newer(const fs::path& data_directory, uint32_t found, std::string_view software) {
  std::string later = software.empty() ? "a later hived" : "hived " + printable(cut_text(software, 64));
  return fail(ec::unsupported, data_directory.string() + " was last written by " + later + " and has schema version " +
                                 std::to_string(found) + "; this hived (" + version_text + ") reads up to " +
                                 std::to_string(store_schema_version) + ". Nothing in it was changed. Install " +
                                 later + " again, or restore a backup that was made before the upgrade");
}

caf::error write_mark(const fs::path& data_directory, const msg<wire::StoreMark>& mark) {
  auto file = mark_path(data_directory);
  auto next = file.string() + ".new";
  if (int error = write_synced(next, encode(mark)); error != 0)
    return cannot_write(file, error);
  if (::rename(next.c_str(), file.c_str()) != 0)
    return cannot_write(file, errno);
  return sync_directory(data_directory);
}

caf::error sync_directory(const fs::path& directory) {
  int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return cannot_write(directory, errno);
  int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error == 0 ? caf::error{} : cannot_write(directory, error);
}

} // namespace hive
