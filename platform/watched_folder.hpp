#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace hive {

/// Tells two states of a file apart without reading it. A file that was replaced by a rename has another inode.
struct file_mark {
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
  uint64_t size = 0;
  bool operator==(const file_mark&) const = default;
};

/// The regular files of one folder, and word of their changes (inotify). Symbolic links are not followed. A thread
/// sleeps until something changes, so that a quiet folder costs nothing.
class watched_folder {
public:
  struct changes {
    std::vector<std::string> names; ///< written, moved in, moved out or removed; in byte order, each once
    bool is_incomplete = false;     ///< the kernel's queue was full, so others are missing
    bool is_gone = false;           ///< the folder was moved; see `is_in_place` for one that was removed
  };

  struct listing {
    std::vector<std::string> names; ///< in byte order
    bool is_complete = true;
  };

  struct content {
    file_mark mark; ///< as of before the text was read
    std::string text;
  };

  /// Opens a folder and begins to watch it. `on_change` is called from another thread when there are changes, and again
  /// only after `take`. Fails with ec::not_found, ec::unsupported when it is no folder, and ec::unavailable with the
  /// system's reason; the texts name the folder.
  static caf::expected<std::unique_ptr<watched_folder>> open(const std::filesystem::path& path,
                                                             std::function<void()> on_change);

  ~watched_folder();

  /// The changes since the last call.
  changes take();

  /// Whether the path still leads to the folder that was opened. Nothing is told of a folder that is removed, or of one
  /// above it that is moved.
  bool is_in_place() const;

  /// Names of at most `max` entries. Fails with ec::unavailable.
  caf::expected<listing> list(size_t max) const;

  /// The file's mark, or nothing when there is no such file. Fails like open_regular_file: ec::unsupported for whatever
  /// is no regular file, such as a symbolic link.
  caf::expected<std::optional<file_mark>> mark(const std::string& name) const;

  /// The file's content, or nothing when there is no such file. Fails like `mark`, or with ec::too_large.
  caf::expected<std::optional<content>> read(const std::string& name, size_t max_bytes) const;

private:
  watched_folder(std::filesystem::path path, std::function<void()> on_change);

  caf::error start();
  void wait_for_changes();
  void wake(uint64_t value) const;

  std::filesystem::path path_;
  std::function<void()> on_change_;
  unique_fd folder_;
  unique_fd inotify_;
  unique_fd wake_; ///< an eventfd: continue after `take`, or end
  std::thread waiter_;
};

} // namespace hive
