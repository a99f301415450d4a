#include "platform/read_file.hpp"

#include "messages/ec.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hive {
namespace {

caf::error fail_to_read(int error) {
  if (error == ENOENT || error == ENOTDIR)
    return fail(ec::not_found, "is missing");
  if (error == EXDEV)
    return fail(ec::forbidden, "leads out of the directory");
  return fail(ec::unavailable, "cannot be read: " + errno_text(error));
}

/// Takes the descriptor of an open call, or -1.
caf::expected<opened_file> regular_file(int fd) {
  opened_file out;
  out.fd = unique_fd{fd};
  if (!out.fd || ::fstat(out.fd.get(), &out.status) != 0)
    return fail_to_read(errno);
  if (!S_ISREG(out.status.st_mode))
    return fail(ec::unsupported, "is not a regular file");
  return out;
}

// Without O_NONBLOCK, opening a pipe would wait for its writer.
constexpr int reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

} // namespace

caf::error name_file(const std::filesystem::path& path, const caf::error& error) {
  return fail(code_of(error), path.string() + " " + text_of(error));
}

caf::expected<opened_file> open_regular_file(const std::filesystem::path& path) {
  return regular_file(::open(path.c_str(), reading));
}

caf::expected<opened_file> open_beneath(const std::filesystem::path& directory, const std::filesystem::path& relative) {
  unique_fd root{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!root)
    return fail_to_read(errno);
  open_how how{};
  how.flags = reading;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return regular_file(static_cast<int>(::syscall(SYS_openat2, root.get(), relative.c_str(), &how, sizeof how)));
}

caf::expected<std::string> read_all(const opened_file& file, size_t max_bytes) {
  std::string out;
  std::array<char, 65536> buffer;
  while (true) {
    auto got = ::read(file.fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail_to_read(errno);
    if (got == 0)
      return out;
    out.append(buffer.data(), static_cast<size_t>(got));
    if (out.size() > max_bytes)
      return fail(ec::too_large, "is larger than " + std::to_string(max_bytes) + " bytes");
  }
}

caf::expected<std::string> read_file(const std::filesystem::path& path, size_t max_bytes) {
  auto file = open_regular_file(path);
  if (!file)
    return name_file(path, file.error());
  auto text = read_all(*file, max_bytes);
  if (!text)
    return name_file(path, text.error());
  return text;
}

caf::expected<std::string> read_beneath(const std::filesystem::path& directory, const std::filesystem::path& relative,
                                        size_t max_bytes) {
  auto file = open_beneath(directory, relative);
  if (!file)
    return name_file(relative, file.error());
  auto text = read_all(*file, max_bytes);
  if (!text)
    return name_file(relative, text.error());
  return text;
}

std::string read_kernel_file(const std::filesystem::path& path) {
  constexpr size_t max_bytes = size_t{1} << 20; // /proc/stat lists every interrupt
  auto text = read_file(path, max_bytes);
  return text ? std::move(*text) : std::string{};
}

} // namespace hive
