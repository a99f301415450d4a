#include "platform/git_head.hpp"

#include "messages/ec.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <git2.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class checkout_test : public ::testing::Test {
protected:
  checkout_test() {
    git_libgit2_init();
    fs::create_directories(path);
  }

  ~checkout_test() override {
    git_repository_free(repository);
    git_libgit2_shutdown();
  }

  static void require(int code) {
    if (code != 0)
      throw std::runtime_error(git_error_last() ? git_error_last()->message : "libgit2 failed");
  }

  void init() {
    require(git_repository_init(&repository, path.c_str(), 0));
  }

  /// Commits an empty tree on HEAD and returns the commit's id.
  std::string commit(const char* message) {
    git_oid tree_id;
    git_oid commit_id;
    git_treebuilder* builder = nullptr;
    git_tree* tree = nullptr;
    git_signature* author = nullptr;
    require(git_treebuilder_new(&builder, repository, nullptr));
    require(git_treebuilder_write(&tree_id, builder));
    require(git_tree_lookup(&tree, repository, &tree_id));
    require(git_signature_new(&author, "A Tester", "tester@example.org", 1'700'000'000, 0));
    require(git_commit_create(&commit_id, repository, nullptr, author, author, nullptr, message, tree, 0, nullptr));
    git_reference* head = nullptr;
    require(git_reference_create(&head, repository, "refs/heads/master", &commit_id, 1, nullptr));
    git_reference_free(head);
    git_signature_free(author);
    git_tree_free(tree);
    git_treebuilder_free(builder);
    return git_oid_tostr_s(&commit_id);
  }

  temporary_directory temp;
  fs::path path = temp.path() / "checkout";
  git_repository* repository = nullptr;
};

TEST_F(checkout_test, names_the_commit_of_head) {
  init();
  require(git_repository_set_head(repository, "refs/heads/master"));
  auto first = commit("first");
  EXPECT_EQ(read_head_sha(path), first);
  auto second = commit("second");
  EXPECT_NE(second, first);
  EXPECT_EQ(read_head_sha(path), second);
}

TEST_F(checkout_test, is_found_from_a_directory_inside) {
  init();
  require(git_repository_set_head(repository, "refs/heads/master"));
  auto id = commit("first");
  fs::create_directories(path / "deep/er");
  EXPECT_EQ(read_head_sha(path / "deep/er"), id);
}

TEST_F(checkout_test, works_with_a_detached_head) {
  init();
  auto id = commit("first");
  git_oid oid;
  require(git_oid_fromstr(&oid, id.c_str()));
  require(git_repository_set_head_detached(repository, &oid));
  EXPECT_EQ(read_head_sha(path), id);
}

TEST_F(checkout_test, no_repository_is_not_found) {
  auto result = read_head_sha(path);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::not_found);
  EXPECT_THAT(text_of(result.error()), HasSubstr(path.string()));
  EXPECT_EQ(code_of(read_head_sha(path / "absent").error()), ec::not_found);
}

TEST_F(checkout_test, no_commit_is_no_data) {
  init();
  EXPECT_EQ(code_of(read_head_sha(path).error()), ec::no_data);
}

TEST_F(checkout_test, damage_is_named) {
  init();
  put_file(path / ".git/HEAD", "garbage");
  auto result = read_head_sha(path);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::corrupt) << text_of(result.error());
}

TEST_F(checkout_test, someone_elses_repository_is_refused_with_the_remedy) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give a directory away";
  init();
  require(git_repository_set_head(repository, "refs/heads/master"));
  commit("first");
  constexpr uid_t nobody = 65534;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    ASSERT_EQ(::lchown(entry.path().c_str(), nobody, nobody), 0);
  ASSERT_EQ(::lchown(path.c_str(), nobody, nobody), 0);
  auto result = read_head_sha(path);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::forbidden);
  EXPECT_THAT(text_of(result.error()), HasSubstr("safe.directory"));
}

} // namespace
} // namespace hive
