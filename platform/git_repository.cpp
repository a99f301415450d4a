#include "platform/git_repository.hpp"

#include "messages/ec.hpp"

#include <stdexcept>

namespace hive::git {
namespace {

/// libgit2 stays initialised for the life of the process: a shutdown would have to wait for all other users.
void init_library() {
  static const int users = git_libgit2_init();
  if (users < 0)
    throw std::runtime_error{"libgit2 cannot be initialised"};
}

/// Whether there is a repository, also one of another user.
bool is_there(const std::filesystem::path& directory) {
  git_buf found{};
  bool there = git_repository_discover(&found, directory.c_str(), 0, nullptr) == 0;
  git_buf_dispose(&found);
  return there;
}

caf::error fail_to_open(int code, const std::filesystem::path& directory) {
  // libgit2 1.5 also reports "not found" when the owner differs and no safe.directory is configured.
  if (code == GIT_ENOTFOUND && !is_there(directory))
    return fail(ec::not_found, "there is no git repository at or above " + directory.string());
  if (code == GIT_EOWNER || code == GIT_ENOTFOUND)
    return fail(ec::forbidden, "the git repository of " + directory.string() +
                                 " belongs to another user; if it can be trusted, run git config --global --add "
                                 "safe.directory with its path as the user of this process");
  return fail(ec::corrupt, "the git repository of " + directory.string() + " cannot be opened: " + last_error());
}

} // namespace

std::string last_error() {
  auto* error = git_error_last();
  return error && error->message ? error->message : "libgit2 gives no reason";
}

caf::expected<repository> open(const std::filesystem::path& directory) {
  init_library();
  git_repository* opened = nullptr;
  if (auto code = git_repository_open_ext(&opened, directory.c_str(), 0, nullptr); code != 0)
    return fail_to_open(code, directory);
  return repository{opened};
}

} // namespace hive::git
