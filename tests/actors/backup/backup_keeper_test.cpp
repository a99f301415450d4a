#include "actors/backup/backup_keeper.hpp"

#include "messages/backup.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/epoch.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;

class backup_keeper_test : public testing::Test {
protected:
  backup_keeper_test() {
    auto opened = database::open({.directory = temp_.path() / "data"});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db_ = std::move(*opened);
    options_.node = *begin_epoch(*db_, now_unix_micros());
    options_.data = temp_.path() / "data";
    options_.backups.directory = temp_.path() / "backups";
    options_.backups.min_free_bytes = 0;
  }

  ~backup_keeper_test() override {
    end();
  }

  void start() {
    keeper_ = spawn_backup_keeper(actors_.system(), {db_}, options_);
  }

  void end() {
    if (!keeper_)
      return;
    caf::anon_send_exit(keeper_, caf::exit_reason::user_shutdown);
    actors_.client()->wait_for(keeper_);
    keeper_ = nullptr;
  }

  caf::expected<msg<wire::BackupMade>> make(const std::string& to = {}) {
    return actors_.ask<msg<wire::BackupMade>>(keeper_, msg<wire::BackupRequest>::build([&to](auto out) {
                                                if (!to.empty())
                                                  out.setTo(to);
                                              }));
  }

  caf::expected<msg<wire::Backups>> list() {
    return actors_.ask<msg<wire::Backups>>(keeper_, msg<wire::BackupsQuery>{});
  }

  temporary_directory temp_;
  std::shared_ptr<database> db_;
  backup_keeper_options options_;
  test_system actors_;
  backups_actor keeper_;
};

TEST_F(backup_keeper_test, makes_backups_and_tells_of_them) {
  start();
  auto before = list();
  ASSERT_TRUE(before) << text_of(before.error());
  EXPECT_EQ((*before)->getCount(), 0U);
  EXPECT_EQ((*before)->getLastSuccess(), 0);
  auto made = make();
  ASSERT_TRUE(made) << text_of(made.error());
  auto after = list();
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->getCount(), 1U);
  EXPECT_EQ((*after)->getLastSuccess(), (*made)->getBackup().getCreatedAt());
  EXPECT_GT((*after)->getLastVerified(), 0);
  EXPECT_FALSE((*after)->getRunning());
}

TEST_F(backup_keeper_test, needs_a_directory) {
  options_.backups.directory.clear();
  start();
  auto made = make();
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::invalid);
  EXPECT_THAT(text_of(made.error()), HasSubstr("backup.directory"));
  auto told = list();
  ASSERT_TRUE(told);
  EXPECT_FALSE((*told)->hasDirectory());
  EXPECT_TRUE(make((temp_.path() / "elsewhere").string()));
}

TEST_F(backup_keeper_test, tells_why_the_last_one_failed_until_one_succeeds) {
  std::filesystem::create_directory(temp_.path() / "backups");
  std::filesystem::create_directory(temp_.path() / "backups" / "photos");
  start();
  EXPECT_FALSE(make());
  EXPECT_THAT(std::string{as_view((*list())->getLastError())}, HasSubstr("holds something else"));
  EXPECT_TRUE(make((temp_.path() / "elsewhere").string()));
  EXPECT_TRUE((*list())->hasLastError()) << "one in another directory changes nothing";
  std::filesystem::remove(temp_.path() / "backups" / "photos");
  EXPECT_TRUE(make());
  EXPECT_FALSE((*list())->hasLastError());
}

TEST_F(backup_keeper_test, makes_the_first_one_by_itself_and_none_before_it_is_due) {
  options_.every = std::chrono::hours{24};
  start();
  ASSERT_TRUE(wait_until([this] { return (*list())->getCount() == 1; }));
  end();
  start();
  auto told = list();
  EXPECT_EQ((*told)->getCount(), 1U);
  EXPECT_EQ((*told)->getEveryS(), 86'400U);
  EXPECT_FALSE((*told)->getRunning());
}

} // namespace
} // namespace hive
