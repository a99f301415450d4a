#include "platform/git_head.hpp"

#include "messages/ec.hpp"
#include "platform/git_repository.hpp"

namespace hive {

caf::expected<std::string> read_head_sha(const std::filesystem::path& directory) {
  auto repository = git::open(directory);
  if (!repository)
    return repository.error();
  git_oid head;
  auto code = git_reference_name_to_id(&head, repository->get(), "HEAD");
  if (code == GIT_ENOTFOUND)
    return fail(ec::no_data, "the git repository of " + directory.string() + " has no commit yet");
  if (code != 0)
    return fail(ec::corrupt,
                "HEAD of the git repository of " + directory.string() + " cannot be read: " + git::last_error());
  return git::hex(head);
}

} // namespace hive
