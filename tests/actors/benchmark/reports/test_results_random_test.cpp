// Concatenated and truncated runs: the results read are never better than the real ones.

#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"
#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <random>
#include <vector>

namespace hive {
namespace {

using namespace test_recordings;

struct piece {
  std::string text;
  int exit_status = 0;
  test_counts counts;
};

std::vector<piece> pieces_of(const std::vector<std::pair<std::string, int>>& files) {
  std::vector<piece> out;
  for (const auto& [file, exit_status] : files) {
    auto text = recording(file);
    auto alone = read(text, exit_status);
    EXPECT_TRUE(alone) << file;
    out.push_back({text + (text.ends_with('\n') ? "" : "\n"), exit_status, counts_of(alone)});
  }
  return out;
}

/// Groups of runs whose outputs may follow each other in one file; each group has its own way to tell runs apart.
const std::vector<std::vector<piece>>& families() {
  static const std::vector<std::vector<piece>> all{
    pieces_of({{"pytest_pass.txt", 0},
               {"pytest_pass_q.txt", 0},
               {"pytest_mixed.txt", 1},
               {"pytest_mixed_q.txt", 1},
               {"pytest_verbose.txt", 1},
               {"pytest_errors_q.txt", 1},
               {"pytest_fake.txt", 1},
               {"pytest_warning_q.txt", 0},
               {"runners/pytest_reruns.txt", 1},
               {"runners/pytest_teardown.txt", 1},
               {"ctest_pass.txt", 0},
               {"ctest_pass_verbose.txt", 0},
               {"ctest_all.txt", 8},
               {"ctest_parallel.txt", 8},
               {"ctest_fake.txt", 8},
               {"ctest_skipped.txt", 0},
               {"runners/ctest_until_pass.txt", 8},
               {"runners/ctest_until_fail.txt", 0}}),
    pieces_of({{"runners/bats_tap.txt", 1},
               {"runners/bats_tap13.txt", 1},
               {"runners/perl_test_more.txt", 1},
               {"runners/node_test_tap.txt", 1},
               {"runners/vitest_tap.txt", 1},
               {"runners/tape_tap.txt", 1},
               {"runners/ava_tap.txt", 1}}),
    pieces_of({{"runners/go_test.json", 1}, {"runners/go_test_twice.json", 0}}),
    pieces_of({{"junit_pytest.xml", 1},
               {"junit_gtest.xml", 1},
               {"junit_ctest.xml", 8},
               {"runners/catch2.xml", 3},
               {"runners/doctest.xml", 1},
               {"runners/jest.xml", 1},
               {"runners/mocha_junit.xml", 2},
               {"runners/surefire_reruns.xml", 1},
               {"runners/gtest_filtered.xml", 0}}),
  };
  return all;
}

test_counts operator+(const test_counts& a, const test_counts& b) {
  return {a.passed + b.passed, a.failed + b.failed, a.errors + b.errors, a.skipped + b.skipped};
}

struct sequence {
  std::string text;
  int exit_status = 0;
  std::vector<test_counts> sums; ///< totals of the first run, the first two runs, and so on
};

class maker {
public:
  explicit maker(uint32_t seed) : random_{seed} {
  }

  size_t pick(size_t below) {
    return std::uniform_int_distribution<size_t>{0, below - 1}(random_);
  }

  sequence make(const std::vector<piece>& from) {
    sequence out;
    auto length = pick(3) + 2;
    for (size_t i = 0; i < length; ++i) {
      const auto& next = from[pick(from.size())];
      out.text += next.text;
      out.exit_status = next.exit_status;
      out.sums.push_back(out.sums.empty() ? next.counts : out.sums.back() + next.counts);
    }
    return out;
  }

private:
  std::mt19937 random_;
};

TEST(test_results_random, runs_one_behind_the_other_are_added_or_refused) {
  HIVE_RANDOM_SEED(seed);
  maker make{seed};
  for (const auto& family : families()) {
    size_t added = 0;
    constexpr int sequences = 300;
    for (int i = 0; i < sequences; ++i) {
      auto all = make.make(family);
      auto results = read(all.text, all.exit_status);
      if (!results)
        continue;
      ++added;
      ASSERT_EQ(results->counts, all.sums.back()) << all.text;
    }
    EXPECT_GT(added, sequences / 2u) << "of runs like " << family.front().text;
  }
}

TEST(test_results_random, cut_sequences_give_no_more_than_the_runs_that_are_whole) {
  HIVE_RANDOM_SEED(seed);
  maker make{seed};
  for (const auto& family : families())
    for (int i = 0; i < 300; ++i) {
      auto all = make.make(family);
      auto cut = all.text.substr(0, make.pick(all.text.size()));
      auto results = read(cut, all.exit_status);
      if (!results)
        continue;
      // Results equal those of some of the first runs, or are worse: where a line is cut, a failure may stand for all
      // of its subtests.
      double best = 0;
      for (const auto& sum : all.sums)
        best = std::max(best, sum.pass_rate());
      ASSERT_LE(results->counts.pass_rate(), best) << cut;
      ASSERT_LE(results->counts.passed, all.sums.back().passed) << cut;
    }
}

/// A truncated run followed by a complete one: what is left of the first never improves the results of the second.
TEST(test_results_random, half_a_run_before_another_adds_no_passed_test) {
  HIVE_RANDOM_SEED(seed);
  maker make{seed};
  for (const auto& family : families())
    for (int i = 0; i < 300; ++i) {
      const auto& first = family[make.pick(family.size())];
      const auto& second = family[make.pick(family.size())];
      auto text = first.text.substr(0, make.pick(first.text.size())) + "\n" + second.text;
      auto results = read(text, second.exit_status);
      if (!results)
        continue;
      auto both = first.counts + second.counts;
      ASSERT_LE(results->counts.pass_rate(), std::max(second.counts.pass_rate(), both.pass_rate())) << text;
      ASSERT_LE(results->counts.passed, both.passed) << text;
    }
}

TEST(test_results_random, results_of_two_kinds_are_never_half_read) {
  HIVE_RANDOM_SEED(seed);
  maker make{seed};
  for (int i = 0; i < 300; ++i) {
    auto a = make.pick(families().size());
    auto b = make.pick(families().size());
    if (a == b)
      continue;
    const auto& first = families()[a][make.pick(families()[a].size())];
    const auto& second = families()[b][make.pick(families()[b].size())];
    auto results = read(first.text + second.text, second.exit_status);
    ASSERT_FALSE(results) << first.text << second.text;
  }
}

} // namespace
} // namespace hive
