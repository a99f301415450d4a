#include "storage/run_stamp.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/process_stamp.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Writes a file that only this user can read. Returns errno, or 0.
int write_private(const fs::path& file, std::string_view bytes) {
  unique_fd out{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!out)
    return errno;
  errno = ENOSPC; // a short write means a full disk
  return ::write(out.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) ? 0 : errno;
}

} // namespace

fs::path run_stamp_path(const fs::path& directory, std::string_view node) {
  return directory / (std::string{node} + ".stamp");
}

std::optional<msg<wire::RunStamp>> take_run_stamp(const fs::path& directory, std::string_view node) {
  auto file = run_stamp_path(directory, node);
  std::ifstream in{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  auto stamp = in ? msg<wire::RunStamp>::load(bytes) : fail(ec::not_found, "there is no stamp");
  bool is_gone = ::unlink(file.c_str()) == 0;
  if (!stamp || !is_gone || as_view((*stamp)->getNode()) != node || as_view((*stamp)->getBootId()) != boot_id())
    return std::nullopt;
  return std::move(*stamp);
}

caf::error put_run_stamp(const fs::path& directory, std::string_view node, uint64_t epoch, uint64_t version) {
  auto file = run_stamp_path(directory, node);
  auto unfinished = fs::path{file} += ".new";
  auto stamp = msg<wire::RunStamp>::build([&](wire::RunStamp::Builder out) {
    out.setBootId(boot_id());
    out.setNode(std::string{node});
    out.setEpoch(epoch);
    out.setVersion(version);
  });
  ::mkdir(directory.c_str(), 0700); // usually it exists
  auto error = write_private(unfinished, stamp.bytes());
  if (error == 0 && ::rename(unfinished.c_str(), file.c_str()) != 0)
    error = errno;
  if (error == 0)
    return caf::none;
  ::unlink(unfinished.c_str());
  ::unlink(file.c_str()); // an earlier stamp would vouch for an earlier store
  return fail(ec::storage_failed, file.string() + " cannot be written: " + errno_text(error));
}

} // namespace hive
