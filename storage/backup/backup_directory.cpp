#include "storage/backup/backup_directory.hpp"

#include "messages/change.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/create_file.hpp"
#include "platform/read_file.hpp"
#include "storage/backup/backup_manifest.hpp"
#include "storage/store_mark.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hive {
namespace fs = std::filesystem;

namespace backup_paths {

fs::path engine(const fs::path& directory) {
  return directory / "engine";
}

fs::path owner(const fs::path& directory) {
  return directory / "owner.json";
}

fs::path checks(const fs::path& directory) {
  return directory / "checks.json";
}

fs::path backups(const fs::path& directory) {
  return directory / "backups";
}

fs::path of_backup(const fs::path& directory, uint32_t number) {
  return backups(directory) / std::to_string(number);
}

fs::path manifest(const fs::path& directory, uint32_t number) {
  return of_backup(directory, number) / manifest_name;
}

fs::path unfinished(const fs::path& directory, uint32_t number) {
  return of_backup(directory, number) += unfinished_suffix;
}

} // namespace backup_paths

namespace {

constexpr size_t max_note_bytes = size_t{16} << 20;
constexpr size_t max_manifest_bytes = size_t{64} << 20;

/// What a directory may hold before it has backups.
constexpr std::string_view lost_and_found = "lost+found";

caf::error cannot(const fs::path& directory, const char* what, int error) {
  return fail(error == ENOENT ? ec::not_found : ec::storage_failed,
              "the directory of backups " + directory.string() + " cannot be " + what + ": " + errno_text(error));
}

caf::expected<bool> holds_nothing(const fs::path& directory) {
  std::error_code failed;
  for (fs::directory_iterator at{directory, failed}, end; !failed && at != end; at.increment(failed))
    if (at->path().filename() != lost_and_found)
      return false;
  if (failed)
    return cannot(directory, "read", failed.value());
  return true;
}

caf::error claim(const fs::path& directory, const node_id& node) {
  auto empty = holds_nothing(directory);
  if (!empty)
    return empty.error();
  if (!*empty)
    return fail(ec::invalid, directory.string() + " holds something else: neither empty nor backups of Hivemark");
  auto owner = msg<wire::BackupOwner>::build([&node](wire::BackupOwner::Builder out) { out.setNode(node.value); });
  return replace_file(backup_paths::owner(directory), to_pretty_json(owner) + "\n");
}

std::optional<uint32_t> number_of(const std::string& name) {
  uint32_t out = 0;
  auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), out);
  bool is_number = failed == std::errc{} && end == name.data() + name.size() && std::to_string(out) == name;
  return is_number && out > 0 ? std::optional{out} : std::nullopt;
}

} // namespace

caf::error replace_file(const fs::path& file, std::string_view text) {
  auto next = fs::path{file} += ".new";
  ::unlink(next.c_str());
  if (auto err = create_file(next, text, 0600))
    return fail(ec::storage_failed, text_of(err));
  if (::rename(next.c_str(), file.c_str()) != 0)
    return fail(ec::storage_failed, file.string() + " cannot be written: " + errno_text(errno));
  return sync_directory(file.parent_path());
}

caf::expected<unique_fd> lock_backups(const fs::path& directory, backup_use use) {
  unique_fd out{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!out)
    return cannot(directory, "opened", errno);
  if (::flock(out.get(), (use == backup_use::write ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return out;
  if (errno == EWOULDBLOCK)
    return fail(ec::busy,
                "the backups in " + directory.string() + " are in use: one is being made, verified or deleted");
  return cannot(directory, "locked", errno);
}

caf::expected<unique_fd> prepare_backups(const fs::path& directory, const node_id& node) {
  std::error_code failed;
  fs::create_directories(directory.parent_path(), failed);
  if (!failed && ::mkdir(directory.c_str(), 0700) == 0)
    failed = {};
  else if (!failed && errno != EEXIST)
    failed = {errno, std::generic_category()};
  if (failed)
    return fail(ec::storage_failed, directory.string() + " cannot be created: " + failed.message());
  auto lock = lock_backups(directory, backup_use::write);
  if (!lock)
    return lock.error();
  auto owner = owner_of_backups(directory);
  if (!owner)
    return owner.error();
  if (!*owner)
    if (auto err = claim(directory, node))
      return err;
  if (*owner && **owner != node)
    return fail(ec::invalid, directory.string() + " holds the backups of node " + (*owner)->value + ", not of " +
                               node.value + ": give each node a directory of its own");
  // The copies hold the node's secret key.
  fs::permissions(directory, fs::perms::group_all | fs::perms::others_all, fs::perm_options::remove, failed);
  if (failed)
    return fail(ec::storage_failed, directory.string() + " cannot be kept from other users: " + failed.message());
  return lock;
}

caf::expected<std::optional<node_id>> owner_of_backups(const fs::path& directory) {
  auto file = backup_paths::owner(directory);
  auto text = read_file(file, max_note_bytes);
  if (!text)
    return code_of(text.error()) == ec::not_found ? caf::expected<std::optional<node_id>>{std::nullopt} : text.error();
  auto owner = from_json<wire::BackupOwner>(*text);
  if (!owner)
    return fail(ec::corrupt, file.string() + " is damaged: " + text_of(owner.error()));
  return std::optional{node_id{std::string{as_view((*owner)->getNode())}}};
}

caf::expected<std::vector<uint32_t>> backup_numbers(const fs::path& directory) {
  std::vector<uint32_t> out;
  std::error_code failed;
  if (!fs::is_directory(directory, failed))
    return fail(ec::not_found, directory.string() + " is no directory");
  for (fs::directory_iterator at{backup_paths::backups(directory), failed}, end; !failed && at != end;
       at.increment(failed))
    if (auto number = number_of(at->path().filename().string()))
      out.push_back(*number);
  if (failed && failed != std::errc::no_such_file_or_directory)
    return cannot(directory, "read", failed.value());
  std::ranges::sort(out);
  return out;
}

caf::expected<msg<wire::BackupManifest>> read_manifest(const fs::path& directory, uint32_t number) {
  auto file = backup_paths::manifest(directory, number);
  auto text = read_file(file, max_manifest_bytes);
  if (!text)
    return text.error();
  auto manifest = parse_manifest(*text);
  if (!manifest)
    return fail(code_of(manifest.error()), file.string() + " " + text_of(manifest.error()));
  if ((*manifest)->getNumber() != number)
    return fail(ec::corrupt, file.string() + " is of backup " + std::to_string((*manifest)->getNumber()));
  auto owner = owner_of_backups(directory);
  if (owner && *owner && (*owner)->value != as_view((*manifest)->getNode()))
    return fail(ec::corrupt, file.string() + " is of node " + std::string{as_view((*manifest)->getNode())} +
                               ", the directory of node " + (*owner)->value);
  return manifest;
}

msg<wire::BackupChecks> read_checks(const fs::path& directory) {
  auto text = read_file(backup_paths::checks(directory), max_note_bytes);
  if (!text)
    return {};
  auto checks = from_json<wire::BackupChecks>(*text);
  return checks ? std::move(*checks) : msg<wire::BackupChecks>{};
}

caf::error write_checks(const fs::path& directory, const msg<wire::BackupChecks>& checks) {
  return replace_file(backup_paths::checks(directory), to_pretty_json(checks) + "\n");
}

int64_t checked_at(wire::BackupChecks::Reader checks, uint32_t number) {
  for (auto check : checks.getChecks())
    if (check.getNumber() == number)
      return check.getAt();
  return 0;
}

msg<wire::BackupChecks> with_checks(const msg<wire::BackupChecks>& before, const std::vector<uint32_t>& numbers,
                                    bool all, int64_t now_unix_micros) {
  std::set<uint32_t> known{numbers.begin(), numbers.end()};
  for (auto check : before->getChecks())
    known.insert(check.getNumber());
  return msg<wire::BackupChecks>::build([&](wire::BackupChecks::Builder out) {
    auto checks = out.initChecks(static_cast<uint32_t>(known.size()));
    uint32_t place = 0;
    for (auto number : known) {
      bool now = std::ranges::find(numbers, number) != numbers.end();
      checks[place].setNumber(number);
      checks[place++].setAt(now ? now_unix_micros : checked_at(*before, number));
    }
    out.setAllAt(all ? now_unix_micros : before->getAllAt());
    if (before->hasCursor())
      out.setCursor(before->getCursor());
  });
}

void describe_backup(const fs::path& directory, uint32_t number, wire::BackupChecks::Reader checks,
                     wire::BackupSummary::Builder out) {
  out.setNumber(number);
  out.setVerifiedAt(checked_at(checks, number));
  auto read = read_manifest(directory, number);
  if (!read)
    return out.setProblem(text_of(read.error()));
  const auto& manifest = **read;
  uint64_t records = 0;
  for (auto kind : manifest.getRecords())
    records += kind.getRecords();
  out.setCreatedAt(manifest.getCreatedAt());
  out.setBytes(manifest.getBytes());
  out.setNewBytes(manifest.getNewBytes());
  out.setRecords(records);
  out.setEpoch(manifest.getEpoch());
  out.setSequence(manifest.getSequence());
  out.setSoftware(manifest.getSoftware());
}

namespace {

/// Sizes of all files, each counted once.
uint64_t bytes_of_all(const fs::path& directory, const std::vector<uint32_t>& numbers) {
  std::set<std::string> seen;
  uint64_t out = 0;
  for (auto number : numbers)
    if (auto manifest = read_manifest(directory, number))
      for (auto file : (*manifest)->getFiles())
        if (seen.insert(file.getPath().cStr()).second)
          out += file.getSize();
  return out;
}

} // namespace

caf::expected<msg<wire::Backups>> list_backups(const fs::path& directory, uint32_t limit) {
  auto numbers = backup_numbers(directory);
  if (!numbers)
    return numbers.error();
  auto owner = owner_of_backups(directory);
  if (!owner)
    return owner.error();
  auto checks = read_checks(directory);
  return msg<wire::Backups>::build([&](wire::Backups::Builder out) {
    out.setDirectory(directory.string());
    if (*owner)
      out.setNode((*owner)->value);
    out.setLastVerified(checks->getAllAt());
    out.setCount(static_cast<uint32_t>(numbers->size()));
    out.setBytes(bytes_of_all(directory, *numbers));
    auto count = std::min<size_t>(numbers->size(), limit);
    auto list = out.initBackups(static_cast<uint32_t>(count));
    for (uint32_t i = 0; i < count; ++i)
      describe_backup(directory, (*numbers)[numbers->size() - 1 - i], *checks, list[i]);
    for (auto backup : list)
      if (out.getLastSuccess() == 0)
        out.setLastSuccess(backup.getCreatedAt());
  });
}

} // namespace hive
