#include "storage/store_check.hpp"

#include "messages/text.hpp"
#include "platform/version.hpp"
#include "storage/file_digest.hpp"
#include "storage/tracked_files.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// More threads would only wait for disk and memory.
constexpr size_t max_readers = 4;

struct expected_file {
  std::string name;
  std::vector<synced_file> contents; ///< any of them is valid
};

std::vector<expected_file> expected_files(wire::StoreMark::Reader mark) {
  std::map<std::string, std::vector<synced_file>> by_name;
  for (auto file : mark.getFiles())
    by_name[std::string{as_view(file.getName())}].push_back({file.getSize(), file.getDigest()});
  std::vector<expected_file> out;
  for (auto& [name, contents] : by_name)
    out.push_back({name, std::move(contents)});
  return out;
}

caf::error check_content(const fs::path& file, const synced_file& content) {
  if (content.size == 0) // just created; its name may not have reached the disk before a crash
    return caf::none;
  auto digest = digest_of_file(file, content.size);
  if (!digest)
    return digest.error();
  if (*digest != content.digest)
    return fail(ec::corrupt, file.string() + " is not as hived wrote it");
  return caf::none;
}

caf::error check_file(const fs::path& file, const std::vector<synced_file>& contents) {
  caf::error why;
  for (const auto& content : contents)
    if (!(why = check_content(file, content)))
      return caf::none;
  return why;
}

/// The number in a log's name; logs are numbered in order of creation.
uint64_t number_of(std::string_view log) {
  uint64_t out = 0;
  std::from_chars(log.data(), log.data() + log.size(), out);
  return out;
}

/// The number of the oldest log in use.
uint64_t oldest_log(const std::vector<expected_file>& known) {
  uint64_t out = UINT64_MAX;
  for (const auto& file : known)
    if (is_log(file.name))
      out = std::min(out, number_of(file.name));
  return out == UINT64_MAX ? 0 : out;
}

/// Refuses logs that the mark does not list: nothing is written to a log before it is in the mark, but RocksDB would
/// replay any log it finds. Logs older than all in use are harmless leftovers, which RocksDB deletes.
caf::error check_unknown_logs(const fs::path& store, const std::vector<expected_file>& known) {
  auto oldest = oldest_log(known);
  for (const auto& entry : fs::directory_iterator{store}) {
    auto name = entry.path().filename().string();
    if (is_log(name) && entry.file_size() > 0 && number_of(name) >= oldest &&
        std::ranges::find(known, name, &expected_file::name) == known.end())
      return fail(ec::corrupt, entry.path().string() + " does not belong to this store");
  }
  return caf::none;
}

caf::error check_all(const fs::path& store, const std::vector<expected_file>& files) {
  std::vector<caf::error> wrong(files.size());
  std::atomic<size_t> next = 0;
  auto read = [&] {
    for (size_t i = next++; i < files.size(); i = next++)
      wrong[i] = check_file(store / files[i].name, files[i].contents);
  };
  {
    std::vector<std::jthread> readers;
    auto count = std::min({max_readers, files.size(), size_t{std::max(1U, std::thread::hardware_concurrency())}});
    for (size_t i = 1; i < count; ++i)
      readers.emplace_back(read);
    read();
  }
  auto first = std::ranges::find_if(wrong, [](const auto& err) { return static_cast<bool>(err); });
  return first == wrong.end() ? caf::error{} : *first;
}

} // namespace

caf::error check_files(const fs::path& store, wire::StoreMark::Reader mark) {
  auto files = expected_files(mark);
  if (auto err = check_all(store, files))
    return err;
  return check_unknown_logs(store, files);
}

caf::expected<msg<wire::StoreMark>> mark_as_it_is(const fs::path& store, uint32_t schema) {
  std::vector<std::pair<std::string, synced_file>> found;
  for (const auto& entry : fs::directory_iterator{store}) {
    auto name = entry.path().filename().string();
    if (!holds_records(name))
      continue;
    auto size = entry.file_size();
    auto digest = digest_of_file(entry.path(), size);
    if (!digest)
      return digest.error();
    found.emplace_back(name, synced_file{size, *digest});
  }
  return msg<wire::StoreMark>::build([&](wire::StoreMark::Builder out) {
    out.setSchemaVersion(schema);
    out.setSoftware(version_text);
    out.setState(wire::StoreState::LIVE);
    auto files = out.initFiles(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < found.size(); ++i) {
      files[i].setName(found[i].first);
      files[i].setSize(found[i].second.size);
      files[i].setDigest(found[i].second.digest);
    }
  });
}

} // namespace hive
