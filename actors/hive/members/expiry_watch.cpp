#include "actors/hive/members/expiry_watch.hpp"

#include "messages/timestamp.hpp"

#include <array>

namespace hive {
namespace {

constexpr int64_t day_s = 86'400;
/// Remaining time at each step.
constexpr std::array<int64_t, 4> steps{30 * day_s, 7 * day_s, day_s, 0};
constexpr size_t urgent_steps = 3; ///< this and later steps are urgent

size_t steps_taken(const watched_certificate& what, int64_t now) {
  size_t out = 0;
  while (out < steps.size() && what.not_after - now <= steps[out])
    ++out;
  return out;
}

std::string describe(const watched_certificate& what, int64_t now) {
  auto at = format_iso8601(what.not_after * micros_per_s);
  auto left = what.not_after - now;
  if (left <= 0)
    return what.what + " expired at " + at;
  auto days = left / day_s;
  return what.what + " expires at " + at +
         (days == 0 ? ", in less than a day" : ", in " + std::to_string(days) + (days == 1 ? " day" : " days"));
}

} // namespace

expiry_watch::expiry_watch(std::vector<watched_certificate> all) {
  for (auto& each : all)
    all_.push_back({std::move(each)});
}

std::vector<expiry_watch::warning> expiry_watch::tick(int64_t now) {
  std::vector<warning> out;
  for (auto& each : all_) {
    auto taken = steps_taken(each.what, now);
    if (taken <= each.steps_reported)
      continue;
    each.steps_reported = taken;
    out.push_back({describe(each.what, now), taken >= urgent_steps});
  }
  return out;
}

std::string expiry_watch::text(int64_t now) const {
  std::string out;
  for (const auto& each : all_)
    if (steps_taken(each.what, now) > 0)
      out += (out.empty() ? "" : "; ") + describe(each.what, now);
  return out;
}

} // namespace hive
