#include "storage/file_digest.hpp"

#include "messages/ec.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

namespace hive {
namespace {

/// Read size: large enough to make system calls negligible, small enough for the CPU cache.
constexpr size_t block_bytes = size_t{256} << 10;

caf::error unreadable(const std::filesystem::path& file, int error) {
  return fail(ec::corrupt, error == ENOENT ? file.string() + " is missing"
                                           : file.string() + " cannot be read: " + errno_text(error));
}

} // namespace

struct file_digest::impl {
  XXH3_state_t* state = XXH3_createState();

  impl() {
    if (!state)
      throw std::bad_alloc{};
    XXH3_64bits_reset(state);
  }

  ~impl() {
    XXH3_freeState(state);
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
};

file_digest::file_digest() : impl_{new impl} {
}

file_digest::~file_digest() = default;
file_digest::file_digest(file_digest&&) noexcept = default;
file_digest& file_digest::operator=(file_digest&&) noexcept = default;

void file_digest::add(std::string_view bytes) {
  XXH3_64bits_update(impl_->state, bytes.data(), bytes.size());
}

uint64_t file_digest::value() const {
  return XXH3_64bits_digest(impl_->state);
}

uint64_t file_digest::of(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

caf::expected<uint64_t> digest_of_file(const std::filesystem::path& file, uint64_t size) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return unreadable(file, errno);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  file_digest digest;
  std::vector<char> block(block_bytes);
  uint64_t left = size;
  int error = 0;
  while (left > 0) {
    auto got = ::read(fd, block.data(), std::min<uint64_t>(left, block.size()));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      error = got < 0 ? errno : 0;
      break;
    }
    digest.add({block.data(), static_cast<size_t>(got)});
    left -= static_cast<uint64_t>(got);
  }
  ::close(fd);
  if (error != 0)
    return unreadable(file, error);
  if (left > 0)
    return fail(ec::corrupt, file.string() + " has " + std::to_string(size - left) + " bytes of " +
                               std::to_string(size) + " that were written");
  return digest.value();
}

} // namespace hive
