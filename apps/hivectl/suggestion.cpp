#include "apps/hivectl/suggestion.hpp"

#include <algorithm>
#include <utility>

namespace hive::ctl {
namespace {

constexpr size_t max_suggestions = 3;
/// Shorter prefixes match too many names.
constexpr size_t min_prefix = 2;

/// Number of typos tolerated in a name of this length.
size_t max_distance(size_t length) {
  return std::max<size_t>(1, length / 3);
}

} // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j)
    cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min(
        {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + static_cast<size_t>(a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

std::vector<std::string> nearest(std::string_view given, const std::vector<std::string>& names) {
  constexpr size_t longest_name = 64; // longer input is not a name and would take long to compare
  std::vector<std::pair<size_t, std::string>> found;
  if (given.size() > longest_name)
    return {};
  for (const auto& name : names) {
    auto distance = edit_distance(given, name);
    bool begins = given.size() >= min_prefix && given.find_first_not_of('-') != given.npos && name.starts_with(given);
    if (begins || distance <= max_distance(std::max(given.size(), name.size())))
      found.emplace_back(begins ? 0 : distance, name);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  if (found.size() > max_suggestions)
    found.resize(max_suggestions);
  std::vector<std::string> out;
  for (auto& [_, name] : found)
    out.push_back(std::move(name));
  return out;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out.empty() ? out : "; did you mean " + out + "?";
}

} // namespace hive::ctl
