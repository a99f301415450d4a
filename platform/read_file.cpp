#include "platform/read_file.hpp"

#include "messages/ec.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace hive {
namespace {

caf::error fail_to_read(int error) {
  if (error == ENOENT || error == ENOTDIR)
    return fail(ec::not_found, "is missing");
  return fail(ec::unavailable, "cannot be read: " + errno_text(error));
}

} // namespace

caf::error name_file(const std::filesystem::path& path, const caf::error& error) {
  return fail(code_of(error), path.string() + " " + text_of(error));
}

caf::expected<opened_file> open_regular_file(const std::filesystem::path& path) {
  opened_file out;
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  out.fd = unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!out.fd || ::fstat(out.fd.get(), &out.status) != 0)
    return fail_to_read(errno);
  if (!S_ISREG(out.status.st_mode))
    return fail(ec::unsupported, "is not a regular file");
  return out;
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

} // namespace hive
