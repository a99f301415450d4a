#include "platform/git_change.hpp"

#include "messages/ec.hpp"
#include "tests/support/git_commands.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class git_change_test : public testing::Test {
protected:
  git_change_test() {
    repository.put("a.txt", "one\ntwo\nthree\n");
    repository.put("b.txt", std::string(100, 'b') + "\n");
    base = repository.commit("the base");
  }

  std::vector<changed_file> diff(const std::string& head) {
    auto range = resolve_range(repository.path(), base, head);
    EXPECT_TRUE(range) << text_of(range.error());
    auto files = diff_range(repository.path(), *range, {});
    EXPECT_TRUE(files) << text_of(files.error());
    return files ? *files : std::vector<changed_file>{};
  }

  temporary_directory temp;
  git_checkout repository{temp.path() / "repository"};
  std::string base;
};

TEST_F(git_change_test, counts_files_and_lines_like_git) {
  repository.put("a.txt", "one\n2\nthree\nfour\n");
  repository.put("new/c.txt", "c\n");
  std::filesystem::rename(repository.path() / "b.txt", repository.path() / "moved.txt");
  auto files = diff(repository.commit());
  ASSERT_THAT(files, SizeIs(3));
  EXPECT_EQ(files[0].path, "a.txt");
  EXPECT_EQ(files[0].kind, file_change::modified);
  EXPECT_EQ(files[0].additions, 2u);
  EXPECT_EQ(files[0].deletions, 1u);
  EXPECT_EQ(files[1].path, "moved.txt");
  EXPECT_EQ(files[1].old_path, "b.txt");
  EXPECT_EQ(files[1].kind, file_change::renamed);
  EXPECT_EQ(files[1].additions, 0u);
  EXPECT_EQ(files[2].kind, file_change::added);
  EXPECT_EQ(files[2].additions, 1u);
}

TEST_F(git_change_test, is_what_happened_since_the_two_parted) {
  repository.git("checkout -q -b topic");
  repository.put("c.txt", "c\n");
  auto head = repository.commit("on the topic");
  repository.git("checkout -q main");
  repository.put("a.txt", "changed on main\n");
  auto newer_base = repository.commit("on main");
  auto range = resolve_range(repository.path(), "main", "topic");
  ASSERT_TRUE(range) << text_of(range.error());
  EXPECT_EQ(range->base, newer_base);
  EXPECT_EQ(range->head, head);
  EXPECT_EQ(range->merge_base, base);
  EXPECT_EQ(range->title, "on the topic");
  auto files = diff_range(repository.path(), *range, {});
  ASSERT_THAT(*files, SizeIs(1));
  EXPECT_EQ(files->front().path, "c.txt");
}

TEST_F(git_change_test, attributes_hide_no_lines) {
  repository.put(".gitattributes", "* -diff binary\n");
  repository.put("a.txt", "one\n");
  auto files = diff(repository.commit());
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(files[1].path, "a.txt");
  EXPECT_FALSE(files[1].uncounted);
  EXPECT_EQ(files[1].deletions, 2u);
}

TEST_F(git_change_test, tells_files_whose_lines_cannot_be_counted) {
  repository.put("binary", std::string("a\0b\n", 4));
  repository.put("large", std::string(max_counted_bytes + 1, 'x'));
  repository.git("update-index --add --cacheinfo 160000," + base + ",module");
  repository.git("add binary large && git commit -q -m files");
  auto files = diff("HEAD");
  ASSERT_THAT(files, SizeIs(3));
  for (const auto& file : files)
    EXPECT_TRUE(file.uncounted) << file.path;
}

TEST_F(git_change_test, no_change_is_an_empty_one) {
  EXPECT_THAT(diff("HEAD"), SizeIs(0));
}

TEST_F(git_change_test, says_what_is_wrong_with_a_revision) {
  auto error = [&](const std::string& from, const std::string& to) {
    auto range = resolve_range(repository.path(), from, to);
    return range ? caf::error{} : range.error();
  };
  EXPECT_EQ(code_of(error("HEAD", "nowhere")), ec::not_found);
  EXPECT_THAT(text_of(error("HEAD", "nowhere")), HasSubstr("head nowhere"));
  EXPECT_EQ(code_of(error("no/such", "HEAD")), ec::not_found);
  EXPECT_THAT(text_of(error("no/such", "HEAD")), HasSubstr("base no/such"));
  EXPECT_EQ(code_of(error("HEAD", "HEAD:a.txt")), ec::not_found) << "a file is no commit";
  EXPECT_EQ(code_of(error("HEAD", "")), ec::invalid);
  EXPECT_EQ(code_of(error("HEAD", std::string(257, 'a'))), ec::invalid);
  EXPECT_EQ(code_of(error("HEAD", std::string("a\0b", 3))), ec::invalid);
  repository.git("checkout -q --orphan other");
  repository.commit("unrelated");
  EXPECT_EQ(code_of(error("main", "other")), ec::conflict);
  EXPECT_THAT(text_of(error("main", "other")), HasSubstr("fetch-depth"));
}

TEST_F(git_change_test, says_that_there_is_no_repository) {
  temporary_directory empty;
  auto range = resolve_range(empty.path(), "a", "b");
  ASSERT_FALSE(range);
  EXPECT_EQ(code_of(range.error()), ec::not_found);
  EXPECT_THAT(text_of(range.error()), HasSubstr(empty.path().string()));
}

TEST_F(git_change_test, stops_when_it_is_told_to) {
  repository.put("c.txt", "c\n");
  auto range = resolve_range(repository.path(), base, repository.commit());
  std::stop_source stop;
  stop.request_stop();
  auto files = diff_range(repository.path(), *range, {stop.get_token()});
  ASSERT_FALSE(files);
  EXPECT_EQ(code_of(files.error()), ec::unavailable);
}

} // namespace
} // namespace hive
