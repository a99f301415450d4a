#include "platform/git_tree.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/git_repository.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Longest symbolic link, the kernel's limit.
constexpr size_t max_link_bytes = 4'095;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether a relative link in a directory `depth` levels below the root leads out by its text alone.
bool leads_out(std::string_view target, size_t depth) {
  auto level = static_cast<ptrdiff_t>(depth);
  while (!target.empty()) {
    auto part = target.substr(0, target.find('/'));
    target.remove_prefix(std::min(target.size(), part.size() + 1));
    if (part == "..")
      --level;
    else if (!part.empty() && part != ".")
      ++level;
    if (level < 0)
      return true;
  }
  return false;
}

/// Writes one tree. Directories are reached through descriptors without following links, so that no entry can be a way
/// out for a later one.
class tree_writer {
public:
  tree_writer(git_repository* in, const fs::path& repository, const tree_limits& limits, const work_limit& limit)
      : in_{in}, repository_{repository}, limits_{limits}, limit_{limit} {
  }

  caf::error write(const std::string& id, const fs::path& directory) {
    std::error_code failed;
    fs::create_directories(directory, failed);
    unique_fd root{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!root)
      return fail(ec::unavailable, directory.string() + " cannot be written: " + errno_text(errno));
    git_odb* objects = nullptr;
    git_oid oid;
    if (git_repository_odb(&objects, in_) != 0 || git_oid_fromstr(&oid, id.c_str()) != 0)
      return damaged("", "its objects cannot be read");
    objects_.reset(objects);
    if (auto error = write_tree(oid, root.get(), "", 0))
      return error;
    return check_links(root.get());
  }

  exported_tree written() const {
    return {files_, bytes_};
  }

private:
  caf::error write_tree(const git_oid& id, int directory, const std::string& path, size_t depth) {
    if (depth > limits_.depth)
      return too_large(path, "lies deeper than " + std::to_string(limits_.depth) + " directories");
    git_tree* found = nullptr;
    if (git_tree_lookup(&found, in_, &id) != 0)
      return damaged(path, "cannot be read: " + git::last_error());
    git::tree tree{found};
    for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i)
      if (auto error = write_entry(git_tree_entry_byindex(tree.get(), i), directory, path, depth))
        return error;
    return caf::none;
  }

  caf::error write_entry(const git_tree_entry* entry, int directory, const std::string& parent, size_t depth) {
    if (auto over = limit_.check())
      return over;
    std::string name = git_tree_entry_name(entry);
    auto path = parent.empty() ? name : parent + "/" + name;
    if (auto error = check_name(name, path))
      return error;
    if (++entries_ > limits_.files)
      return too_large("", "has more than " + std::to_string(limits_.files) + " entries");
    switch (static_cast<int>(git_tree_entry_filemode_raw(entry))) {
    case GIT_FILEMODE_TREE:
      return write_directory(git_tree_entry_id(entry), directory, name, path, depth);
    case GIT_FILEMODE_COMMIT:
      return limits_.plain_files_only ? refused(path, "is a submodule") : make_directory(directory, name, path);
    case GIT_FILEMODE_LINK:
      if (limits_.plain_files_only)
        return refused(path, "is a symbolic link");
      return write_link(git_tree_entry_id(entry), directory, name, path, depth);
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
    case 0100664: // written by early versions of git
      return write_file(entry, directory, name, path);
    default:
      return refused(path, "has a mode that git does not use");
    }
  }

  caf::error check_name(const std::string& name, const std::string& path) const {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
      return refused(path, "has a name that is no file name");
    if (name.size() > limits_.name_bytes)
      return refused(path, "has a name of more than " + std::to_string(limits_.name_bytes) + " bytes");
    if (is_git_name(name))
      return refused(path, "has a name that stands for .git");
    if (std::ranges::any_of(name, is_control))
      return refused(path, "has a control character in its name");
    return caf::none;
  }

  caf::error make_directory(int directory, const std::string& name, const std::string& path) const {
    return ::mkdirat(directory, name.c_str(), 0755) == 0 ? caf::error{} : failed_to_write(path);
  }

  caf::error write_directory(const git_oid* id, int directory, const std::string& name, const std::string& path,
                             size_t depth) {
    if (auto error = make_directory(directory, name, path))
      return error;
    unique_fd inner{::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    return inner ? write_tree(*id, inner.get(), path, depth + 1) : failed_to_write(path);
  }

  /// Reads a blob whose size was checked before its content was touched.
  caf::expected<git::blob> read_blob(const git_oid* id, const std::string& path, uint64_t max_bytes) {
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, objects_.get(), id) != 0 || type != GIT_OBJECT_BLOB)
      return damaged(path, "cannot be read: " + git::last_error());
    if (size > max_bytes)
      return too_large(path, "has " + std::to_string(size) + " bytes, above the " + std::to_string(max_bytes) +
                               " that are allowed");
    bytes_ += size;
    if (bytes_ > limits_.bytes)
      return too_large("", "has more than " + std::to_string(limits_.bytes) + " bytes");
    git_blob* found = nullptr;
    if (git_blob_lookup(&found, in_, id) != 0)
      return damaged(path, "cannot be read: " + git::last_error());
    return git::blob{found};
  }

  caf::error write_file(const git_tree_entry* entry, int directory, const std::string& name, const std::string& path) {
    auto blob = read_blob(git_tree_entry_id(entry), path, limits_.file_bytes);
    if (!blob)
      return blob.error();
    mode_t mode = git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644;
    unique_fd file{::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (!file)
      return failed_to_write(path);
    ++files_;
    std::string_view rest{static_cast<const char*>(git_blob_rawcontent(blob->get())), git_blob_rawsize(blob->get())};
    while (!rest.empty()) {
      auto written = ::write(file.get(), rest.data(), rest.size());
      if (written < 0 && errno != EINTR)
        return failed_to_write(path);
      rest.remove_prefix(written > 0 ? static_cast<size_t>(written) : 0);
    }
    return caf::none;
  }

  caf::error write_link(const git_oid* id, int directory, const std::string& name, const std::string& path,
                        size_t depth) {
    auto blob = read_blob(id, path, max_link_bytes);
    if (!blob)
      return blob.error();
    std::string target{static_cast<const char*>(git_blob_rawcontent(blob->get())), git_blob_rawsize(blob->get())};
    if (target.empty() || target.find('\0') != std::string::npos)
      return refused(path, "is a symbolic link to no path");
    if (target.front() == '/' || leads_out(target, depth))
      return refused(path, "is a symbolic link out of the tree, to " + printable(target));
    if (::symlinkat(target.c_str(), directory, name.c_str()) != 0)
      return failed_to_write(path);
    links_.push_back(path);
    return caf::none;
  }

  /// A link through another one can lead out although its text does not: the kernel has the last word.
  caf::error check_links(int root) const {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    for (const auto& path : links_) {
      unique_fd target{static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how))};
      if (!target && errno == EXDEV)
        return refused(path, "is a symbolic link out of the tree");
    }
    return caf::none;
  }

  static caf::error refused(const std::string& path, const std::string& why) {
    return fail(ec::invalid, "the tree is refused: " + printable(path) + " " + why);
  }

  static caf::error too_large(const std::string& path, const std::string& why) {
    return fail(ec::too_large, path.empty() ? "the tree " + why : "in the tree, " + printable(path) + " " + why);
  }

  static caf::error failed_to_write(const std::string& path) {
    if (errno == EEXIST || errno == ENOTDIR || errno == ELOOP)
      return refused(path, "is there twice");
    return fail(ec::unavailable, "file " + printable(path) + " cannot be written: " + errno_text(errno));
  }

  caf::error damaged(const std::string& path, const std::string& why) const {
    return fail(ec::corrupt, "the git repository of " + repository_.string() + ": " +
                               (path.empty() ? "the tree" : printable(path)) + " " + why);
  }

  git_repository* in_;
  const fs::path& repository_;
  const tree_limits& limits_;
  const work_limit& limit_;
  git::odb objects_;
  uint64_t entries_ = 0;
  uint64_t files_ = 0;
  uint64_t bytes_ = 0;
  std::vector<std::string> links_;
};

/// `name` without the characters that HFS+ ignores when it compares names.
std::string without_ignored(std::string_view name) {
  constexpr std::array<std::string_view, 17> ignored{"\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b",
                                                     "\u202c", "\u202d", "\u202e", "\u206a", "\u206b", "\u206c",
                                                     "\u206d", "\u206e", "\u206f", "\ufeff", "\u2060"};
  std::string out;
  while (!name.empty()) {
    auto found = std::ranges::find_if(ignored, [&](std::string_view mark) { return name.starts_with(mark); });
    if (found != ignored.end()) {
      name.remove_prefix(found->size());
      continue;
    }
    out += name.front();
    name.remove_prefix(1);
  }
  return out;
}

/// Gives the owner access to each directory, so that its entries can be removed. Links are not followed.
void unlock(const fs::path& directory) {
  std::error_code none;
  fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, none);
  for (fs::directory_iterator at{directory, none}, end; !none && at != end; at.increment(none))
    if (at->is_directory(none) && !at->is_symlink(none))
      unlock(at->path());
}

} // namespace

bool is_git_name(std::string_view name) {
  auto plain = without_ignored(name);
  if (auto colon = plain.find(':'); colon != std::string::npos)
    plain.resize(colon);
  while (!plain.empty() && (plain.back() == ' ' || plain.back() == '.'))
    plain.pop_back();
  std::ranges::transform(plain, plain.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  // On NTFS a backslash separates directories.
  return plain == ".git" || plain == "git~1" || plain.starts_with(".git\\") || plain.starts_with("git~1\\");
}

caf::expected<exported_tree> export_tree(const fs::path& repository, const std::string& tree, const fs::path& directory,
                                         const work_limit& limit, const tree_limits& limits) {
  auto opened = git::open(repository);
  if (!opened)
    return opened.error();
  tree_writer writer{opened->get(), repository, limits, limit};
  if (auto error = writer.write(tree, directory))
    return error;
  return writer.written();
}

caf::expected<std::optional<std::string>> read_tree_file(const fs::path& repository, const std::string& tree,
                                                         const std::string& path, uint64_t max_bytes) {
  auto opened = git::open(repository);
  if (!opened)
    return opened.error();
  auto damaged = [&](const std::string& what) {
    return fail(ec::corrupt, "the git repository of " + repository.string() + ": " + what + ": " + git::last_error());
  };
  git_oid id;
  git_tree* found = nullptr;
  if (git_oid_fromstr(&id, tree.c_str()) != 0 || git_tree_lookup(&found, opened->get(), &id) != 0)
    return damaged("tree " + tree + " cannot be read");
  git::tree root{found};
  git_tree_entry* named = nullptr;
  if (auto code = git_tree_entry_bypath(&named, root.get(), path.c_str()); code != 0)
    return code == GIT_ENOTFOUND ? caf::expected<std::optional<std::string>>{std::nullopt}
                                 : damaged(printable(path) + " cannot be read");
  git::tree_entry entry{named};
  auto mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
    return fail(ec::unsupported, printable(path) + " is no regular file in the tree");
  git_odb* objects = nullptr;
  if (git_repository_odb(&objects, opened->get()) != 0)
    return damaged("its objects cannot be read");
  git::odb store{objects};
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, store.get(), git_tree_entry_id(entry.get())) != 0)
    return damaged(printable(path) + " cannot be read");
  if (size > max_bytes)
    return fail(ec::too_large, printable(path) + " is larger than " + std::to_string(max_bytes) + " bytes");
  git_blob* content = nullptr;
  if (git_blob_lookup(&content, opened->get(), git_tree_entry_id(entry.get())) != 0)
    return damaged(printable(path) + " cannot be read");
  git::blob blob{content};
  return std::optional{
    std::string{static_cast<const char*>(git_blob_rawcontent(blob.get())), git_blob_rawsize(blob.get())}};
}

caf::error remove_tree(const fs::path& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  if (!error)
    return caf::none;
  unlock(directory);
  fs::remove_all(directory, error);
  return error ? fail(ec::unavailable, directory.string() + " cannot be removed: " + error.message()) : caf::error{};
}

} // namespace hive
