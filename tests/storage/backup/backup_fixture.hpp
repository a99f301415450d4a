#pragma once

#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/backup/backup_create.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_files.hpp"
#include "storage/backup/backup_restore.hpp"
#include "storage/backup/backup_verify.hpp"
#include "storage/epoch.hpp"
#include "storage/keys.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <optional>

namespace hive {

/// A store with an identity and records, and a directory for its backups.
class backup_fixture : public testing::Test {
protected:
  backup_fixture() {
    open();
    write(0, 300);
  }

  void open() {
    auto opened = database::open({.directory = data()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db_ = std::move(*opened);
    auto identity = begin_epoch(*db_, now_unix_micros());
    if (!identity)
      throw std::runtime_error(text_of(identity.error()));
    node_ = *identity;
  }

  /// Adds records with incompressible values, so that there are tables of some size.
  void write(int from, int count) {
    write_set writes;
    for (int i = from; i < from + count; ++i) {
      std::string value;
      for (uint64_t word = static_cast<uint64_t>(i) + 1; value.size() < 1'000; word = word * 6364136223846793005U + 1)
        value.append(reinterpret_cast<const char*>(&word), sizeof word);
      writes.put(column::inputs, "key" + std::to_string(i), value);
    }
    ASSERT_FALSE(db_->write(writes));
  }

  std::filesystem::path data() const {
    return temp_.path() / "data";
  }

  std::filesystem::path backups() const {
    return temp_.path() / "backups";
  }

  std::filesystem::path restored() const {
    return temp_.path() / "restored";
  }

  backup_options options() const {
    return {.directory = backups(), .min_free_bytes = 0};
  }

  caf::expected<msg<wire::BackupMade>> create() {
    return create(options());
  }

  caf::expected<msg<wire::BackupMade>> create(const backup_options& options) {
    return create_backup({*db_, node_, data(), configuration_, "1.2.3"}, options, cancelled_);
  }

  uint32_t created() {
    auto made = create();
    if (!made) {
      ADD_FAILURE() << text_of(made.error());
      return 0;
    }
    return (*made)->getBackup().getNumber();
  }

  /// What a verification has against a backup; empty: nothing.
  std::string problem(uint32_t number, bool open = true) {
    auto found = verify_backups(backups(), {.number = number, .open = open}, cancelled_);
    if (!found)
      return text_of(found.error());
    return std::string{as_view((*found)->getBackups()[0].getProblem())};
  }

  caf::expected<msg<wire::BackupRestored>> restore(uint32_t number, restore_as as = restore_as::same_node) {
    return restore_backup(backups(), {.number = number, .data = restored(), .as = as}, cancelled_);
  }

  void expect_no_partial() const {
    EXPECT_FALSE(std::filesystem::exists(restored().string() + ".partial"));
  }

  void expect_nothing_restored() const {
    EXPECT_FALSE(std::filesystem::exists(restored()));
    EXPECT_FALSE(std::filesystem::exists(restored().string() + ".partial"));
  }

  /// Paths of all files of a backup, relative to the directory.
  std::vector<std::string> files(uint32_t number) const {
    std::vector<std::string> out{"backups/" + std::to_string(number) + "/manifest.json"};
    auto manifest = read_manifest(backups(), number);
    if (!manifest)
      return {};
    for (const auto& file : files_of(**manifest))
      out.push_back(file.path);
    return out;
  }

  /// A table that backup `number` has.
  std::string table_of(uint32_t number) const {
    for (const auto& path : files(number))
      if (path.ends_with(".sst"))
        return path;
    return "none";
  }

  static void flip(const std::filesystem::path& file, std::streamoff offset) {
    std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.seekg(offset);
    char byte = 0;
    stream.get(byte);
    stream.seekp(offset);
    stream.put(static_cast<char>(byte ^ 0x20));
    ASSERT_TRUE(stream.flush());
  }

  temporary_directory temp_;
  std::filesystem::path configuration_;
  std::unique_ptr<database> db_;
  node_identity node_;
  std::atomic<bool> cancelled_ = false;
};

} // namespace hive
