#include "platform/git_fetch.hpp"

#include "messages/ec.hpp"
#include "tests/support/git_commands.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class git_fetch_test : public testing::Test {
protected:
  git_fetch_test() {
    repository.put("a.txt", "one\n");
    first = repository.commit();
    repository.put("deep/b.txt", "two\n");
    second = repository.commit();
  }

  caf::expected<fetched_tree> fetch(const std::string& revision, const fetch_limits& limits = {}) {
    return fetch_tree("file://" + repository.path().string(), revision, target, limits, {});
  }

  void expect_nothing_left() const {
    EXPECT_FALSE(fs::exists(target));
    EXPECT_FALSE(fs::exists(target.string() + ".partial"));
  }

  temporary_directory temp;
  git_checkout repository{temp.path() / "repository"};
  fs::path target = temp.path() / "target";
  std::string first;
  std::string second;
};

TEST_F(git_fetch_test, writes_the_files_of_a_commit_and_nothing_else) {
  auto fetched = fetch(second);
  ASSERT_TRUE(fetched) << text_of(fetched.error());
  EXPECT_EQ(fetched->commit, second);
  EXPECT_EQ(fetched->written.files, 2U);
  EXPECT_EQ(fetched->written.bytes, 8U);
  EXPECT_GT(fetched->received_bytes, 0U);
  EXPECT_EQ(file_text(target / "deep/b.txt"), "two\n");
  EXPECT_FALSE(fs::exists(target / ".git"));
  EXPECT_FALSE(fs::exists(target.string() + ".partial"));
}

TEST_F(git_fetch_test, resolves_branches_tags_and_head) {
  repository.git("tag -a v1 -m tag " + first);
  repository.git("branch older " + first);
  for (const auto& [revision, commit] : std::vector<std::pair<std::string, std::string>>{
         {"", second}, {"main", second}, {"v1", first}, {"older", first}, {first, first}}) {
    auto fetched = fetch(revision);
    ASSERT_TRUE(fetched) << revision << ": " << text_of(fetched.error());
    EXPECT_EQ(fetched->commit, commit) << revision;
    fs::remove_all(target);
  }
}

TEST_F(git_fetch_test, names_what_does_not_exist) {
  for (const auto& revision : {std::string(40, '1'), std::string{"no-branch"}, second.substr(0, 12)}) {
    auto fetched = fetch(revision);
    ASSERT_FALSE(fetched) << revision;
    EXPECT_EQ(code_of(fetched.error()), ec::not_found);
    EXPECT_THAT(text_of(fetched.error()), HasSubstr(revision));
    expect_nothing_left();
  }
  auto fetched = fetch_tree("file://" + (temp.path() / "none").string(), "", target, {}, {});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(code_of(fetched.error()), ec::unavailable);
  expect_nothing_left();
}

TEST_F(git_fetch_test, keeps_its_limits_and_leaves_nothing) {
  fetch_limits bytes;
  bytes.tree.bytes = 7;
  fetch_limits files;
  files.tree.files = 2; // the directory is an entry too
  fetch_limits received;
  received.received_bytes = 10;
  fetch_limits objects;
  objects.objects = 2;
  for (const auto& limits : {bytes, files, received, objects}) {
    auto fetched = fetch("", limits);
    ASSERT_FALSE(fetched);
    EXPECT_EQ(code_of(fetched.error()), ec::too_large) << text_of(fetched.error());
    expect_nothing_left();
  }
}

TEST_F(git_fetch_test, refuses_links_and_submodules_when_told_to) {
  fetch_limits limits;
  limits.tree.plain_files_only = true;
  fs::create_symlink("a.txt", repository.path() / "link");
  repository.commit();
  auto link = fetch("", limits);
  ASSERT_FALSE(link);
  EXPECT_THAT(text_of(link.error()), HasSubstr("link is a symbolic link"));
  auto module = repository.commit_tree(repository.store_tree(tree_entry("160000", "module", first)));
  repository.git("update-ref refs/heads/module " + module);
  auto submodule = fetch("module", limits);
  ASSERT_FALSE(submodule);
  EXPECT_THAT(text_of(submodule.error()), HasSubstr("module is a submodule"));
  expect_nothing_left();
}

TEST_F(git_fetch_test, stops_at_the_deadline) {
  work_limit over;
  over.deadline = work_limit::clock::now();
  auto fetched = fetch_tree("file://" + repository.path().string(), "", target, {}, over);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(code_of(fetched.error()), ec::timed_out);
  expect_nothing_left();
}

TEST_F(git_fetch_test, does_not_write_over_what_is_there) {
  put_file(target, "mine");
  auto fetched = fetch("");
  ASSERT_FALSE(fetched);
  EXPECT_EQ(code_of(fetched.error()), ec::already_exists);
  EXPECT_EQ(file_text(target), "mine");
}

} // namespace
} // namespace hive
