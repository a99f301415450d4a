#include "platform/git_repository.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <git2/sys/alloc.h>
#include <stdexcept>

namespace hive::git {
namespace {

/// A block of memory, or null when it would be larger than any that an object of bounded size needs. libgit2 holds an
/// object whole, and with it the one that it is stored as a difference to.
void* allocate(void* old, size_t count, size_t size) {
  bool fits = size == 0 || count <= max_allocation_bytes / size;
  void* out = fits ? std::realloc(old, std::max<size_t>(count * size, 1)) : nullptr;
  if (!out)
    git_error_set_oom();
  return out;
}

void* allocate_zeros(size_t count, size_t size, const char*, int) {
  auto* out = allocate(nullptr, count, size);
  return out ? std::memset(out, 0, count * size) : nullptr;
}

char* copy_text(const char* text, size_t size, const char*, int) {
  auto* out = static_cast<char*>(allocate(nullptr, size + 1, 1));
  if (!out)
    return nullptr;
  std::memcpy(out, text, size);
  out[size] = '\0';
  return out;
}

git_allocator bounded_allocator() {
  git_allocator out{};
  out.gmalloc = [](size_t size, const char*, int) { return allocate(nullptr, size, 1); };
  out.gcalloc = allocate_zeros;
  out.gstrdup = [](const char* text, const char* file, int line) {
    return copy_text(text, std::strlen(text), file, line);
  };
  out.gstrndup = [](const char* text, size_t most, const char* file, int line) {
    return copy_text(text, ::strnlen(text, most), file, line);
  };
  out.gsubstrdup = copy_text;
  out.grealloc = [](void* old, size_t size, const char*, int) { return allocate(old, size, 1); };
  out.greallocarray = [](void* old, size_t count, size_t size, const char*, int) { return allocate(old, count, size); };
  out.gmallocarray = [](size_t count, size_t size, const char*, int) { return allocate(nullptr, count, size); };
  out.gfree = std::free;
  return out;
}

/// libgit2 stays initialised for the life of the process: a shutdown would have to wait for all other users.
int init_with_bounds() {
  static git_allocator allocator = bounded_allocator();
  git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator); // before anything is allocated
  return git_libgit2_init();
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

void init_library() {
  static const int users = init_with_bounds();
  if (users < 0)
    throw std::runtime_error{"libgit2 cannot be initialised"};
}

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
