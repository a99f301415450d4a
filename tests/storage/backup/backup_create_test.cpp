#include "storage/backup/backup_create.hpp"

#include "storage/directory.hpp"
#include "tests/storage/backup/backup_fixture.hpp"

#include <sys/stat.h>
#include <thread>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using backup_create_test = backup_fixture;

TEST_F(backup_create_test, says_what_a_backup_holds) {
  configuration_ = temp_.path() / "hived.toml";
  std::ofstream{configuration_} << "[node]\nname = \"n\"\n";
  auto made = create();
  ASSERT_TRUE(made) << text_of(made.error());
  auto backup = (*made)->getBackup();
  EXPECT_EQ(backup.getNumber(), 1U);
  EXPECT_EQ(backup.getEpoch(), node_.epoch);
  EXPECT_EQ(backup.getRecords(), 301U); // one of them is the identity
  EXPECT_GT(backup.getBytes(), 300'000U);
  EXPECT_EQ(backup.getBytes(), backup.getNewBytes());
  EXPECT_GT(backup.getVerifiedAt(), 0);
  EXPECT_FALSE(backup.hasProblem());
  auto manifest = read_manifest(backups(), 1);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(as_view((*manifest)->getNode()), node_.id.value);
  EXPECT_EQ(as_view((*manifest)->getSoftware()), "1.2.3");
  EXPECT_THAT(files(1), testing::Contains("backups/1/hived.toml"));
  EXPECT_EQ(problem(1), "");
}

TEST_F(backup_create_test, keeps_others_out) {
  ASSERT_EQ(created(), 1U);
  for (const auto& entry : fs::recursive_directory_iterator{backups()})
    if (entry.path().filename() == "manifest.json") {
      struct stat status {};
      ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 077U, 0U) << entry.path();
    }
  EXPECT_EQ(fs::status(backups()).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

TEST_F(backup_create_test, a_second_backup_copies_only_what_is_new) {
  ASSERT_EQ(created(), 1U);
  write(300, 3);
  auto made = create();
  ASSERT_TRUE(made) << text_of(made.error());
  auto backup = (*made)->getBackup();
  EXPECT_EQ(backup.getNumber(), 2U);
  EXPECT_EQ(backup.getRecords(), 304U);
  EXPECT_LT(backup.getNewBytes(), backup.getBytes() / 2);
  EXPECT_GT((*made)->getSampledBytes(), 0U);
  EXPECT_GT((*made)->getLastVerified(), 0);
  EXPECT_EQ(problem(1), "");
  EXPECT_EQ(problem(2), "");
}

TEST_F(backup_create_test, refuses_places_that_are_not_its_own) {
  auto refused = [this](const fs::path& directory) {
    auto made = create({.directory = directory, .min_free_bytes = 0});
    EXPECT_FALSE(made) << directory;
    return made ? std::string{} : std::string{to_string(code_of(made.error()))} + ": " + text_of(made.error());
  };
  EXPECT_THAT(refused("relative"), HasSubstr("invalid: the directory of backups must be an absolute path"));
  EXPECT_THAT(refused(data()), HasSubstr("neither may lie in the other"));
  EXPECT_THAT(refused(data() / "store" / "b"), HasSubstr("neither may lie in the other"));
  EXPECT_THAT(refused(temp_.path()), HasSubstr("neither may lie in the other"));
  fs::create_directory_symlink(data(), temp_.path() / "link");
  EXPECT_THAT(refused(temp_.path() / "link" / "b"), HasSubstr("neither may lie in the other"));
  EXPECT_FALSE(fs::exists(data() / "b"));
  fs::create_directory(temp_.path() / "full");
  std::ofstream{temp_.path() / "full" / "photo"} << "x";
  EXPECT_THAT(refused(temp_.path() / "full"), HasSubstr("holds something else"));
}

TEST_F(backup_create_test, refuses_the_directory_of_another_node) {
  ASSERT_EQ(created(), 1U);
  auto own = node_;
  node_.id.value = std::string(32, 'b');
  auto made = create();
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::invalid);
  EXPECT_THAT(text_of(made.error()), HasSubstr("holds the backups of node " + own.id.value));
  EXPECT_EQ(problem(1), "");
}

TEST_F(backup_create_test, refuses_a_directory_in_use) {
  ASSERT_EQ(created(), 1U);
  auto lock = lock_backups(backups(), backup_use::read);
  ASSERT_TRUE(lock);
  auto made = create();
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::busy);
}

TEST_F(backup_create_test, without_room_nothing_is_left) {
  ASSERT_EQ(created(), 1U);
  write(300, 100);
  auto full = options();
  full.min_free_bytes = fs::space(temp_.path()).available + (uint64_t{1} << 40);
  auto made = create(full);
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::storage_failed);
  EXPECT_THAT(text_of(made.error()), HasSubstr("is full"));
  EXPECT_THAT(*backup_numbers(backups()), testing::ElementsAre(1));
  EXPECT_EQ(problem(1), "");
  EXPECT_EQ(created(), 2U);
}

TEST_F(backup_create_test, a_stopped_one_leaves_nothing) {
  cancelled_ = true;
  auto made = create();
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::unavailable);
  cancelled_ = false;
  EXPECT_THAT(*backup_numbers(backups()), testing::IsEmpty());
  EXPECT_TRUE(fs::is_empty(backup_paths::engine(backups()) / "meta"));
  EXPECT_GT(created(), 0U);
}

TEST_F(backup_create_test, removes_what_an_interrupted_one_left) {
  ASSERT_EQ(created(), 1U);
  write(300, 100);
  ASSERT_EQ(created(), 2U);
  auto only_second = files(2);
  fs::rename(backup_paths::of_backup(backups(), 2), backup_paths::unfinished(backups(), 2)); // as a crash leaves it
  write(400, 100);
  ASSERT_GT(created(), 1U);
  EXPECT_FALSE(fs::exists(backup_paths::unfinished(backups(), 2)));
  EXPECT_FALSE(fs::exists(backups() / "engine" / "private" / "2"));
  auto numbers = backup_numbers(backups());
  ASSERT_EQ(numbers->size(), 2U);
  for (auto number : *numbers)
    EXPECT_EQ(problem(number), "");
}

TEST_F(backup_create_test, a_damaged_table_of_an_earlier_backup_is_copied_again) {
  ASSERT_EQ(created(), 1U);
  auto table = table_of(1);
  flip(backups() / table, 1'000);
  EXPECT_THAT(problem(1), HasSubstr(table + " is damaged"));
  auto made = create();
  ASSERT_TRUE(made) << text_of(made.error());
  ASSERT_EQ((*made)->getRepaired().size(), 1U);
  EXPECT_THAT((*made)->getRepaired()[0].cStr(), HasSubstr(table));
  EXPECT_EQ(problem(1), "");
  EXPECT_EQ(problem(2), "");
}

TEST_F(backup_create_test, a_lost_table_of_an_earlier_backup_is_copied_again) {
  ASSERT_EQ(created(), 1U);
  fs::remove(backups() / table_of(1));
  ASSERT_EQ(created(), 2U);
  EXPECT_EQ(problem(1), "");
  EXPECT_EQ(problem(2), "");
}

TEST_F(backup_create_test, a_stopped_one_deletes_nothing_of_a_damaged_one) {
  ASSERT_EQ(created(), 1U);
  auto first = files(1);
  std::erase(first, "engine/private/1/CURRENT");
  fs::remove(backups() / "engine/private/1/CURRENT");
  write(300, 20'000); // more than the engine copies before it looks whether it is to stop
  cancelled_ = true;
  ASSERT_FALSE(create());
  cancelled_ = false;
  for (const auto& path : first)
    EXPECT_TRUE(fs::exists(backups() / path)) << path;
  EXPECT_EQ(created(), 2U);
  for (const auto& path : first)
    EXPECT_TRUE(fs::exists(backups() / path)) << path;
}

TEST_F(backup_create_test, damage_of_the_store_is_no_backup) {
  ASSERT_EQ(created(), 1U); // its flush made tables
  auto table = store_path(data()) / table_name(table_of(1));
  fs::remove_all(backups());
  flip(table, 1'000);
  auto made = create();
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::corrupt);
  EXPECT_THAT(text_of(made.error()), HasSubstr(table.string()));
  EXPECT_THAT(*backup_numbers(backups()), testing::IsEmpty());
}

TEST_F(backup_create_test, keeps_tables_that_a_damaged_note_no_longer_names) {
  ASSERT_EQ(created(), 1U);
  auto first = files(1);
  write(300, 100);
  ASSERT_EQ(created(), 2U);
  fs::resize_file(backups() / "engine/meta/1", 10);
  ASSERT_EQ(created(), 3U);
  for (const auto& path : first)
    EXPECT_TRUE(fs::exists(backups() / path)) << path;
  EXPECT_THAT(problem(1), HasSubstr("engine/meta/1"));
  EXPECT_EQ(problem(3), "");
}

/// The manifest's numbers come from the tables where they can; `problem` counts by reading.
TEST_F(backup_create_test, counts_records_whatever_was_done_to_them) {
  auto append = [this](uint64_t from, uint64_t to) {
    write_set writes;
    for (auto i = from; i <= to; ++i)
      writes.put(column::tasks, keys::task({i}), "record");
    ASSERT_FALSE(db_->write(writes));
  };
  auto records = [this] { return (*read_manifest(backups(), created()))->getRecords()[5].getRecords(); };
  ASSERT_EQ(name_of(column::tasks), "tasks");
  append(1, 100);
  EXPECT_EQ(records(), 100U);
  append(101, 200); // a second table, with later keys
  EXPECT_EQ(records(), 200U);
  append(150, 160); // a third one, with keys of the second
  EXPECT_EQ(records(), 200U);
  write_set erased;
  erased.erase_range(column::tasks, keys::task({1}), keys::task({51}));
  ASSERT_FALSE(db_->write(erased));
  EXPECT_EQ(records(), 150U);
  append(201, 210);
  EXPECT_EQ(records(), 160U);
  auto numbers = backup_numbers(backups());
  for (auto number : *numbers)
    EXPECT_EQ(problem(number), "");
}

/// Each batch adds a record and counts it, so a copy that holds part of a batch is found out.
TEST_F(backup_create_test, a_copy_under_load_is_of_one_moment) {
  std::atomic<bool> is_over = false;
  std::atomic<int64_t> acknowledged = 0;
  std::thread writer{[&] {
    for (int64_t i = 1; !is_over; ++i) {
      write_set writes;
      writes.put(column::tasks, keys::task({static_cast<uint64_t>(i)}), std::string(500, static_cast<char>(i)));
      writes.add_to_counter("counted", 1);
      if (db_->write(writes))
        return;
      acknowledged = i;
    }
  }};
  int64_t before = 0, after = 0;
  for (int round = 0; round < 5; ++round) {
    while (acknowledged < before + 50)
      std::this_thread::yield();
    before = acknowledged;
    ASSERT_GT(created(), 0U);
    after = acknowledged + 1; // one may be durable and not yet acknowledged
  }
  is_over = true;
  writer.join();
  ASSERT_GT(after, before);
  for (uint32_t number = 1; number <= 5; ++number)
    EXPECT_EQ(problem(number), "");
  auto done = restore(5);
  ASSERT_TRUE(done) << text_of(done.error());
  auto copy = database::open({.directory = restored()});
  ASSERT_TRUE(copy) << text_of(copy.error());
  int64_t records = 0;
  ASSERT_FALSE((*copy)->visit(column::tasks, "", "", [&](auto, auto) {
    ++records;
    return database::scan::next;
  }));
  EXPECT_EQ(*(*copy)->counter("counted"), records);
  EXPECT_GE(records, before);
  EXPECT_LE(records, after);
  EXPECT_TRUE(*(*copy)->get(column::tasks, keys::task({static_cast<uint64_t>(records)})));
  std::printf("copied %ld of %ld records while they were written\n", records, acknowledged.load());
}

} // namespace
} // namespace hive
