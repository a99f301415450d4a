#include "actors/benchmark/install/install_files.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/git_tree.hpp"
#include "platform/log.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <random>
#include <system_error>
#include <unistd.h>

namespace hive::install_files {
namespace {

namespace fs = std::filesystem;

/// Digits of a commit in a directory's name; the record has them all.
constexpr size_t commit_digits = 12;

std::string staging_prefix(const std::string& node) {
  return ".staging-" + node + "-";
}

std::string runs_prefix(const std::string& node) {
  return ".runs-" + node + "-";
}

std::string runs_name(const std::string& node) {
  return runs_prefix(node) + std::to_string(::getpid());
}

/// Distinguishes what this process makes; random, since numbers begin anew with each process.
std::string unique_suffix() {
  static std::atomic<uint64_t> next = (uint64_t{std::random_device{}()} << 16);
  return std::to_string(next.fetch_add(1));
}

caf::error sync_directory(const fs::path& directory) {
  unique_fd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd && ::fsync(fd.get()) == 0)
    return caf::none;
  return fail(ec::unavailable, directory.string() + " cannot be written to the disk: " + errno_text(errno));
}

/// Everything on the file system of `directory`: one wait, where a wait per file would be hundreds.
caf::error sync_all(const fs::path& directory) {
  unique_fd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd && ::syncfs(fd.get()) == 0)
    return caf::none;
  return fail(ec::unavailable, directory.string() + " cannot be written to the disk: " + errno_text(errno));
}

caf::error unavailable(const fs::path& path, const std::error_code& why) {
  return fail(ec::unavailable, path.string() + " cannot be made: " + why.message());
}

void keep_first(caf::error& first, caf::error next) {
  if (!first)
    first = std::move(next);
}

/// Removes this node's installs of one name that are not kept.
caf::error remove_old_installs(const fs::path& of_name, const std::string& node, const std::set<std::string>& kept) {
  caf::error out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{of_name, none}) {
    auto inner = entry.path().filename().string();
    bool is_ours = inner.find("-" + node + "-") != std::string::npos;
    if (is_ours && !kept.contains(of_name.filename().string() + "/" + inner))
      keep_first(out, remove_tree(entry.path()));
  }
  ::rmdir(of_name.c_str()); // fails unless it is empty
  return out;
}

} // namespace

installed_directory::~installed_directory() {
  if (is_obsolete_.load())
    remove_install(path_);
}

fs::path staging_path(const fs::path& directory, const std::string& node) {
  return directory / (staging_prefix(node) + unique_suffix());
}

fs::path run_path(const fs::path& directory, const std::string& node, const std::string& name) {
  return directory / runs_name(node) / (name + "-" + unique_suffix());
}

caf::expected<uint64_t> check_tree(const fs::path& root, uint64_t max_bytes) {
  uint64_t bytes = 0;
  uint64_t entries = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at{root, error}, end; !error && at != end; at.increment(error)) {
    auto name = printable(at->path().lexically_relative(root).string());
    auto type = at->symlink_status(error).type();
    if (type != fs::file_type::regular && type != fs::file_type::directory && type != fs::file_type::symlink)
      return fail(ec::invalid, name + " is neither a file nor a directory");
    if (type == fs::file_type::regular)
      bytes += at->file_size(error);
    if (++entries > defaults::max_install_files)
      return fail(ec::too_large, "there are more than " + std::to_string(defaults::max_install_files) + " files");
    if (bytes > max_bytes)
      return fail(ec::too_large, "the files have more than " + std::to_string(max_bytes) + " bytes");
  }
  if (error)
    return fail(ec::unavailable, root.string() + " cannot be read: " + error.message());
  return bytes;
}

caf::expected<std::string> publish(const fs::path& staged, const fs::path& directory, const std::string& node,
                                   const std::string& name, const std::string& commit) {
  auto relative = name + "/" + commit.substr(0, commit_digits) + "-" + node + "-" + unique_suffix();
  if (auto failed = sync_all(staged))
    return failed;
  std::error_code error;
  // Once more if the last user of a removed install takes the empty parent away in between.
  for (int attempt = 0; attempt < 2; ++attempt) {
    fs::create_directories(directory / name, error);
    if (!error)
      fs::rename(staged, directory / relative, error);
    if (!error)
      break;
  }
  if (error)
    return unavailable(directory / relative, error);
  if (auto failed = sync_directory(directory / name))
    return failed;
  if (auto failed = sync_directory(directory))
    return failed;
  return relative;
}

caf::error copy_tree(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error)
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  return error ? fail(ec::unavailable, from.string() + " cannot be copied: " + error.message()) : caf::error{};
}

caf::error remove_leftovers(const fs::path& directory, const std::string& node, const std::set<std::string>& kept) {
  caf::error out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{directory, none}) {
    auto name = entry.path().filename().string();
    bool is_left =
      name.starts_with(staging_prefix(node)) || (name.starts_with(runs_prefix(node)) && name != runs_name(node));
    if (is_left)
      keep_first(out, remove_tree(entry.path()));
    else if (!name.starts_with('.') && entry.symlink_status(none).type() == fs::file_type::directory)
      keep_first(out, remove_old_installs(entry.path(), node, kept));
  }
  return out;
}

void remove_install(const fs::path& path) {
  if (auto left = remove_tree(path))
    log::warn("An installed benchmark's files are left. reason={}", text_of(left));
  ::rmdir(path.parent_path().c_str()); // fails unless it is empty
}

} // namespace hive::install_files
