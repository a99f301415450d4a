#include "analysis/change_points.hpp"
#include "tests/analysis/vector_file.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <numeric>

// Real and made series of tests/data/change_points.json with their known changes. Each has a kind, which says how it is
// checked. HIVE_VECTORS names another folder with a file of that name and form.

namespace hive::analysis {
namespace {

using indices = std::vector<size_t>;

indices indices_of(json array) {
  indices out;
  for (auto each : array.getArray())
    out.push_back(static_cast<size_t>(each.getNumber()));
  return out;
}

std::vector<double> numbers_of(json array) {
  std::vector<double> out;
  for (auto each : array.getArray())
    out.push_back(each.getNumber());
  return out;
}

size_t count_or_0(json from, std::string_view name) {
  return has(from, name) ? static_cast<size_t>(number(from, name)) : 0;
}

/// How many of `wanted` have one of `found` within `margin`, each of `found` counting once.
size_t matches(const indices& wanted, indices found, size_t margin) {
  size_t count = 0;
  for (auto each : wanted) {
    auto distance = [each](size_t index) { return std::max(index, each) - std::min(index, each); };
    auto nearest = std::ranges::min_element(found, {}, distance);
    if (nearest == found.end() || distance(*nearest) > margin)
      continue;
    ++count;
    found.erase(nearest);
  }
  return count;
}

/// The F1 score against several annotators: precision against the union of what they found, recall as the mean over
/// them, with index 0 in all sets (G. J. J. van den Burg and C. K. I. Williams, "An evaluation of change point
/// detection algorithms", 2020).
double f1_score(json annotations, indices found, size_t margin) {
  found.push_back(0);
  indices all{0};
  double recall = 0;
  for (auto annotator : annotations.getObject()) {
    auto theirs = indices_of(annotator.getValue());
    theirs.push_back(0);
    recall += static_cast<double>(matches(theirs, found, margin)) / static_cast<double>(theirs.size());
    all.insert(all.end(), theirs.begin(), theirs.end());
  }
  recall /= static_cast<double>(annotations.getObject().size());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  double precision = static_cast<double>(matches(all, found, margin)) / static_cast<double>(found.size());
  return 2 * precision * recall / (precision + recall);
}

struct series_case {
  json recorded;
  history_changes found;
  indices changes;  ///< found
  indices expected; ///< none where annotators differ
  size_t tolerance;
};

void expect_no_change(const series_case& each) {
  EXPECT_EQ(each.changes, indices{});
  EXPECT_FALSE(each.found.drift);
  for (auto index : has(each.recorded, "outliers") ? indices_of(at(each.recorded, "outliers")) : indices{})
    EXPECT_EQ(std::ranges::count(each.found.spikes, index, &spike::index), 1) << "spike " << index;
}

void expect_steps(const series_case& each) {
  EXPECT_EQ(matches(each.expected, each.changes, each.tolerance), each.expected.size());
  EXPECT_LE(each.changes.size(), each.expected.size() + count_or_0(each.recorded, "max_extra"));
}

void expect_agreement(const series_case& each) {
  double got = f1_score(at(each.recorded, "annotations"), each.changes, 5);
  EXPECT_GE(got, number(each.recorded, "f1_recommended") - 1e-4);
}

void expect_spike(const series_case& each) {
  EXPECT_EQ(each.changes, indices{});
  EXPECT_FALSE(each.found.spikes.empty());
}

void expect_drift(const series_case& each) {
  EXPECT_TRUE(each.found.drift || !each.changes.empty());
}

/// Nothing that is not there; it may stay unseen.
void expect_no_other_change(const series_case& each) {
  EXPECT_EQ(matches(each.changes, each.expected, each.tolerance), each.changes.size());
}

class change_points_vectors : public testing::Test {
protected:
  /// Calls check(case) for all series.
  template <class Check>
  void each_series(const Check& check) {
    auto cases = at(file_.root(), "cases").getArray();
    EXPECT_GT(cases.size(), 0u);
    for (auto recorded : cases) {
      SCOPED_TRACE(text(recorded, "name"));
      auto found = std::get<history_changes>(find_changes(numbers_of(at(recorded, "values"))));
      indices changes, expected;
      for (const auto& each : found.changes)
        changes.push_back(each.index);
      if (!at(recorded, "change_points").isNull())
        expected = indices_of(at(recorded, "change_points"));
      check(series_case{recorded, found, changes, expected, count_or_0(recorded, "tolerance")});
    }
  }

  vector_file file_{"change_points.json"};
};

TEST_F(change_points_vectors, series_are_judged_as_known) {
  const std::map<std::string, std::function<void(const series_case&)>> checks{
    {"none", expect_no_change},
    {"step", expect_steps},
    {"annotated", expect_agreement},
    {"spike", expect_spike},
    {"drift", expect_drift},
    {"hard", expect_no_other_change},
    {"step_short", expect_no_other_change}, // its segments are below the least length
  };
  each_series([&](const series_case& each) { checks.at(text(each.recorded, "kind"))(each); });
}

TEST_F(change_points_vectors, changes_are_those_of_the_reference) {
  if (other_vectors())
    GTEST_SKIP() << "others may come from another algorithm";
  each_series([](const series_case& each) {
    EXPECT_EQ(each.changes, indices_of(at(each.recorded, "recommended_algorithm_output")));
  });
}

} // namespace
} // namespace hive::analysis
