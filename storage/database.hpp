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

struct database_options {
  /// Directory of the node's data; created when missing. The database lies in its subdirectory `store`.
  std::filesystem::path directory = "hive-data";

  /// Bytes of decompressed blocks kept in memory for reads. Default 64 MiB. Lost on a crash without harm.
  size_t block_cache_bytes = size_t{64} << 20;

  /// Bytes of recent writes of one column kept in memory before they are written as a file. Default 32 MiB. They are
  /// in the write-ahead log as well, so a crash loses none.
  size_t write_buffer_bytes = size_t{32} << 20;

  /// Free space that writes must leave on the disk. Default 256 MiB: room for RocksDB to write out what it holds in
  /// memory. A write that would go below it is refused, because RocksDB 7.8 does not recover from a log that could not
  /// be written; what is stored stays readable and the next write after space was made succeeds.
  uint64_t min_free_bytes = uint64_t{256} << 20;

  /// Open the store although files of it are missing or damaged, and keep what can be read. For one start of an
  /// operator who knows what is lost.
  bool accept_losses = false;

  /// Called from a RocksDB thread when background work fails, such as a flush on a full disk.
  std::function<void(std::string)> on_background_error = [](std::string) {};

  /// Called while the store is being opened with what the operator should know.
  std::function<void(std::string)> on_notice = [](std::string) {};
};

/// The node's RocksDB: one column family per kind of record. Reads may be done from any thread; writes come from the
/// committer alone (and from the start of a node, before it has one).
class database {
public:
  /// Opens or creates the store. What was acknowledged is all there then, or it refuses, naming the file or directory:
  /// a directory that cannot be written or has too little room (ec::storage_failed), one that holds something else
  /// (ec::invalid), one in use by another process (ec::busy), a store that is damaged or misses something
  /// (ec::corrupt).
  ///
  /// A new store is no more than an attempt until its first write: whatever a start before it left is removed.
  static caf::expected<std::unique_ptr<database>> open(database_options options);

  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// The value of `key`; nothing when there is none; ec::corrupt when it cannot be read.
  caf::expected<std::optional<std::string>> get(column where, std::string_view key) const;

  /// The same as a message, checked like any other bytes; ec::corrupt when it does not load.
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

  /// What a visitor tells a scan.
  enum class scan { next, stop };
  using visitor = std::function<scan(std::string_view key, std::string_view value)>;

  /// Visits the entries whose keys start with `prefix`, in byte order, from the first key at or behind `from`.
  /// Fails with ec::corrupt when something cannot be read.
  caf::error visit(column where, std::string_view prefix, std::string_view from, const visitor& visit_entry) const;

  /// Visits the entries whose keys start with `prefix` backwards, from the last key before `before` on. Fails as
  /// `visit`.
  caf::error visit_back(column where, std::string_view prefix, std::string_view before,
                        const visitor& visit_entry) const;

  /// The last entry whose key starts with `prefix`.
  caf::expected<std::optional<std::string>> last(column where, std::string_view prefix) const;

  /// Bytes read as a stored message; a failure names where they lie.
  template <class T>
  static caf::expected<msg<T>> load_stored(column where, std::string_view key, std::string_view bytes) {
    auto loaded = msg<T>::load(bytes);
    if (!loaded)
      return damaged(where, key, text_of(loaded.error()));
    return loaded;
  }

  /// ec::corrupt for a stored record, with the place where it lies.
  static caf::error damaged(column where, std::string_view key, std::string_view why);

  /// Writes all or nothing and returns when it is on disk (one fsync). ec::storage_failed: the disk has too little
  /// room, or failed; after a failure (`is_broken`) a reader of the reopened store will see all of the writes or none.
  caf::error write(const write_set& writes);

  /// A batch in RocksDB's form, for the committer to gather many write sets into one write.
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

  /// ec::storage_failed with the directory while the disk has too little room for any write. Any thread; one system
  /// call.
  caf::error check_room() const;

  /// The write under way, to be watched for longer than the database lives.
  std::shared_ptr<const write_progress> progress() const;

  /// Whether a write failed in a way that only a new start of the process mends.
  bool is_broken() const;

  /// Stops background work and closes. Further calls are not allowed.
  void close();

private:
  struct impl;
  explicit database(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
