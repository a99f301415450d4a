#include "storage/file_ledger.hpp"

#include "platform/version.hpp"
#include "storage/directory.hpp"
#include "storage/schema.hpp"
#include "storage/store_mark.hpp"

namespace hive {
namespace {

/// Delay between the first write that the mark lacks and the next mark. The rest of `max_mark_age` is left for the
/// disk.
constexpr std::chrono::milliseconds gathering{500};

} // namespace

file_ledger::file_ledger(std::filesystem::path data_directory) : data_{std::move(data_directory)} {
}

file_ledger::~file_ledger() {
  stop();
}

void file_ledger::load(wire::StoreMark::Reader mark) {
  std::lock_guard lock{mutex_};
  has_mark_ = true;
  sequence_ = mark.getSequence();
  for (auto file : mark.getFiles())
    files_[file.getName().cStr()].push_back({file.getSize(), file.getDigest()});
}

caf::error file_ledger::serve(uint64_t sequence) {
  {
    std::lock_guard lock{mutex_};
    has_mark_ = serving_ = true;
    names_changed_ = true;
    sequence_ = std::max(sequence_, sequence);
  }
  if (auto err = publish())
    return err;
  thread_ = std::thread{[this] { run(); }};
  return caf::none;
}

caf::error file_ledger::created(const std::string& name) {
  {
    std::lock_guard lock{mutex_};
    unlinked_.erase(name);
    files_[name] = {synced_file{}};
    names_changed_ = true;
    if (!has_mark_)
      return caf::none;
  }
  return publish();
}

caf::error file_ledger::synced(const std::string& name, synced_file file, bool now) {
  {
    std::lock_guard lock{mutex_};
    auto& known = files_[name];
    names_changed_ |= known.empty();
    known = {file};
    if (!serving_ || !now)
      return caf::none;
  }
  return publish();
}

caf::error file_ledger::replacing(const std::string& name, synced_file content) {
  {
    std::lock_guard lock{mutex_};
    if (!has_mark_)
      return caf::none;
    files_[name].push_back(content);
  }
  return publish();
}

caf::error file_ledger::replaced(const std::string& name, synced_file content) {
  return synced(name, content, true);
}

void file_ledger::unlink(const std::string& name) {
  std::lock_guard lock{mutex_};
  files_.erase(name);
  unlinked_.insert(name);
  names_changed_ = true;
  wake_.notify_all();
}

std::map<std::string, synced_file> file_ledger::tables() const {
  std::lock_guard lock{mutex_};
  std::map<std::string, synced_file> out;
  for (const auto& [name, contents] : files_)
    if (name.ends_with(".sst") && contents.size() == 1 && contents.front().size > 0)
      out.emplace(name, contents.front());
  return out;
}

bool file_ledger::is_late() const {
  return dirty_ && clock::now() - dirty_since_ > max_mark_age;
}

caf::error file_ledger::check() {
  {
    std::lock_guard lock{mutex_};
    if (!is_late())
      return caf::none;
  }
  return publish();
}

void file_ledger::acknowledged(uint64_t sequence) {
  std::lock_guard lock{mutex_};
  sequence_ = sequence;
  if (dirty_)
    return;
  dirty_ = true;
  dirty_since_ = clock::now();
  wake_.notify_all();
}

void file_ledger::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    wake_.wait(lock, [this] { return stopping_ || dirty_ || !unlinked_.empty(); });
    wake_.wait_for(lock, gathering, [this] { return stopping_; });
    if (stopping_)
      return;
    lock.unlock();
    // A failure needs no report here: the next writer retries the mark and reports its own failure.
    publish();
    lock.lock();
  }
}

msg<wire::StoreMark> file_ledger::build() const {
  return msg<wire::StoreMark>::build([this](wire::StoreMark::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setSoftware(version_text);
    out.setState(wire::StoreState::LIVE);
    out.setSequence(sequence_);
    size_t count = 0;
    for (const auto& [name, contents] : files_)
      count += contents.size();
    auto files = out.initFiles(static_cast<uint32_t>(count));
    uint32_t i = 0;
    for (const auto& [name, contents] : files_)
      for (const auto& content : contents) {
        auto file = files[i++];
        file.setName(name);
        file.setSize(content.size);
        file.setDigest(content.digest);
      }
  });
}

caf::error file_ledger::publish() {
  std::lock_guard one_at_a_time{publishing_};
  std::unique_lock lock{mutex_};
  auto mark = build();
  auto unlinked = serving_ ? std::exchange(unlinked_, {}) : std::set<std::string>{};
  bool names_changed = std::exchange(names_changed_, false);
  bool was_dirty = std::exchange(dirty_, false);
  auto since = dirty_since_;
  lock.unlock();
  auto err = names_changed ? sync_directory(store_path(data_)) : caf::error{};
  if (!err)
    err = write_mark(data_, mark);
  if (!err) {
    remove_unlinked(unlinked);
    return caf::none;
  }
  lock.lock();
  unlinked_.merge(unlinked);
  names_changed_ |= names_changed;
  if (was_dirty) {
    dirty_ = true;
    dirty_since_ = since;
  }
  return err;
}

void file_ledger::remove_unlinked(const std::set<std::string>& names) const {
  std::error_code ignored; // RocksDB removes leftovers at its next start
  for (const auto& name : names)
    std::filesystem::remove(store_path(data_) / name, ignored);
}

void file_ledger::stop() {
  {
    std::lock_guard lock{mutex_};
    if (stopping_ || !serving_)
      return;
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
  // If this fails, an older mark remains, which is still valid.
  publish();
}

} // namespace hive
