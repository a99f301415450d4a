#include "analysis/similar_names.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace hive::analysis {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Edit distance with changes, insertions, deletions and swaps of neighbours (optimal string alignment). Exact up to
/// `most`; beyond that, some larger number. Computes only cells within `most` of the diagonal.
size_t distance(std::string_view a, std::string_view b, size_t most) {
  const size_t far = most + 1;
  std::vector<size_t> before_last, last(b.size() + 1), current(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::fill(current.begin(), current.end(), far);
    current[0] = std::min(i, far);
    for (size_t j = i > most ? i - most : 1; j <= std::min(b.size(), i + most); ++j) {
      bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, current);
  }
  return last[b.size()];
}

} // namespace

std::vector<std::string> similar_names(std::string_view wanted, std::span<const std::string> candidates, size_t most) {
  constexpr size_t short_name = 5, max_distance = 2;
  const size_t allowed = wanted.size() <= short_name ? 1 : max_distance;
  std::vector<std::pair<size_t, std::string_view>> found;
  for (const auto& candidate : candidates) {
    auto difference = std::max(candidate.size(), wanted.size()) - std::min(candidate.size(), wanted.size());
    if (difference > allowed)
      continue;
    if (auto edits = distance(wanted, candidate, allowed); edits <= allowed)
      found.emplace_back(edits, candidate);
  }
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), most));
  std::vector<std::string> out;
  for (const auto& [_, name] : found)
    out.emplace_back(name);
  return out;
}

} // namespace hive::analysis
