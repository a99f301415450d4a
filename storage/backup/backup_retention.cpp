#include "storage/backup/backup_retention.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace hive {
namespace {

using std::chrono::days;

std::chrono::sys_days day_of(int64_t unix_micros) {
  return std::chrono::floor<days>(
    std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds{unix_micros}});
}

int64_t number_of_day(int64_t unix_micros) {
  return day_of(unix_micros).time_since_epoch().count();
}

int64_t number_of_week(int64_t unix_micros) {
  constexpr int64_t first_monday = 4; // 1970 began on a Thursday
  constexpr int64_t shift = 7;        // so that the days before are not negative
  return (number_of_day(unix_micros) - first_monday + shift) / 7;
}

int64_t number_of_month(int64_t unix_micros) {
  std::chrono::year_month_day date{day_of(unix_micros)};
  return int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}

/// Keeps the first of each period, of the first `count` periods.
template <class Period>
void keep(const std::vector<dated_backup>& newest_first, uint32_t count, Period period, std::set<uint32_t>& kept) {
  std::set<int64_t> seen;
  for (const auto& backup : newest_first) {
    if (seen.size() == count)
      return;
    if (seen.insert(period(backup)).second)
      kept.insert(backup.number);
  }
}

} // namespace

std::vector<uint32_t> kept_backups(std::vector<dated_backup> backups, const retention& rules) {
  std::ranges::sort(backups, std::ranges::greater{}, &dated_backup::number);
  std::set<uint32_t> kept;
  if (!backups.empty())
    kept.insert(backups.front().number);
  if (auto verified = std::ranges::find(backups, true, &dated_backup::is_verified); verified != backups.end())
    kept.insert(verified->number);
  keep(
    backups, rules.last, [](const auto& backup) { return int64_t{backup.number}; }, kept);
  keep(
    backups, rules.daily, [](const auto& backup) { return number_of_day(backup.created_at); }, kept);
  keep(
    backups, rules.weekly, [](const auto& backup) { return number_of_week(backup.created_at); }, kept);
  keep(
    backups, rules.monthly, [](const auto& backup) { return number_of_month(backup.created_at); }, kept);
  return {kept.begin(), kept.end()};
}

} // namespace hive
