#include "actors/benchmark/install/install_files.hpp"

#include "messages/ec.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace install_files;

class install_files_test : public testing::Test {
protected:
  std::string install(const std::string& name, const std::string& commit) {
    auto staged = staging_path(temp.path(), "node1");
    fs::create_directories(staged / tree);
    put_file(staged / tree / "file", commit);
    auto place = publish(staged, temp.path(), "node1", name, commit);
    EXPECT_TRUE(place) << text_of(place.error());
    EXPECT_FALSE(fs::exists(staged));
    return *place;
  }

  temporary_directory temp;
};

TEST_F(install_files_test, two_commits_lie_beside_each_other) {
  auto one = install("bench", std::string(40, 'a'));
  auto two = install("bench", std::string(40, 'b'));
  EXPECT_NE(one, two);
  EXPECT_EQ(file_text(temp.path() / one / tree / "file"), std::string(40, 'a'));
  EXPECT_EQ(file_text(temp.path() / two / tree / "file"), std::string(40, 'b'));
}

TEST_F(install_files_test, leftovers_are_those_of_this_node_that_no_record_names) {
  auto kept = install("bench", std::string(40, 'a'));
  install("bench", std::string(40, 'b'));
  install("gone", std::string(40, 'c'));
  fs::create_directories(staging_path(temp.path(), "node1"));
  fs::create_directories(temp.path() / ".runs-node1-1" / "x");
  auto running = run_path(temp.path(), "node1", "bench");
  fs::create_directories(running);
  auto foreign = staging_path(temp.path(), "node2");
  fs::create_directories(foreign);
  fs::create_directories(temp.path() / "bench/aaaaaaaaaaaa-node2-1");
  fs::create_directories(temp.path() / "other-things/of the user");
  ASSERT_FALSE(remove_leftovers(temp.path(), "node1", {kept}));
  EXPECT_TRUE(fs::exists(temp.path() / kept));
  EXPECT_TRUE(fs::exists(running));
  EXPECT_TRUE(fs::exists(foreign));
  EXPECT_TRUE(fs::exists(temp.path() / "bench/aaaaaaaaaaaa-node2-1"));
  EXPECT_TRUE(fs::exists(temp.path() / "other-things/of the user"));
  EXPECT_FALSE(fs::exists(temp.path() / "gone"));
  EXPECT_FALSE(fs::exists(temp.path() / ".runs-node1-1"));
  EXPECT_EQ(std::distance(fs::directory_iterator{temp.path() / "bench"}, fs::directory_iterator{}), 2);
  EXPECT_FALSE(remove_leftovers(temp.path() / "none", "node1", {}));
}

TEST_F(install_files_test, a_directory_is_removed_with_its_last_user) {
  auto path = temp.path() / install("bench", std::string(40, 'a'));
  auto first = std::make_shared<installed_directory>(path);
  auto second = first;
  first->remove_when_unused();
  first.reset();
  EXPECT_TRUE(fs::exists(path));
  second.reset();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(path.parent_path()));
}

TEST_F(install_files_test, a_copy_follows_no_link) {
  put_file(temp.path() / "secret", "s");
  auto from = temp.path() / "from";
  put_file(from / "deep/file", "text");
  fs::create_symlink(temp.path() / "secret", from / "link");
  fs::create_directory_symlink(temp.path(), from / "directory");
  ASSERT_FALSE(copy_tree(from, temp.path() / "a/to"));
  EXPECT_EQ(file_text(temp.path() / "a/to/deep/file"), "text");
  EXPECT_TRUE(fs::is_symlink(temp.path() / "a/to/link"));
  EXPECT_TRUE(fs::is_symlink(temp.path() / "a/to/directory"));
  EXPECT_EQ(*check_tree(from, 100), 4U);
}

TEST_F(install_files_test, what_a_build_leaves_is_checked) {
  put_file(temp.path() / "tree/file", "text");
  EXPECT_EQ(*check_tree(temp.path() / "tree", 4), 4U);
  auto large = check_tree(temp.path() / "tree", 3);
  ASSERT_FALSE(large);
  EXPECT_EQ(code_of(large.error()), ec::too_large);
  ASSERT_EQ(::mkfifo((temp.path() / "tree/pipe").c_str(), 0600), 0);
  auto pipe = check_tree(temp.path() / "tree", 100);
  ASSERT_FALSE(pipe);
  EXPECT_THAT(text_of(pipe.error()), HasSubstr("pipe is neither"));
}

} // namespace
} // namespace hive
