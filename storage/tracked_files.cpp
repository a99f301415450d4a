#include "storage/tracked_files.hpp"

#include "messages/ec.hpp"
#include "storage/file_digest.hpp"

#include <filesystem>

namespace hive {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string name_of(const std::string& path) {
  return std::filesystem::path{path}.filename().string();
}

bool is_table(std::string_view name) {
  return name.ends_with(".sst");
}

IOStatus status_of(const caf::error& err) {
  return err ? IOStatus::IOError(text_of(err)) : IOStatus::OK();
}

/// Digests appended data, and reports it to the ledger once it is durable.
class tracked_file : public rocksdb::FSWritableFileOwnerWrapper {
public:
  tracked_file(std::unique_ptr<FSWritableFile> target, std::string name, std::shared_ptr<file_ledger> ledger)
      : FSWritableFileOwnerWrapper{std::move(target)}, name_{std::move(name)}, ledger_{std::move(ledger)} {
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return count(FSWritableFileOwnerWrapper::Append(data, options, debug), data);
  }

  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return count(FSWritableFileOwnerWrapper::Append(data, options, verification, debug), data);
  }

  // The digest requires sequential writes.

  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }

  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }

  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    if (size != appended_)
      return IOStatus::NotSupported("Truncate");
    return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    auto now = synced_file{appended_, digest_.value()};
    return note(FSWritableFileOwnerWrapper::Sync(options, debug), now);
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    auto now = synced_file{appended_, digest_.value()};
    return note(FSWritableFileOwnerWrapper::Fsync(options, debug), now);
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    auto status = FSWritableFileOwnerWrapper::Close(options, debug);
    if (!status.ok() || !is_table(name_) || synced_.size == 0)
      return status;
    return status_of(ledger_->synced(name_, synced_, true));
  }

private:
  IOStatus count(IOStatus status, const Slice& data) {
    if (status.ok()) {
      digest_.add({data.data(), data.size()});
      appended_ += data.size();
    }
    return status;
  }

  /// A table is used only once it is closed. A log grows with every group of writes; the mark may lag behind it.
  IOStatus note(IOStatus status, const synced_file& now) {
    if (!status.ok())
      return status;
    synced_ = now;
    if (is_table(name_))
      return status;
    return status_of(ledger_->synced(name_, now, !is_log(name_)));
  }

  std::string name_;
  std::shared_ptr<file_ledger> ledger_;
  file_digest digest_;
  uint64_t appended_ = 0;
  synced_file synced_;
};

class tracking_file_system : public rocksdb::FileSystemWrapper {
public:
  explicit tracking_file_system(std::shared_ptr<file_ledger> ledger)
      : FileSystemWrapper{rocksdb::FileSystem::Default()}, ledger_{std::move(ledger)} {
  }

  const char* Name() const override {
    return "hivemark";
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<FSWritableFile>* out,
                           IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(path, options, out, debug);
    auto name = name_of(path);
    if (!status.ok() || !holds_records(name))
      return status;
    *out = std::make_unique<tracked_file>(std::move(*out), name, ledger_);
    return is_log(name) ? status_of(ledger_->created(name)) : status;
  }

  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<FSWritableFile>* out,
                              IODebugContext* debug) override {
    if (holds_records(name_of(path)))
      return IOStatus::NotSupported("ReopenWritableFile");
    return FileSystemWrapper::ReopenWritableFile(path, options, out, debug);
  }

  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("ReuseWritableFile");
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    auto name = name_of(path);
    if (!holds_records(name))
      return FileSystemWrapper::DeleteFile(path, options, debug);
    ledger_->unlink(name);
    return IOStatus::OK();
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    auto name = name_of(to);
    if (!holds_records(name))
      return FileSystemWrapper::RenameFile(from, to, options, debug);
    std::error_code error;
    auto size = std::filesystem::file_size(from, error);
    auto digest = error ? caf::expected<uint64_t>{fail(ec::storage_failed, from + ": " + error.message())}
                        : digest_of_file(from, size);
    if (!digest)
      return status_of(digest.error());
    auto content = synced_file{size, *digest};
    if (auto err = ledger_->replacing(name, content))
      return status_of(err);
    auto status = FileSystemWrapper::RenameFile(from, to, options, debug);
    return status.ok() ? status_of(ledger_->replaced(name, content)) : status;
  }

private:
  std::shared_ptr<file_ledger> ledger_;
};

} // namespace

bool is_log(std::string_view name) {
  return name.ends_with(".log");
}

bool holds_records(std::string_view name) {
  return is_log(name) || is_table(name) || name == "CURRENT" || name.starts_with("MANIFEST-");
}

std::shared_ptr<rocksdb::FileSystem> track_files(std::shared_ptr<file_ledger> ledger) {
  return std::make_shared<tracking_file_system>(std::move(ledger));
}

} // namespace hive
