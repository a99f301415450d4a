#include "platform/watched_folder.hpp"

#include "messages/ec.hpp"
#include "platform/read_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t watched_events =
  IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t end_of_watch = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

/// Values written to the eventfd; both may arrive in one sum.
constexpr uint64_t wake_to_go_on = 1;
constexpr uint64_t wake_to_end = uint64_t{1} << 32;

/// Reads of 64 KiB in one `take`, about what the kernel queues by default (16,384 events). The rest is told anew.
constexpr int max_reads = 32;

file_mark mark_of(const struct stat& status) {
  constexpr int64_t ns_per_s = 1'000'000'000;
  return {status.st_ino, status.st_mtim.tv_sec * ns_per_s + status.st_mtim.tv_nsec,
          static_cast<uint64_t>(status.st_size)};
}

caf::error fail_at(const fs::path& path, const char* what, int error) {
  auto code = error == ENOENT ? ec::not_found : error == ENOTDIR ? ec::unsupported : ec::unavailable;
  return fail(code, path.string() + " " + what + ": " + errno_text(error));
}

void add(const inotify_event& event, watched_folder::changes& out) {
  out.is_incomplete |= (event.mask & IN_Q_OVERFLOW) != 0;
  out.is_gone |= (event.mask & end_of_watch) != 0;
  if (event.len > 0)
    out.names.emplace_back(event.name); // padded with zeros
}

} // namespace

watched_folder::watched_folder(fs::path path, std::function<void()> on_change)
    : path_{std::move(path)}, on_change_{std::move(on_change)} {
}

caf::expected<std::unique_ptr<watched_folder>> watched_folder::open(const fs::path& path,
                                                                    std::function<void()> on_change) {
  std::unique_ptr<watched_folder> out{new watched_folder{path, std::move(on_change)}};
  if (auto error = out->start())
    return error;
  return out;
}

caf::error watched_folder::start() {
  folder_ = unique_fd{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder_)
    return fail_at(path_, "cannot be opened", errno);
  inotify_ = unique_fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  wake_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!inotify_ || !wake_ || ::inotify_add_watch(inotify_.get(), path_.c_str(), watched_events) < 0)
    return fail_at(path_, "cannot be watched", errno);
  if (!is_in_place()) // or another folder would be watched than is read
    return fail(ec::unavailable, path_.string() + " was replaced while it was opened");
  waiter_ = std::thread{[this] { wait_for_changes(); }};
  return caf::none;
}

watched_folder::~watched_folder() {
  if (!waiter_.joinable())
    return;
  wake(wake_to_end);
  waiter_.join();
}

void watched_folder::wake(uint64_t value) const {
  // Fails only if the sum would overflow, far beyond the calls of one process.
  while (::write(wake_.get(), &value, sizeof value) < 0 && errno == EINTR) {
  }
}

void watched_folder::wait_for_changes() {
  bool is_told = false;
  while (true) {
    // poll ignores negative descriptors.
    std::array<pollfd, 2> sources{{{is_told ? -1 : inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), -1) < 0)
      continue;
    uint64_t woken = 0;
    if (sources[1].revents != 0 && ::read(wake_.get(), &woken, sizeof woken) > 0) {
      if (woken >= wake_to_end)
        return;
      is_told = false;
    } else if (sources[0].revents != 0) {
      is_told = true;
      on_change_();
    }
  }
}

watched_folder::changes watched_folder::take() {
  changes out;
  alignas(inotify_event) std::array<char, 65536> buffer;
  for (int i = 0; i < max_reads; ++i) {
    auto got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0)
      break; // EAGAIN: nothing is left
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      add(*event, out);
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
  std::ranges::sort(out.names);
  auto doubles = std::ranges::unique(out.names);
  out.names.erase(doubles.begin(), doubles.end());
  wake(wake_to_go_on);
  return out;
}

bool watched_folder::is_in_place() const {
  struct stat opened {
  }, now{};
  return ::fstat(folder_.get(), &opened) == 0 && ::stat(path_.c_str(), &now) == 0 && opened.st_dev == now.st_dev &&
         opened.st_ino == now.st_ino;
}

caf::expected<watched_folder::listing> watched_folder::list(size_t max) const {
  auto fd = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // fdopendir takes it
  std::unique_ptr<DIR, int (*)(DIR*)> folder{fd < 0 ? nullptr : ::fdopendir(fd), ::closedir};
  if (!folder)
    return fail_at(path_, "cannot be listed", errno);
  listing out;
  errno = 0;
  while (const auto* entry = ::readdir(folder.get())) {
    if (out.names.size() == max) {
      out.is_complete = false;
      break;
    }
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
      out.names.emplace_back(entry->d_name);
  }
  if (errno != 0)
    return fail_at(path_, "cannot be listed", errno);
  std::ranges::sort(out.names);
  return out;
}

caf::expected<std::optional<file_mark>> watched_folder::mark(const std::string& name) const {
  struct stat status {};
  if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT)
      return std::optional<file_mark>{};
    return fail(ec::unavailable, "cannot be read: " + errno_text(errno));
  }
  if (S_ISLNK(status.st_mode))
    return fail(ec::unsupported, "is a symbolic link, which is not followed");
  if (!S_ISREG(status.st_mode))
    return fail(ec::unsupported, "is not a regular file");
  return std::optional{mark_of(status)};
}

caf::expected<std::optional<watched_folder::content>> watched_folder::read(const std::string& name,
                                                                           size_t max_bytes) const {
  auto seen = mark(name);
  if (!seen)
    return seen.error();
  if (!*seen)
    return std::optional<content>{};
  opened_file file;
  // O_NOFOLLOW and O_NONBLOCK: a link or a pipe may have taken its place by now.
  file.fd = unique_fd{::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)};
  if (!file.fd && errno == ENOENT)
    return std::optional<content>{};
  if (!file.fd || ::fstat(file.fd.get(), &file.status) != 0)
    return fail(ec::unavailable, "cannot be read: " + errno_text(errno));
  if (!S_ISREG(file.status.st_mode))
    return fail(ec::unsupported, "is not a regular file");
  auto text = read_all(file, max_bytes);
  if (!text)
    return text.error();
  return std::optional{content{mark_of(file.status), std::move(*text)}};
}

} // namespace hive
