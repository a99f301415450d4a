#include "storage/backup/backup_retention.hpp"

#include "messages/timestamp.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;

int64_t at(const char* time) {
  return *parse_iso8601(time);
}

/// 1 to 6, of Saturday to Monday; two of them on Sunday.
std::vector<dated_backup> some() {
  return {{1, at("2026-01-31T10:00:00Z")}, {2, at("2026-02-27T23:59:59Z")}, {3, at("2026-02-28T12:00:00Z")},
          {4, at("2026-03-01T00:00:00Z")}, {5, at("2026-03-01T23:00:00Z")}, {6, at("2026-03-02T01:00:00Z")}};
}

TEST(backup_retention, keeps_the_newest_of_each_day) {
  EXPECT_THAT(kept_backups(some(), {.daily = 3}), ElementsAre(3, 5, 6));
  EXPECT_THAT(kept_backups(some(), {.daily = 100}), ElementsAre(1, 2, 3, 5, 6));
}

TEST(backup_retention, weeks_begin_on_monday_and_months_on_their_first_day) {
  EXPECT_THAT(kept_backups(some(), {.weekly = 2}), ElementsAre(5, 6));
  EXPECT_THAT(kept_backups(some(), {.monthly = 2}), ElementsAre(3, 6));
  EXPECT_THAT(kept_backups(some(), {.monthly = 3}), ElementsAre(1, 3, 6));
}

TEST(backup_retention, what_any_rule_keeps_is_kept) {
  EXPECT_THAT(kept_backups(some(), {.last = 2, .monthly = 2}), ElementsAre(3, 5, 6));
}

TEST(backup_retention, the_newest_and_the_newest_verified_are_always_kept) {
  auto backups = some();
  EXPECT_THAT(kept_backups(backups, {}), ElementsAre(6));
  backups[1].is_verified = backups[2].is_verified = true;
  EXPECT_THAT(kept_backups(backups, {.last = 1}), ElementsAre(3, 6));
  EXPECT_THAT(kept_backups({}, {.last = 1}), ElementsAre());
}

} // namespace
} // namespace hive
