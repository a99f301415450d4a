#include "storage/backup/backup_verify.hpp"

#include "tests/storage/backup/backup_fixture.hpp"
#include "tests/support/seed.hpp"

#include <random>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using backup_verify_test = backup_fixture;

TEST_F(backup_verify_test, a_flipped_byte_anywhere_is_named_and_restores_nothing) {
  configuration_ = temp_.path() / "hived.toml";
  std::ofstream{configuration_} << "[node]\nname = \"n\"\n";
  ASSERT_EQ(created(), 1U);
  write(300, 20);
  ASSERT_EQ(created(), 2U);
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  size_t flips = 0;
  for (const auto& path : files(2)) {
    auto file = backups() / path;
    auto size = static_cast<std::streamoff>(fs::file_size(file));
    for (auto offset :
         {std::streamoff{0}, size - 1, static_cast<std::streamoff>(random() % std::max<size_t>(size, 1))}) {
      if (size == 0)
        continue;
      flip(file, offset);
      EXPECT_THAT(problem(2), HasSubstr(path)) << "at " << offset;
      auto done = restore(2);
      ASSERT_FALSE(done) << path << " at " << offset;
      EXPECT_THAT(text_of(done.error()), HasSubstr(path));
      expect_nothing_restored();
      flip(file, offset);
      ++flips;
    }
  }
  EXPECT_GT(flips, 20U);
  EXPECT_EQ(problem(2), "");
}

TEST_F(backup_verify_test, missing_and_truncated_files_are_named) {
  ASSERT_EQ(created(), 1U);
  for (const auto& path : files(1)) {
    auto file = backups() / path;
    fs::rename(file, temp_.path() / "kept");
    EXPECT_THAT(problem(1), HasSubstr(path));
    if (fs::file_size(temp_.path() / "kept") > 0) {
      fs::copy_file(temp_.path() / "kept", file);
      fs::resize_file(file, fs::file_size(file) - 1);
      EXPECT_THAT(problem(1), HasSubstr(path));
      fs::remove(file);
    }
    fs::rename(temp_.path() / "kept", file);
  }
  EXPECT_EQ(problem(1), "");
}

TEST_F(backup_verify_test, a_shared_table_damages_all_that_need_it) {
  ASSERT_EQ(created(), 1U);
  auto table = table_of(1);
  write(300, 20);
  ASSERT_EQ(created(), 2U);
  flip(backups() / table, 500);
  auto found = verify_backups(backups(), {}, cancelled_);
  ASSERT_TRUE(found);
  ASSERT_EQ((*found)->getBackups().size(), 2U);
  for (auto backup : (*found)->getBackups())
    EXPECT_THAT(backup.getProblem().cStr(), HasSubstr(table));
}

TEST_F(backup_verify_test, notes_what_was_whole) {
  ASSERT_EQ(created(), 1U);
  ASSERT_EQ(created(), 2U);
  fs::remove(backup_paths::checks(backups()));
  EXPECT_EQ(checked_at(*read_checks(backups()), 2), 0);
  EXPECT_EQ(problem(2), "");
  EXPECT_GT(checked_at(*read_checks(backups()), 2), 0);
  EXPECT_EQ(checked_at(*read_checks(backups()), 1), 0);
  EXPECT_EQ(read_checks(backups())->getAllAt(), 0);
  ASSERT_TRUE(verify_backups(backups(), {}, cancelled_));
  EXPECT_GT(read_checks(backups())->getAllAt(), 0);
}

TEST_F(backup_verify_test, says_which_backups_there_are_not) {
  ASSERT_EQ(created(), 1U);
  EXPECT_THAT(problem(7), HasSubstr("holds no backup 7"));
  auto none = verify_backups(temp_.path() / "nowhere", {}, cancelled_);
  ASSERT_FALSE(none);
  EXPECT_EQ(code_of(none.error()), ec::not_found);
}

TEST_F(backup_verify_test, lists_damaged_manifests) {
  ASSERT_EQ(created(), 1U);
  ASSERT_EQ(created(), 2U);
  flip(backup_paths::manifest(backups(), 2), 100);
  auto list = list_backups(backups(), 10);
  ASSERT_TRUE(list);
  ASSERT_EQ((*list)->getBackups().size(), 2U);
  EXPECT_EQ((*list)->getBackups()[0].getNumber(), 2U);
  EXPECT_TRUE((*list)->getBackups()[0].hasProblem());
  EXPECT_FALSE((*list)->getBackups()[1].hasProblem());
  EXPECT_EQ((*list)->getLastSuccess(), (*list)->getBackups()[1].getCreatedAt());
}

} // namespace
} // namespace hive
