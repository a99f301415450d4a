#include "platform/git_change.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/git_repository.hpp"

#include <algorithm>
#include <optional>

namespace hive {
namespace {

constexpr size_t max_title_bytes = 256;
/// Candidates for renames: each is compared with each, so their number must be bounded.
constexpr size_t max_rename_candidates = 400;

caf::error damaged(const std::filesystem::path& repository, const std::string& what) {
  return fail(ec::corrupt, "the git repository of " + repository.string() + ": " + what + ": " + git::last_error());
}

caf::expected<git::commit> find_commit(git_repository* in, const std::string& revision, const char* which) {
  auto unusable = [&](ec code, const std::string& why) {
    return fail(code, std::string{which} + " " + printable(revision) + " " + why);
  };
  if (revision.empty() || revision.size() > max_revision_bytes || revision.find('\0') != std::string::npos)
    return unusable(ec::invalid,
                    "can be no revision: it must have 1 to " + std::to_string(max_revision_bytes) + " bytes");
  git_object* found = nullptr;
  auto code = git_revparse_single(&found, in, revision.c_str());
  git::object named{found};
  if (code == GIT_EAMBIGUOUS)
    return unusable(ec::invalid, "stands for several objects; give more digits");
  if (code == GIT_EINVALIDSPEC)
    return unusable(ec::invalid, "is not the form of a revision");
  if (code != 0)
    return unusable(ec::not_found, "does not exist in the repository" +
                                     std::string{code == GIT_ENOTFOUND ? "" : ": " + git::last_error()});
  git_object* peeled = nullptr;
  if (git_object_peel(&peeled, named.get(), GIT_OBJECT_COMMIT) != 0)
    return unusable(ec::not_found, "is no commit");
  return git::commit{reinterpret_cast<git_commit*>(peeled)};
}

std::string tree_of(const git_commit* commit) {
  return git::hex(*git_commit_tree_id(commit));
}

std::string title_of(const git_commit* commit) {
  const char* summary = git_commit_summary(const_cast<git_commit*>(commit));
  std::string_view text = summary ? summary : "";
  return is_utf8(text) ? std::string{cut_text(text, max_title_bytes)}
                       : std::string{printable(text), 0, max_title_bytes};
}

caf::expected<git::tree> find_tree(git_repository* in, const std::filesystem::path& path, const std::string& id) {
  git_oid oid;
  git_tree* found = nullptr;
  if (git_oid_fromstr(&oid, id.c_str()) != 0 || git_tree_lookup(&found, in, &oid) != 0)
    return damaged(path, "tree " + id + " cannot be read");
  return git::tree{found};
}

file_change kind_of(git_delta_t status) {
  switch (status) {
  case GIT_DELTA_ADDED:
    return file_change::added;
  case GIT_DELTA_DELETED:
    return file_change::deleted;
  case GIT_DELTA_RENAMED:
    return file_change::renamed;
  default:
    return file_change::modified;
  }
}

/// Compares two trees file by file.
class range_diff {
public:
  range_diff(git_repository* in, const std::filesystem::path& path) : in_{in}, path_{path} {
  }

  caf::expected<std::vector<changed_file>> run(const git_range& range, const work_limit& limit) {
    if (auto error = compare_trees(range))
      return error;
    auto count = git_diff_num_deltas(diff_.get());
    if (count > max_changed_files)
      return fail(ec::too_large, "the change has " + std::to_string(count) + " files; at most " +
                                   std::to_string(max_changed_files) + " are compared");
    std::vector<changed_file> out;
    out.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      if (auto over = limit.check())
        return over;
      auto file = describe(*git_diff_get_delta(diff_.get(), i));
      if (!file)
        return file.error();
      out.push_back(std::move(*file));
    }
    std::ranges::sort(out, {}, &changed_file::path);
    return out;
  }

private:
  caf::error compare_trees(const git_range& range) {
    auto old_tree = find_tree(in_, path_, range.base_tree);
    if (!old_tree)
      return old_tree.error();
    auto new_tree = find_tree(in_, path_, range.head_tree);
    if (!new_tree)
      return new_tree.error();
    git_diff* made = nullptr;
    git_diff_options how = GIT_DIFF_OPTIONS_INIT;
    if (git_diff_tree_to_tree(&made, in_, old_tree->get(), new_tree->get(), &how) != 0)
      return damaged(path_, "the trees cannot be compared");
    diff_.reset(made);
    git_odb* objects = nullptr;
    if (git_repository_odb(&objects, in_) != 0)
      return damaged(path_, "the objects cannot be read");
    objects_.reset(objects);
    return find_renames();
  }

  /// Renames are found by content, so not where a file is too large to be read.
  caf::error find_renames() {
    size_t candidates = 0;
    for (size_t i = 0; i < git_diff_num_deltas(diff_.get()); ++i) {
      const auto& delta = *git_diff_get_delta(diff_.get(), i);
      if (delta.status != GIT_DELTA_ADDED && delta.status != GIT_DELTA_DELETED)
        continue;
      ++candidates;
      if (!is_countable(delta.old_file) || !is_countable(delta.new_file))
        return caf::none;
    }
    if (candidates > max_rename_candidates)
      return caf::none;
    git_diff_find_options how = GIT_DIFF_FIND_OPTIONS_INIT;
    how.flags = GIT_DIFF_FIND_RENAMES;
    how.rename_limit = max_rename_candidates;
    return git_diff_find_similar(diff_.get(), &how) == 0 ? caf::error{} : damaged(path_, "renames cannot be found");
  }

  /// Whether a side of a delta is a file of bounded size, or absent. Reads no content.
  bool is_countable(const git_diff_file& file) const {
    if (git_oid_is_zero(&file.id))
      return true;
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    return file.mode != GIT_FILEMODE_COMMIT && git_odb_read_header(&size, &type, objects_.get(), &file.id) == 0 &&
           type == GIT_OBJECT_BLOB && size <= max_counted_bytes;
  }

  caf::expected<changed_file> describe(const git_diff_delta& delta) {
    changed_file out;
    out.kind = kind_of(delta.status);
    out.path = delta.new_file.path ? delta.new_file.path : "";
    out.old_path = delta.old_file.path ? delta.old_file.path : "";
    out.uncounted = !is_countable(delta.old_file) || !is_countable(delta.new_file);
    if (out.uncounted)
      return out;
    auto old_blob = blob_of(delta.old_file);
    auto new_blob = blob_of(delta.new_file);
    if (!old_blob || !new_blob)
      return damaged(path_, "file " + printable(out.path) + " cannot be read");
    out.uncounted =
      (*old_blob && git_blob_is_binary(old_blob->get())) || (*new_blob && git_blob_is_binary(new_blob->get()));
    if (!out.uncounted)
      if (auto error = count_lines(old_blob->get(), new_blob->get(), out))
        return error;
    return out;
  }

  /// The blob, or null for an absent side; nothing when it cannot be read.
  std::optional<git::blob> blob_of(const git_diff_file& file) const {
    if (git_oid_is_zero(&file.id))
      return git::blob{};
    git_blob* found = nullptr;
    if (git_blob_lookup(&found, in_, &file.id) != 0)
      return std::nullopt;
    return git::blob{found};
  }

  /// Without names, so that the repository's attributes have no say in what counts as text.
  caf::error count_lines(const git_blob* old_blob, const git_blob* new_blob, changed_file& out) const {
    git_patch* made = nullptr;
    git_diff_options how = GIT_DIFF_OPTIONS_INIT;
    how.flags = GIT_DIFF_FORCE_TEXT;
    how.context_lines = 0;
    if (git_patch_from_blobs(&made, old_blob, nullptr, new_blob, nullptr, &how) != 0)
      return damaged(path_, "the lines of " + printable(out.path) + " cannot be compared");
    git::patch lines{made};
    size_t context = 0;
    size_t added = 0;
    size_t removed = 0;
    if (lines && git_patch_line_stats(&context, &added, &removed, lines.get()) != 0)
      return damaged(path_, "the lines of " + printable(out.path) + " cannot be counted");
    out.additions = added;
    out.deletions = removed;
    return caf::none;
  }

  git_repository* in_;
  const std::filesystem::path& path_;
  git::diff diff_;
  git::odb objects_;
};

} // namespace

caf::expected<git_range> resolve_range(const std::filesystem::path& repository, const std::string& base,
                                       const std::string& head) {
  auto opened = git::open(repository);
  if (!opened)
    return opened.error();
  auto base_commit = find_commit(opened->get(), base, "base");
  if (!base_commit)
    return base_commit.error();
  auto head_commit = find_commit(opened->get(), head, "head");
  if (!head_commit)
    return head_commit.error();
  git_oid shared;
  auto code =
    git_merge_base(&shared, opened->get(), git_commit_id(base_commit->get()), git_commit_id(head_commit->get()));
  if (code == GIT_ENOTFOUND)
    return fail(ec::conflict, "base " + printable(base) + " and head " + printable(head) +
                                " have no commit in common here; a clone without history needs it (git fetch "
                                "--unshallow, fetch-depth: 0)");
  git_commit* parted = nullptr;
  if (code != 0 || git_commit_lookup(&parted, opened->get(), &shared) != 0)
    return damaged(repository, "the history between base and head cannot be read");
  git::commit merge_base{parted};
  return git_range{git::hex(*git_commit_id(base_commit->get())),
                   git::hex(*git_commit_id(head_commit->get())),
                   git::hex(shared),
                   tree_of(merge_base.get()),
                   tree_of(head_commit->get()),
                   title_of(head_commit->get())};
}

caf::expected<std::vector<changed_file>> diff_range(const std::filesystem::path& repository, const git_range& range,
                                                    const work_limit& limit) {
  auto opened = git::open(repository);
  if (!opened)
    return opened.error();
  return range_diff{opened->get(), repository}.run(range, limit);
}

} // namespace hive
