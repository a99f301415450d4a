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

/// A file's durable part.
struct synced_file {
  uint64_t size = 0;
  uint64_t digest = 0;
  bool operator==(const synced_file&) const = default;
};

/// Tracks every store file that holds acknowledged writes, and maintains the data directory's mark, which records the
/// newest acknowledged write and those files. The next start checks the mark and so detects lost or damaged files.
///
/// Growth of the live log reaches the mark within `max_mark_age`. All other changes reach it at once, before RocksDB
/// relies on them: a file enters the mark before it replaces another, and leaves it before it is deleted. So the mark
/// is valid at every possible crash; it can only lack the newest records of the live log.
///
/// All functions are thread-safe.
class file_ledger {
public:
  /// No write is acknowledged while the mark lacks a write acknowledged longer ago than this.
  static constexpr std::chrono::milliseconds max_mark_age{1'000};

  explicit file_ledger(std::filesystem::path data_directory);
  ~file_ledger();
  file_ledger(const file_ledger&) = delete;
  file_ledger& operator=(const file_ledger&) = delete;

  /// Loads the files and sequence of a verified mark. Until `serve`, only file replacements and new logs update the
  /// mark, because opening a store creates and removes many other files.
  void load(wire::StoreMark::Reader mark);

  /// Marks the store as live: from now on its files hold acknowledged writes.
  caf::error serve(uint64_t sequence);

  // RocksDB's file operations; names have no directory.

  caf::error created(const std::string& name);
  /// Adds the file's durable part to the next mark; with `now`, the mark is on disk on return.
  caf::error synced(const std::string& name, synced_file file, bool now);
  /// The file `name` is about to get (`replacing`) or has got (`replaced`) this content.
  caf::error replacing(const std::string& name, synced_file content);
  caf::error replaced(const std::string& name, synced_file content);
  /// Deletes the file once the mark no longer lists it.
  void unlink(const std::string& name);

  /// Whether a write may be acknowledged: ec::storage_failed while the mark cannot be written. May block on the disk.
  caf::error check();
  /// Announces that writes up to `sequence` are about to be acknowledged.
  void acknowledged(uint64_t sequence);

  /// The complete tables, each with its content.
  std::map<std::string, synced_file> tables() const;

  /// Writes a final mark and ends the thread.
  void stop();

private:
  using clock = std::chrono::steady_clock;

  void run();
  caf::error publish();
  msg<wire::StoreMark> build() const;
  void remove_unlinked(const std::set<std::string>& names) const;
  bool is_late() const;

  const std::filesystem::path data_;
  std::mutex publishing_; ///< held while a mark is written; locked before `mutex_`
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::vector<synced_file>> files_; ///< several contents: any of them is valid
  std::set<std::string> unlinked_;
  uint64_t sequence_ = 0;
  bool has_mark_ = false; ///< false during a first start, where no mark needs updates
  bool serving_ = false;
  bool dirty_ = false;
  bool names_changed_ = false;
  bool stopping_ = false;
  clock::time_point dirty_since_;
  std::thread thread_;
};

} // namespace hive
