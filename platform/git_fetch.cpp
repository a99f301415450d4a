#include "platform/git_fetch.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/git_repository.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <git2/sys/repository.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Where the commit is kept in the repository that is fetched into.
constexpr const char* pinned = "refs/hive/pinned";
/// Windows on packs: the default is 1 GiB at a time, which a limit of the address space would refuse.
constexpr size_t window_bytes = size_t{32} << 20;
constexpr size_t mapped_bytes = size_t{256} << 20;
constexpr size_t commit_digits = 40;
constexpr auto npos = std::string::npos;

bool is_commit_id(const std::string& text) {
  return text.size() == commit_digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Makes libgit2 ignore the configuration of this user and machine, which could replace the URL.
void prepare_library() {
  git::init_library();
  for (int level :
       {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  // The operator has allowed repositories of others, and nothing in them is run.
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window_bytes);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, mapped_bytes);
}

/// Fetches into a bare repository.
class fetcher {
public:
  fetcher(const std::string& url, const std::string& revision, const fetch_limits& limits, const work_limit& limit)
      : url_{url}, revision_{revision}, limits_{limits}, limit_{limit} {
  }

  caf::expected<fetched_tree> run(const fs::path& bare, const fs::path& target) {
    git_repository* made = nullptr;
    if (git_repository_init(&made, bare.c_str(), 1) != 0)
      return fail(ec::unavailable, bare.string() + " cannot be made: " + git::last_error());
    repository_.reset(made);
    if (auto error = fetch())
      return error;
    auto commit = find_commit();
    if (!commit)
      return commit.error();
    fetched_tree out;
    out.commit = git::hex(*git_commit_id(commit->get()));
    out.received_bytes = received_bytes_;
    auto tree = git::hex(*git_commit_tree_id(commit->get()));
    auto written = export_tree(bare, tree, target, limit_, limits_.tree);
    if (!written)
      return written.error();
    out.written = *written;
    return out;
  }

private:
  caf::error fetch() {
    if (auto error = connect())
      return error;
    auto source = find_source();
    if (!source)
      return source.error();
    if (download({*source + ":" + pinned}) == 0)
      return caf::none;
    // Some servers send what a branch or tag has, and no commit by its id: then all of them are fetched.
    bool by_id_refused = is_commit_id(revision_) && !stopped_ && git::last_error().find("specific object") != npos;
    if (!by_id_refused)
      return failed("cannot be fetched");
    if (auto error = connect())
      return error;
    return download({"+refs/heads/*:refs/hive/heads/*", "+refs/tags/*:refs/hive/tags/*"}) == 0
             ? caf::error{}
             : failed("cannot be fetched");
  }

  caf::error connect() {
    git_remote* made = nullptr;
    if (git_remote_create_anonymous(&made, repository_.get(), url_.c_str()) != 0)
      return failed("cannot be used");
    remote_.reset(made);
    git_remote_connect_options how = GIT_REMOTE_CONNECT_OPTIONS_INIT;
    how.callbacks = callbacks();
    how.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    return git_remote_connect_ext(made, GIT_DIRECTION_FETCH, &how) == 0 ? caf::error{} : failed("cannot be reached");
  }

  /// 0, or libgit2's code.
  int download(std::vector<std::string> refspecs) {
    git_fetch_options how = GIT_FETCH_OPTIONS_INIT;
    how.callbacks = callbacks();
    how.prune = GIT_FETCH_NO_PRUNE;
    how.update_fetchhead = 0;
    how.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    how.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    std::vector<char*> texts;
    for (auto& refspec : refspecs)
      texts.push_back(refspec.data());
    git_strarray wanted{texts.data(), texts.size()};
    auto code = git_remote_download(remote_.get(), &wanted, &how);
    return code != 0 ? code
                     : git_remote_update_tips(remote_.get(), &how.callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE, nullptr);
  }

  /// The left side of the refspec: a commit, or the full name of a reference.
  caf::expected<std::string> find_source() const {
    if (is_commit_id(revision_))
      return revision_;
    const git_remote_head** heads = nullptr;
    size_t count = 0;
    if (git_remote_ls(&heads, &count, remote_.get()) != 0)
      return failed("does not tell its branches");
    auto has = [&](const std::string& name) {
      return std::any_of(heads, heads + count, [&](const git_remote_head* head) { return name == head->name; });
    };
    const std::vector<std::string> names =
      revision_.empty() ? std::vector<std::string>{"HEAD"}
                        : std::vector<std::string>{"refs/heads/" + revision_, "refs/tags/" + revision_};
    auto found = std::ranges::find_if(names, has);
    if (found != names.end())
      return *found;
    return fail(ec::not_found, revision_.empty() ? url_ + " has no commit"
                                                 : url_ + " has no branch, tag or commit " + printable(revision_));
  }

  caf::expected<git::commit> find_commit() const {
    git_oid id;
    git_object* named = nullptr;
    bool is_known = is_commit_id(revision_) ? git_oid_fromstr(&id, revision_.c_str()) == 0
                                            : git_reference_name_to_id(&id, repository_.get(), pinned) == 0;
    bool found = is_known && git_object_lookup(&named, repository_.get(), &id, GIT_OBJECT_ANY) == 0;
    git::object object{named};
    git_object* peeled = nullptr;
    if (!found || git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0)
      return fail(ec::not_found, url_ + " has no commit " + (revision_.empty() ? "HEAD" : printable(revision_)));
    return git::commit{reinterpret_cast<git_commit*>(peeled)};
  }

  git_remote_callbacks callbacks() {
    git_remote_callbacks out = GIT_REMOTE_CALLBACKS_INIT;
    out.payload = this;
    out.transfer_progress = [](const git_indexer_progress* now, void* self) {
      return static_cast<fetcher*>(self)->on_progress(*now);
    };
    out.pack_progress = [](int, uint32_t, uint32_t, void* self) { return static_cast<fetcher*>(self)->on_step(); };
    return out;
  }

  int on_progress(const git_indexer_progress& now) {
    received_bytes_ = now.received_bytes;
    if (now.received_bytes > limits_.received_bytes)
      return stop(fail(ec::too_large, url_ + " sends more than " + std::to_string(limits_.received_bytes) + " bytes"));
    if (now.total_objects > limits_.objects)
      return stop(fail(ec::too_large, url_ + " has more than " + std::to_string(limits_.objects) + " objects"));
    return on_step();
  }

  int on_step() {
    auto over = limit_.check();
    return over ? stop(std::move(over)) : 0;
  }

  int stop(caf::error why) {
    stopped_ = std::move(why);
    return -1;
  }

  /// The reason of the last failure: ours, if a callback ended the work.
  caf::error failed(const char* what) const {
    if (stopped_)
      return stopped_;
    auto* last = git_error_last();
    auto text = git::last_error();
    if (last && last->klass == GIT_ERROR_NOMEMORY)
      return fail(ec::too_large, url_ + " holds an object that needs more memory than fetching may use: " + text);
    if (text.find("redirect") != npos)
      return fail(ec::forbidden, url_ + " redirects elsewhere, which is not followed: " + text);
    bool is_missing =
      is_commit_id(revision_) && last &&
      (last->klass == GIT_ERROR_ODB || last->klass == GIT_ERROR_REFERENCE || text.find("not our ref") != npos);
    if (is_missing)
      return fail(ec::not_found, url_ + " has no commit " + revision_ + ": " + text);
    return fail(ec::unavailable, url_ + " " + what + ": " + text);
  }

  const std::string& url_;
  const std::string& revision_;
  const fetch_limits& limits_;
  const work_limit& limit_;
  git::repository repository_;
  git::remote remote_;
  uint64_t received_bytes_ = 0;
  caf::error stopped_;
};

/// A directory that is removed at the end of the scope.
class scratch_directory {
public:
  explicit scratch_directory(fs::path path) : path_{std::move(path)} {
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    remove_tree(path_);
  }

private:
  fs::path path_;
};

/// Writes everything below a directory's file system to the disk: one wait, where a wait per file would be hundreds.
caf::error flush(const fs::path& directory) {
  unique_fd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd && ::syncfs(fd.get()) == 0)
    return caf::none;
  return fail(ec::unavailable, directory.string() + " cannot be written to the disk: " + errno_text(errno));
}

} // namespace

caf::expected<fetched_tree> fetch_tree(const std::string& url, const std::string& revision, const fs::path& directory,
                                       const fetch_limits& limits, const work_limit& limit) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(directory, error)))
    return fail(ec::already_exists, directory.string() + " exists already");
  fs::path partial{directory.string() + ".partial"};
  if (auto left = remove_tree(partial))
    return left;
  scratch_directory scratch{partial};
  fs::create_directories(partial, error);
  if (error)
    return fail(ec::unavailable, partial.string() + " cannot be made: " + error.message());
  prepare_library();
  auto out = fetcher{url, revision, limits, limit}.run(partial / "objects", partial / "files");
  if (!out)
    return out;
  if (auto failed = flush(partial / "files"))
    return failed;
  fs::rename(partial / "files", directory, error);
  if (error)
    return fail(ec::unavailable, directory.string() + " cannot be made: " + error.message());
  unique_fd parent{::open(directory.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!parent || ::fsync(parent.get()) != 0)
    return fail(ec::unavailable, directory.string() + " cannot be written to the disk: " + errno_text(errno));
  return out;
}

} // namespace hive
