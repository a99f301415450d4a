#include "platform/watched_folder.hpp"

#include "messages/ec.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class watched_folder_test : public testing::Test {
protected:
  watched_folder_test() {
    fs::create_directory(path);
    open();
  }

  void open() {
    auto opened = watched_folder::open(path, [this] { ++told; });
    ASSERT_TRUE(opened) << text_of(opened.error());
    folder = std::move(*opened);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path / name} << text;
  }

  temporary_directory temp;
  fs::path path = temp.path() / "prompts";
  std::atomic<int> told = 0;
  std::unique_ptr<watched_folder> folder;
};

TEST_F(watched_folder_test, names_what_was_written_moved_and_removed) {
  write("a", "1");
  write("b.tmp", "2");
  fs::rename(path / "b.tmp", path / "b");
  fs::remove(path / "a");
  auto changes = folder->take();
  EXPECT_THAT(changes.names, ElementsAre("a", "b", "b.tmp"));
  EXPECT_FALSE(changes.is_incomplete);
  EXPECT_FALSE(changes.is_gone);
  EXPECT_TRUE(folder->take().names.empty());
}

TEST_F(watched_folder_test, tells_once_until_the_changes_are_taken) {
  write("a", "1");
  ASSERT_TRUE(wait_until([&] { return told == 1; }));
  write("b", "1");
  write("c", "1");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(folder->take().names.size(), 3u);
  write("d", "1");
  ASSERT_TRUE(wait_until([&] { return told == 2; }));
  EXPECT_THAT(folder->take().names, ElementsAre("d"));
}

TEST_F(watched_folder_test, says_when_the_folder_is_moved_or_replaced) {
  EXPECT_TRUE(folder->is_in_place());
  fs::rename(path, temp.path() / "old");
  EXPECT_TRUE(folder->take().is_gone);
  EXPECT_FALSE(folder->is_in_place());
  fs::create_directory(path);
  EXPECT_FALSE(folder->is_in_place());
  open();
  EXPECT_TRUE(folder->is_in_place());
  fs::remove(path);
  EXPECT_FALSE(folder->is_in_place());
}

TEST_F(watched_folder_test, says_when_the_kernel_dropped_changes) {
  uint64_t queued = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> queued;
  ASSERT_GT(queued, 0u);
  if (queued > 1'000'000)
    GTEST_SKIP() << "the kernel queues " << queued << " events";
  for (uint64_t i = 0; i <= queued; ++i) // not twice in a row the same file, which the kernel would tell once
    write(i % 2 == 0 ? "a" : "b", "");
  bool is_told = false;
  for (auto changes = folder->take(); !changes.names.empty(); changes = folder->take())
    is_told |= changes.is_incomplete;
  EXPECT_TRUE(is_told);
  write("c", "1");
  auto later = folder->take();
  EXPECT_THAT(later.names, ElementsAre("c"));
  EXPECT_FALSE(later.is_incomplete);
}

TEST_F(watched_folder_test, reads_regular_files_and_follows_no_link) {
  write("a", "text");
  auto content = folder->read("a", 4);
  ASSERT_TRUE(content && *content);
  EXPECT_EQ((*content)->text, "text");
  EXPECT_EQ((*content)->mark, **folder->mark("a"));
  EXPECT_EQ(code_of(folder->read("a", 3).error()), ec::too_large);
  EXPECT_FALSE(*folder->read("none", 4));
  EXPECT_FALSE(*folder->mark("none"));
  std::ofstream{temp.path() / "outside"} << "secret";
  fs::create_symlink("../outside", path / "link");
  fs::create_symlink("a", path / "near");
  mkfifo((path / "pipe").c_str(), 0600);
  fs::create_directory(path / "folder");
  for (const char* name : {"link", "near", "pipe", "folder"})
    EXPECT_EQ(code_of(folder->read(name, 100).error()), ec::unsupported) << name;
  EXPECT_THAT(text_of(folder->mark("link").error()), HasSubstr("symbolic link"));
}

TEST_F(watched_folder_test, a_replaced_file_has_another_mark_although_time_and_size_are_equal) {
  write("a", "1");
  auto before = **folder->mark("a");
  write("b", "2");
  fs::last_write_time(path / "b", fs::last_write_time(path / "a"));
  fs::rename(path / "b", path / "a");
  EXPECT_NE(**folder->mark("a"), before);
}

TEST_F(watched_folder_test, lists_at_most_so_many_entries) {
  for (const char* name : {"c", "a", "b"})
    write(name, "");
  auto all = folder->list(3);
  ASSERT_TRUE(all);
  EXPECT_THAT(all->names, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(all->is_complete);
  auto some = folder->list(2);
  EXPECT_EQ(some->names.size(), 2u);
  EXPECT_FALSE(some->is_complete);
}

TEST_F(watched_folder_test, refuses_what_is_no_folder) {
  EXPECT_EQ(code_of(watched_folder::open(temp.path() / "none", [] {}).error()), ec::not_found);
  write("file", "");
  auto refused = watched_folder::open(path / "file", [] {});
  EXPECT_EQ(code_of(refused.error()), ec::unsupported);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("prompts/file"));
}

} // namespace
} // namespace hive
