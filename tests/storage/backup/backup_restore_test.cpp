#include "storage/backup/backup_restore.hpp"

#include "messages/node.capnp.h"
#include "storage/directory.hpp"
#include "storage/store_mark.hpp"
#include "tests/storage/backup/backup_fixture.hpp"

#include <iterator>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class backup_restore_test : public backup_fixture {
protected:
  /// The start of a node on the restored store.
  node_identity started() {
    copy_.reset();
    auto opened = database::open({.directory = restored()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    copy_ = std::move(*opened);
    auto identity = begin_epoch(*copy_, now_unix_micros());
    if (!identity)
      throw std::runtime_error(text_of(identity.error()));
    return *identity;
  }

  size_t count(column where) const {
    size_t out = 0;
    EXPECT_FALSE(copy_->visit(where, "", "", [&out](auto, auto) {
      ++out;
      return database::scan::next;
    }));
    return out;
  }

  /// Writes what a node says to its hive, and an open lease.
  void say() {
    write_set writes;
    writes.put(column::hive, keys::hive_slot(node_.id.value, 1, "card"), "card");
    writes.put(column::votes, keys::gate_statement(1, 0), "vote");
    writes.put(column::leases, keys::open_lease(7), "lease");
    writes.put(column::leases, keys::ended_lease(6), "lease");
    ASSERT_FALSE(db_->write(writes));
  }

  std::unique_ptr<database> copy_;
};

TEST_F(backup_restore_test, the_same_node_goes_on_in_a_later_epoch) {
  say();
  ASSERT_EQ(created(), 1U);
  auto done = restore(1);
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_EQ(as_view((*done)->getNode()), node_.id.value);
  auto again = started();
  EXPECT_EQ(again.id, node_.id);
  EXPECT_GE(again.epoch, node_.epoch + restored_epoch_gap);
  EXPECT_EQ(again.epoch, (*done)->getEpoch() + 1);
  EXPECT_EQ(count(column::inputs), 300U);
  EXPECT_EQ(count(column::hive), 1U);
  EXPECT_EQ(count(column::votes), 1U);
  EXPECT_EQ(count(column::leases), 2U);
  expect_no_partial();
}

TEST_F(backup_restore_test, an_epoch_that_others_have_seen_is_exceeded) {
  ASSERT_EQ(created(), 1U);
  auto done = restore_backup(backups(), {.number = 1, .data = restored(), .epoch_above = 5'000'000}, cancelled_);
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_GT((*done)->getEpoch(), 5'000'000U);
}

TEST_F(backup_restore_test, a_restored_store_knows_its_files) {
  ASSERT_EQ(created(), 1U);
  ASSERT_TRUE(restore(1));
  auto mark = read_mark(restored());
  ASSERT_TRUE(mark && *mark);
  EXPECT_GT((**mark)->getSequence(), 300U);
  for (const auto& entry : fs::directory_iterator{store_path(restored())})
    if (entry.path().extension() == ".sst") {
      flip(entry.path(), 10);
      auto opened = database::open({.directory = restored()});
      ASSERT_FALSE(opened);
      EXPECT_THAT(text_of(opened.error()), HasSubstr(entry.path().string()));
      return;
    }
  FAIL() << "no table was restored";
}

TEST_F(backup_restore_test, a_new_node_has_nothing_of_the_original) {
  say();
  ASSERT_EQ(created(), 1U);
  auto done = restore(1, restore_as::new_node);
  ASSERT_TRUE(done) << text_of(done.error());
  std::string secret{node_.keys.seed().begin(), node_.keys.seed().end()};
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator{restored()}) {
    if (!entry.is_regular_file())
      continue;
    std::ifstream in{entry.path(), std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(bytes.find(secret), bytes.npos) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 3U);
  auto other = started();
  EXPECT_NE(other.id, node_.id);
  EXPECT_EQ(other.id.value, as_view((*done)->getNode()));
  EXPECT_EQ(other.epoch, 2U);
  EXPECT_EQ(count(column::inputs), 300U);
  EXPECT_EQ(count(column::hive), 0U);
  EXPECT_EQ(count(column::votes), 0U);
  EXPECT_EQ(count(column::leases), 1U);
}

/// The test above would pass if secrets were never found in files at all.
TEST_F(backup_restore_test, the_same_node_has_its_secret_key) {
  ASSERT_EQ(created(), 1U);
  ASSERT_TRUE(restore(1));
  std::string secret{node_.keys.seed().begin(), node_.keys.seed().end()};
  bool is_found = false;
  for (const auto& entry : fs::directory_iterator{store_path(restored())}) {
    std::ifstream in{entry.path(), std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    is_found |= bytes.find(secret) != bytes.npos;
  }
  EXPECT_TRUE(is_found);
}

TEST_F(backup_restore_test, an_existing_target_stays_as_it_is) {
  ASSERT_EQ(created(), 1U);
  fs::create_directory(restored());
  auto done = restore(1);
  ASSERT_FALSE(done);
  EXPECT_EQ(code_of(done.error()), ec::already_exists);
  EXPECT_TRUE(fs::is_empty(restored()));
}

TEST_F(backup_restore_test, removes_what_an_interrupted_one_left_and_nothing_else) {
  ASSERT_EQ(created(), 1U);
  fs::path partial = restored().string() + ".partial";
  fs::create_directories(partial / "store");
  std::ofstream{partial / "store" / "000001.log"} << "half";
  std::ofstream{partial / "diary"} << "mine";
  auto done = restore(1);
  ASSERT_FALSE(done);
  EXPECT_EQ(code_of(done.error()), ec::invalid);
  EXPECT_TRUE(fs::exists(partial / "diary"));
  fs::remove(partial / "diary");
  done = restore(1);
  EXPECT_TRUE(done) << text_of(done.error());
  EXPECT_FALSE(fs::exists(partial));
  started();
}

TEST_F(backup_restore_test, the_newest_is_taken_if_none_is_named_and_an_older_one_by_its_number) {
  ASSERT_EQ(created(), 1U);
  write(300, 50);
  ASSERT_EQ(created(), 2U);
  ASSERT_TRUE(restore(0));
  started();
  EXPECT_EQ(count(column::inputs), 350U);
  copy_.reset();
  fs::remove_all(restored());
  flip(backup_paths::manifest(backups(), 2), 50);
  ASSERT_FALSE(restore(0));
  ASSERT_TRUE(restore(1));
  started();
  EXPECT_EQ(count(column::inputs), 300U);
}

/// After a restore, file numbers repeat with other contents.
TEST_F(backup_restore_test, a_restored_node_goes_on_with_its_backups) {
  ASSERT_EQ(created(), 1U);
  write(300, 100);
  ASSERT_EQ(created(), 2U);
  ASSERT_TRUE(restore(1));
  db_.reset();
  fs::rename(data(), temp_.path() / "lost");
  fs::rename(restored(), data());
  open();
  write(1'000, 100);
  ASSERT_EQ(created(), 3U);
  for (uint32_t number : {1, 2, 3})
    EXPECT_EQ(problem(number), "");
  ASSERT_TRUE(restore(3));
  started();
  EXPECT_EQ(count(column::inputs), 400U);
  EXPECT_FALSE(*copy_->get(column::inputs, "key350"));
  EXPECT_TRUE(*copy_->get(column::inputs, "key1050"));
}

} // namespace
} // namespace hive
