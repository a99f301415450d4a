#include "storage/backup/backup_verify.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/backup/backup_copy.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_files.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace hive {
namespace {

namespace fs = std::filesystem;

caf::error differs(const fs::path& directory, uint32_t number, const std::string& what) {
  return fail(ec::corrupt, "backup " + std::to_string(number) + " in " + directory.string() +
                             " is not what its manifest says: " + what);
}

caf::error compare_counts(const fs::path& directory, wire::BackupManifest::Reader manifest,
                          const copy_content& content) {
  std::map<std::string, uint64_t> expected;
  for (auto kind : manifest.getRecords())
    expected[kind.getKind().cStr()] = kind.getRecords();
  for (size_t i = 0; i < column_count; ++i) {
    std::string kind{name_of(static_cast<column>(i))};
    if (expected[kind] != content.records[i])
      return differs(directory, manifest.getNumber(),
                     "it holds " + std::to_string(content.records[i]) + " records of " + kind + ", not " +
                       std::to_string(expected[kind]));
  }
  return caf::none;
}

/// Opens the copy where it lies.
caf::error open_copy(const fs::path& directory, wire::BackupManifest::Reader manifest,
                     const rocksdb::BackupEngineReadOnly& engine, const std::atomic<bool>& cancelled) {
  rocksdb::BackupInfo info;
  if (auto status = engine.GetBackupInfo(manifest.getNumber(), &info, true); !status.ok())
    return engine_failure(directory, status);
  auto content = read_copy(directory, info, manifest.getSchemaVersion(), count_by::reading, cancelled);
  if (!content)
    return content.error();
  if (content->sequence != manifest.getSequence())
    return differs(directory, manifest.getNumber(),
                   "it ends with write " + std::to_string(content->sequence) + ", not " +
                     std::to_string(manifest.getSequence()));
  return compare_counts(directory, manifest, *content);
}

class verifier {
public:
  verifier(const fs::path& directory, const verify_options& options, const std::atomic<bool>& cancelled)
      : directory_{directory}, options_{options}, cancelled_{cancelled} {
  }

  caf::expected<msg<wire::BackupVerification>> verify() {
    auto numbers = chosen();
    if (!numbers)
      return numbers.error();
    auto lock = lock_backups(directory_, backup_use::read);
    if (!lock)
      return lock.error();
    for (auto number : *numbers)
      read_manifest_of(number);
    if (auto err = read_files())
      return err;
    if (options_.open)
      if (auto err = open_copies())
        return err;
    note(*numbers);
    return describe(*numbers);
  }

private:
  caf::expected<std::vector<uint32_t>> chosen() const {
    auto numbers = backup_numbers(directory_);
    if (!numbers)
      return numbers.error();
    if (numbers->empty())
      return fail(ec::not_found, directory_.string() + " holds no backup");
    if (options_.number == 0)
      return numbers;
    if (std::ranges::find(*numbers, options_.number) == numbers->end())
      return fail(ec::not_found, directory_.string() + " holds no backup " + std::to_string(options_.number));
    return std::vector{options_.number};
  }

  void read_manifest_of(uint32_t number) {
    auto manifest = read_manifest(directory_, number);
    if (manifest)
      manifests_.emplace(number, std::move(*manifest));
    else
      problems_.emplace(number, manifest.error());
  }

  /// Manifests of different backups never disagree about a shared file, which is described once.
  caf::error read_files() {
    std::map<std::string, backup_file> files;
    for (const auto& [number, manifest] : manifests_)
      for (auto& file : files_of(*manifest))
        files.emplace(file.path, file);
    std::vector<backup_file> all;
    for (auto& [path, file] : files) {
      bytes_ += file.size;
      all.push_back(std::move(file));
    }
    auto damaged = check_backup_files(directory_, all, cancelled_);
    if (!damaged)
      return damaged.error();
    for (const auto& [number, manifest] : manifests_)
      for (auto file : manifest->getFiles())
        if (auto wrong = damaged->find(file.getPath().cStr()); wrong != damaged->end())
          problems_.emplace(number, wrong->second);
    return caf::none;
  }

  caf::error open_copies() {
    auto engine = open_engine_for_reading(directory_);
    if (!engine)
      return engine.error();
    for (const auto& [number, manifest] : manifests_) {
      if (problems_.contains(number))
        continue;
      auto err = open_copy(directory_, *manifest, **engine, cancelled_);
      if (cancelled_)
        return err;
      if (err)
        problems_.emplace(number, std::move(err));
    }
    return caf::none;
  }

  void note(const std::vector<uint32_t>& numbers) {
    std::vector<uint32_t> whole;
    std::ranges::copy_if(numbers, std::back_inserter(whole),
                         [this](auto number) { return !problems_.contains(number); });
    bool all = options_.number == 0 && problems_.empty();
    checks_ = with_checks(read_checks(directory_), whole, all, now_unix_micros());
    // Who may only read the directory may verify all the same.
    static_cast<void>(write_checks(directory_, checks_));
  }

  msg<wire::BackupVerification> describe(const std::vector<uint32_t>& numbers) const {
    return msg<wire::BackupVerification>::build([&](wire::BackupVerification::Builder out) {
      out.setDirectory(directory_.string());
      out.setBytes(bytes_);
      out.setOpened(options_.open);
      out.setDurationS(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
      auto list = out.initBackups(static_cast<uint32_t>(numbers.size()));
      for (uint32_t i = 0; i < list.size(); ++i) {
        auto number = numbers[numbers.size() - 1 - i];
        describe_backup(directory_, number, *checks_, list[i]);
        if (auto wrong = problems_.find(number); wrong != problems_.end())
          list[i].setProblem(text_of(wrong->second));
      }
    });
  }

  const fs::path& directory_;
  const verify_options& options_;
  const std::atomic<bool>& cancelled_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::map<uint32_t, msg<wire::BackupManifest>> manifests_;
  std::map<uint32_t, caf::error> problems_;
  uint64_t bytes_ = 0;
  msg<wire::BackupChecks> checks_;
};

} // namespace

caf::expected<msg<wire::BackupVerification>> verify_backups(const fs::path& directory, const verify_options& options,
                                                            const std::atomic<bool>& cancelled) {
  return verifier{directory, options, cancelled}.verify();
}

caf::error verify_backup(const fs::path& directory, wire::BackupManifest::Reader manifest,
                         const std::atomic<bool>& cancelled) {
  auto damaged = check_backup_files(directory, files_of(manifest), cancelled);
  if (!damaged)
    return damaged.error();
  return damaged->empty() ? caf::error{} : damaged->begin()->second;
}

} // namespace hive
