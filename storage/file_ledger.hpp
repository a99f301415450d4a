#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <atomic>
#include <caf/error.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace hive {

/// A file as far as it is on disk.
struct synced_file {
  uint64_t size = 0;
  uint64_t digest = 0;
  bool operator==(const synced_file&) const = default;
};

/// Knows every file of the store that holds acknowledged writes, and keeps the mark of the data directory: the newest
/// acknowledged write and those files, so that the next start finds whatever was lost or damaged in between.
///
/// Growth of the live log reaches the mark within `max_mark_age`. Everything else does at once, before RocksDB relies
/// on it: a file is in the mark before it replaces another one, and out of it before it is removed. So the mark is
/// never wrong, wherever a crash comes in between, and the newest records of the live log are all that it cannot know.
///
/// Any thread may call any function.
class file_ledger {
public:
  /// No write is acknowledged while the mark misses one that was acknowledged longer ago.
  static constexpr std::chrono::milliseconds max_mark_age{1'000};

  explicit file_ledger(std::filesystem::path data_directory);
  ~file_ledger();
  file_ledger(const file_ledger&) = delete;
  file_ledger& operator=(const file_ledger&) = delete;

  /// The files and the sequence of a mark that was checked. Until `serve`, only a file that is replaced and a log that
  /// is created change the mark: opening a store creates and removes many others.
  void load(wire::StoreMark::Reader mark);

  /// Writes that the store begins to live: from now on its files hold what was acknowledged.
  caf::error serve(uint64_t sequence);

  // What RocksDB does with its files; names are without directories.

  caf::error created(const std::string& name);
  /// Part of the mark at the next look; `now` says whether it must be there on return.
  caf::error synced(const std::string& name, synced_file file, bool now);
  /// The file `name` is about to have, or has got, this content.
  caf::error replacing(const std::string& name, synced_file content);
  caf::error replaced(const std::string& name, synced_file content);
  /// The file is removed once the mark misses it.
  void unlink(const std::string& name);

  /// Whether a write may be acknowledged: ec::storage_failed while the mark cannot be written. May wait for it.
  caf::error check();
  /// Writes up to this one are about to be acknowledged.
  void acknowledged(uint64_t sequence);

  /// Writes the mark for the last time and ends the thread.
  void stop();

private:
  using clock = std::chrono::steady_clock;

  void run();
  caf::error publish();
  msg<wire::StoreMark> build() const;
  void remove_unlinked(const std::set<std::string>& names) const;
  bool is_late() const;

  const std::filesystem::path data_;
  std::mutex publishing_; ///< held while a mark is written; before `mutex_`
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::vector<synced_file>> files_; ///< more than one: either
  std::set<std::string> unlinked_;
  uint64_t sequence_ = 0;
  bool has_mark_ = false; ///< a first start has none that would have to follow
  bool serving_ = false;
  bool dirty_ = false;
  bool names_changed_ = false;
  bool stopping_ = false;
  clock::time_point dirty_since_;
  std::thread thread_;
};

} // namespace hive
