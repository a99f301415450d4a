#include "actors/hive/members/clock_watch.hpp"

#include <algorithm>
#include <utility>

namespace hive {
namespace {

/// Smallest change of this node's clock that is followed.
constexpr clock_difference least_step = std::chrono::milliseconds{100};

bool agree(clock_difference a, clock_difference b, clock_difference limit) {
  return std::chrono::abs(a - b) <= limit;
}

std::string seconds(clock_difference of) {
  return std::to_string(std::chrono::round<std::chrono::seconds>(std::chrono::abs(of)).count()) + " s";
}

std::string direction(clock_difference ahead) {
  return ahead > clock_difference{0} ? " ahead of " : " behind ";
}

} // namespace

clock_verdict compare_clocks(const std::map<node_id, clock_difference>& ahead, clock_difference limit) {
  std::vector<clock_difference> all{clock_difference{0}};
  for (const auto& [node, by] : ahead)
    all.push_back(by);
  std::ranges::sort(all);
  auto median = all[all.size() / 2];
  auto agreeing =
    static_cast<size_t>(std::ranges::count_if(all, [&](auto each) { return agree(each, median, limit); }));
  clock_verdict out;
  if (2 * agreeing > all.size())
    out.hive_ahead = median;
  auto reference = out.hive_ahead.value_or(clock_difference{0});
  out.own_is_off = !agree(reference, clock_difference{0}, limit);
  for (const auto& [node, by] : ahead)
    if (!agree(by, reference, limit))
      out.off.push_back(node);
  return out;
}

clock_difference ahead_of(int64_t theirs_unix_micros, int64_t now_unix_micros, std::chrono::microseconds round_trip) {
  return clock_difference{theirs_unix_micros} - (clock_difference{now_unix_micros} - round_trip / 2);
}

void clock_watch::follow_own(std::chrono::steady_clock::time_point steady, int64_t now_unix_micros) {
  auto own = clock_difference{now_unix_micros} - std::chrono::floor<clock_difference>(steady.time_since_epoch());
  auto set_by = own - own_.value_or(own);
  if (own_ && std::chrono::abs(set_by) < least_step)
    return; // slewing, or the time between the two readings; if it adds up, it is followed later
  own_ = own;
  if (set_by == clock_difference{0})
    return;
  for (auto& [node, ahead] : ahead_)
    ahead -= set_by;
  judge();
}

void clock_watch::update(const node_id& from, clock_difference ahead) {
  ahead_[from] = ahead;
  judge();
}

void clock_watch::forget(const node_id& node) {
  if (ahead_.erase(node) > 0)
    judge();
}

clock_difference clock_watch::ahead(const node_id& node) const {
  auto found = ahead_.find(node);
  return found == ahead_.end() ? clock_difference{0} : found->second;
}

void clock_watch::judge() {
  auto before = std::exchange(verdict_, compare_clocks(ahead_, limit_));
  changed_ |= before.own_is_off != verdict_.own_is_off || before.off != verdict_.off;
}

std::string clock_watch::text() const {
  if (verdict_.own_is_off) {
    auto own = -*verdict_.hive_ahead;
    return "this node's clock is " + seconds(own) + direction(own) + "those of most other nodes";
  }
  if (verdict_.off.empty())
    return {};
  auto reference = verdict_.hive_ahead.value_or(clock_difference{0});
  std::string out;
  for (const auto& node : verdict_.off) {
    auto by = ahead(node) - reference;
    out += (out.empty() ? "the clock of node " : ", that of node ") + node.value + " is " + seconds(by) +
           direction(by) + (verdict_.hive_ahead ? "those of most other nodes" : "this one's");
  }
  return verdict_.hive_ahead ? out : out + ", and too few others say which one is right";
}

bool clock_watch::has_changed() {
  return std::exchange(changed_, false);
}

} // namespace hive
