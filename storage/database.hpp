#pragma once

#include "messages/msg.hpp"
#include "storage/write_progress.hpp"
#include "storage/write_set.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

struct open_store;

struct database_options {
  /// Directory of the node's data; created when missing. The database is in its subdirectory `store`.
  std::filesystem::path directory = "hive-data";

  /// Cache for decompressed blocks, in bytes. Default 64 MiB. A crash loses nothing.
  size_t block_cache_bytes = size_t{64} << 20;

  /// Write buffer of each column, in bytes, before it is flushed to a file. Default 32 MiB. Its content is also in the
  /// write-ahead log, so a crash loses nothing.
  size_t write_buffer_bytes = size_t{32} << 20;

  /// Free disk space that writes must leave, in bytes. Default 256 MiB: room for RocksDB to flush its buffers. Writes
  /// that would go below it are refused, because RocksDB 7.8 cannot recover from a failed log write. Stored data stays
  /// readable, and writes succeed again once there is space.
  uint64_t min_free_bytes = uint64_t{256} << 20;

  /// Opens the store even if files are missing or damaged, and keeps what is readable. Meant for a single start by an
  /// operator who knows what is lost.
  bool accept_losses = false;

  /// Called from a RocksDB thread when background work fails, for example a flush on a full disk.
  std::function<void(std::string)> on_background_error = [](std::string) {};

  /// Called during opening with notices for the operator.
  std::function<void(std::string)> on_notice = [](std::string) {};
};

/// The node's RocksDB, with one column family per kind of record. Any thread may read. Only the committer writes (and
/// the node's start-up, before there is a committer).
class database {
public:
  /// Opens or creates the store; fails unless all acknowledged writes are present. Errors name the file or directory:
  /// ec::storage_failed when it is not writable or has too little room, ec::invalid when it holds something else,
  /// ec::busy when another process uses it, ec::corrupt when the store is damaged or incomplete.
  ///
  /// A new store becomes live with its first write; leftovers of an unsuccessful first start are removed.
  static caf::expected<std::unique_ptr<database>> open(database_options options);

  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// The value of `key`, or nothing. ec::corrupt when it cannot be read.
  caf::expected<std::optional<std::string>> get(column where, std::string_view key) const;

  /// The value of `key` as a message, fully checked. ec::corrupt when it does not load.
  template <class T>
  caf::expected<std::optional<msg<T>>> get_msg(column where, std::string_view key) const {
    auto bytes = get(where, key);
    if (!bytes)
      return bytes.error();
    if (!*bytes)
      return std::optional<msg<T>>{};
    auto loaded = load_stored<T>(where, key, **bytes);
    if (!loaded)
      return loaded.error();
    return std::optional<msg<T>>{std::move(*loaded)};
  }

  /// The value of a counter (see write_set::add_to_counter); 0 when nothing was ever added. ec::corrupt when it cannot
  /// be read.
  caf::expected<int64_t> counter(std::string_view key) const;

  /// Whether a scan continues.
  enum class scan { next, stop };
  using visitor = std::function<scan(std::string_view key, std::string_view value)>;

  /// Visits entries whose keys start with `prefix`, in byte order, from the first key ≥ `from`. ec::corrupt when an
  /// entry cannot be read.
  caf::error visit(column where, std::string_view prefix, std::string_view from, const visitor& visit_entry) const;

  /// Visits entries whose keys start with `prefix` backwards, from the last key < `before`. Fails like `visit`.
  caf::error visit_back(column where, std::string_view prefix, std::string_view before,
                        const visitor& visit_entry) const;

  /// The value of the last entry whose key starts with `prefix`, or nothing.
  caf::expected<std::optional<std::string>> last(column where, std::string_view prefix) const;

  /// Decodes stored bytes as a message; errors name the column and key.
  template <class T>
  static caf::expected<msg<T>> load_stored(column where, std::string_view key, std::string_view bytes) {
    auto loaded = msg<T>::load_stored(bytes);
    if (!loaded)
      return damaged(where, key, text_of(loaded.error()));
    return loaded;
  }

  /// An ec::corrupt error for a stored record; names the column and key.
  static caf::error damaged(column where, std::string_view key, std::string_view why);

  /// Size of the store's table files, in bytes.
  uint64_t stored_bytes() const;

  /// Writes all or nothing; durable on return (one fsync). ec::storage_failed when the disk has too little room or
  /// fails. After a failure (`is_broken`), the reopened store holds either all of the writes or none.
  caf::error write(const write_set& writes);

  /// A RocksDB write batch, into which the committer merges many write sets.
  class batch {
  public:
    explicit batch(const database& db);
    ~batch();
    batch(batch&&) noexcept;
    batch& operator=(batch&&) noexcept;
    void add(const write_set& writes);
    size_t bytes() const;

  private:
    friend class database;
    struct impl;
    std::unique_ptr<impl> impl_;
  };

  caf::error write(batch& gathered);

  /// Fails with ec::storage_failed, naming the directory, when the disk has too little room for any write. May be
  /// called from any thread; costs one system call.
  caf::error check_room() const;

  /// Progress of the current write, for watchers that may outlive the database.
  std::shared_ptr<const write_progress> progress() const;

  /// Whether a write failed in a way that only a restart of the process repairs.
  bool is_broken() const;

  /// Runs `copy` on this thread while no file of the store is deleted; writes go on meanwhile. ec::storage_failed after
  /// a failed write (`is_broken`): the files may then hold less than readers see.
  caf::error keep_files_while(const std::function<caf::error(const open_store&)>& copy) const;

  /// Stops background work and closes. No calls are allowed afterwards.
  void close();

private:
  struct impl;
  explicit database(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
