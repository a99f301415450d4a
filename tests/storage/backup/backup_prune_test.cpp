#include "storage/backup/backup_prune.hpp"

#include "tests/storage/backup/backup_fixture.hpp"

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class backup_prune_test : public backup_fixture {
protected:
  void create_some(int count) {
    for (int i = 0; i < count; ++i) {
      write(1'000 + i * 50, 50);
      ASSERT_GT(created(), 0U);
    }
  }

  static std::vector<uint32_t> list(capnp::List<uint32_t>::Reader from) {
    std::vector<uint32_t> out;
    for (auto number : from)
      out.push_back(number);
    return out;
  }

  std::vector<uint32_t> numbers() {
    return *backup_numbers(backups());
  }

  /// The files that are there, and those that the backups need, beside the notes.
  void expect_no_more_files_than_needed() {
    std::set<std::string> needed{"owner.json", "checks.json"}, found;
    for (auto number : numbers())
      for (auto& path : files(number))
        needed.insert(path);
    for (const auto& entry : fs::recursive_directory_iterator{backups()})
      if (entry.is_regular_file())
        found.insert(fs::relative(entry.path(), backups()).string());
    EXPECT_EQ(found, needed);
  }
};

TEST_F(backup_prune_test, deletes_what_no_rule_keeps_with_its_files) {
  create_some(4);
  ASSERT_TRUE(verify_backups(backups(), {}, cancelled_));
  auto done = prune_backups(backups(), {.keep = {.last = 2}});
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_THAT(list((*done)->getDeleted()), ElementsAre(1, 2));
  EXPECT_THAT(list((*done)->getKept()), ElementsAre(3, 4));
  EXPECT_GT((*done)->getFreedBytes(), 0U);
  EXPECT_THAT(numbers(), ElementsAre(3, 4));
  expect_no_more_files_than_needed();
  EXPECT_EQ(problem(3), "");
  EXPECT_EQ(problem(4), "");
  EXPECT_EQ(created(), 5U);
}

TEST_F(backup_prune_test, a_dry_run_deletes_nothing) {
  create_some(2);
  auto done = prune_backups(backups(), {.keep = {.last = 1}, .dry_run = true});
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getDeleted().size() + (*done)->getKept().size(), 2U);
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
}

TEST_F(backup_prune_test, never_takes_the_newest_verified_one) {
  create_some(4);
  fs::remove(backup_paths::checks(backups()));
  EXPECT_EQ(problem(2), "");
  auto done = prune_backups(backups(), {.keep = {.last = 1}});
  ASSERT_TRUE(done);
  EXPECT_THAT(numbers(), ElementsAre(2, 4));
  auto dropped = prune_backups(backups(), {.drop = {2}});
  ASSERT_FALSE(dropped);
  EXPECT_EQ(code_of(dropped.error()), ec::invalid);
  EXPECT_THAT(numbers(), ElementsAre(2, 4));
}

TEST_F(backup_prune_test, one_without_a_readable_manifest_is_dropped_by_name_alone) {
  create_some(3);
  auto second = files(2);
  flip(backup_paths::manifest(backups(), 2), 50);
  ASSERT_TRUE(verify_backups(backups(), {.number = 3}, cancelled_));
  auto done = prune_backups(backups(), {.keep = {.last = 1}});
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_THAT(numbers(), ElementsAre(2, 3));
  flip(backup_paths::manifest(backups(), 2), 50);
  EXPECT_EQ(problem(2), "");
  flip(backup_paths::manifest(backups(), 2), 50);
  done = prune_backups(backups(), {.drop = {2}});
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_THAT(numbers(), ElementsAre(3));
  expect_no_more_files_than_needed();
  EXPECT_EQ(problem(3), "");
}

TEST_F(backup_prune_test, what_a_damaged_one_still_has_is_not_deleted_with_others) {
  create_some(3);
  for (const auto* lost : {"engine/private/2/CURRENT", "engine/meta/2"}) { // RocksDB counts such a backup no more
    auto second = files(2);
    fs::rename(backups() / lost, temp_.path() / "lost");
    std::erase(second, lost);
    fs::remove(backup_paths::checks(backups())); // so that both others may be dropped
    auto done = prune_backups(backups(), {.drop = {numbers().front() == 1 ? 1U : 3U}});
    ASSERT_TRUE(done) << text_of(done.error());
    for (const auto& path : second)
      EXPECT_TRUE(fs::exists(backups() / path)) << path;
    fs::rename(temp_.path() / "lost", backups() / lost);
    EXPECT_EQ(problem(2), "");
  }
  EXPECT_THAT(numbers(), ElementsAre(2));
}

TEST_F(backup_prune_test, names_what_there_is_not) {
  create_some(1);
  auto done = prune_backups(backups(), {.drop = {9}});
  ASSERT_FALSE(done);
  EXPECT_EQ(code_of(done.error()), ec::not_found);
}

} // namespace
} // namespace hive
