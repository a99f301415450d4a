#include "actors/review/rules/test_comparison.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hive::review {
namespace {

/// One name in one run.
struct run_entry {
  std::string file;
  uint32_t passed = 0;
  uint32_t failed = 0;
  uint32_t skipped = 0;
};

std::map<std::string, run_entry, std::less<>> entries_of(const test_results& run) {
  std::map<std::string, run_entry, std::less<>> out;
  for (const auto& test : run.tests) {
    auto& entry = out[test.name];
    if (entry.file.empty())
      entry.file = test.file;
    ++(test.outcome == test_outcome::passed    ? entry.passed
       : test.outcome == test_outcome::skipped ? entry.skipped
                                               : entry.failed);
  }
  return out;
}

uint32_t unnamed_failures(const test_results& run) {
  auto named = std::ranges::count_if(run.tests, [](const named_test& test) {
    return test.outcome == test_outcome::failed || test.outcome == test_outcome::error;
  });
  return run.counts.failures() - std::min(run.counts.failures(), static_cast<uint32_t>(named));
}

/// Last component of a path.
std::string_view base_name(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view without_extension(std::string_view path) {
  auto dot = path.rfind('.');
  return dot == std::string_view::npos || dot < path.size() - base_name(path).size() ? path : path.substr(0, dot);
}

/// Whether `text` begins with `path` or with a tail of it that starts at a separator, and goes on with something that
/// ends a name.
bool begins_with_tail(std::string_view text, std::string_view path, char separator) {
  while (!path.empty()) {
    if (text.starts_with(path) &&
        (text.size() == path.size() || std::string_view{".:/ ["}.find(text[path.size()]) != std::string_view::npos))
      return true;
    auto next = path.find(separator);
    if (next == std::string_view::npos)
      return false;
    path.remove_prefix(next + 1);
  }
  return false;
}

/// Sorts the tests of one run of the head by what their base says.
class comparer {
public:
  comparer(const tree_history* base, const test_results& head, const std::set<std::string>& known,
           std::span<const changed_file> files)
      : base_{base}, head_{head}, entries_{entries_of(head)}, known_{known}, files_{files} {
  }

  test_comparison run() {
    for (const auto& [name, entry] : entries_)
      judge(name, entry);
    judge_unnamed();
    find_deleted_files();
    if (base_)
      find_vanished();
    return std::move(out_);
  }

private:
  void judge(const std::string& name, const run_entry& entry) {
    const auto* before = find(name);
    auto told = compared_test{name, entry.file, before ? before->runs() : 0, before ? before->failed_runs : 0};
    if (entry.failed > 0)
      list_of_failure(name, entry, before).push_back(std::move(told));
    else if (before && entry.passed > 0 && before->failed_runs > 0 && !base_->is_flaky(*before))
      out_.fixed.push_back(std::move(told));
    else if (before && entry.passed == 0 && before->runs() > 0 && before->skipped_runs == 0 && !known_.contains(name))
      out_.newly_skipped.push_back(std::move(told));
  }

  std::vector<compared_test>& list_of_failure(const std::string& name, const run_entry& entry,
                                              const test_history* before) {
    if (known_.contains(name))
      return out_.known_failures;
    if (before && base_->is_flaky(*before))
      return out_.flaky;
    return before && entry.failed <= before->most_failures ? out_.old_failures : out_.new_failures;
  }

  void judge_unnamed() {
    auto now = unnamed_failures(head_);
    auto before = base_ ? base_->most_unnamed_failures : 0;
    if (now > before)
      out_.new_failures.push_back({std::to_string(now - before) + " tests that the output does not name", {}, 0, 0});
    if (auto old = std::min(now, before); old > 0)
      out_.old_failures.push_back({std::to_string(old) + " tests that the output does not name", {}, 0, 0});
  }

  void find_deleted_files() {
    for (const auto& file : files_) {
      bool is_gone = file.kind == file_change::deleted || file.kind == file_change::renamed;
      if (!is_gone)
        continue;
      const auto& old_path = file.kind == file_change::renamed ? file.old_path : file.path;
      gone_.push_back(old_path);
      bool held_tests = looks_like_test_file(old_path) || (base_ && holds_tests(base_->tests, old_path));
      bool goes_on = file.kind == file_change::renamed &&
                     (holds_tests(entries_, file.path) || (!head_.names_all() && looks_like_test_file(file.path)));
      if (held_tests && !goes_on)
        out_.deleted_files.push_back(old_path);
    }
  }

  template <class Tests>
  static bool holds_tests(const Tests& tests, std::string_view path) {
    return std::ranges::any_of(tests, [&](const auto& test) { return belongs_to(test.first, test.second.file, path); });
  }

  void find_vanished() {
    if (base_->names_all && head_.names_all())
      find_vanished_names();
    else if (head_.counts.total() < base_->fewest_tests && out_.deleted_files.empty())
      out_.vanished.push_back({std::to_string(base_->fewest_tests - head_.counts.total()) +
                                 " tests fewer than at the base; the output does not name them",
                               {},
                               base_->runs,
                               0});
  }

  void find_vanished_names() {
    for (const auto& [name, before] : base_->tests) {
      // A test that not every run of the base had may come and go by itself.
      bool was_steady = before.runs() == base_->runs;
      bool was_deleted =
        std::ranges::any_of(gone_, [&](const std::string& path) { return belongs_to(name, before.file, path); });
      if (was_steady && !was_deleted && !entries_.contains(name) && !known_.contains(name))
        out_.vanished.push_back({name, before.file, before.runs(), before.failed_runs});
    }
  }

  const test_history* find(const std::string& name) const {
    if (!base_)
      return nullptr;
    auto found = base_->tests.find(name);
    return found == base_->tests.end() ? nullptr : &found->second;
  }

  const tree_history* base_;
  const test_results& head_;
  std::map<std::string, run_entry, std::less<>> entries_;
  const std::set<std::string>& known_;
  std::span<const changed_file> files_;
  std::vector<std::string> gone_; ///< paths of the base that the head has not
  test_comparison out_;
};

} // namespace

void tree_history::add(const test_results& run) {
  for (auto& [name, entry] : entries_of(run)) {
    auto& test = tests[name];
    if (test.file.empty())
      test.file = entry.file;
    test.clean_runs += entry.failed == 0 && entry.passed > 0;
    test.failed_runs += entry.failed > 0;
    test.skipped_runs += entry.failed == 0 && entry.passed == 0;
    test.most_failures = std::max(test.most_failures, entry.failed);
  }
  ++runs;
  names_all &= run.names_all();
  fewest_tests = std::min(fewest_tests, run.counts.total());
  most_unnamed_failures = std::max(most_unnamed_failures, unnamed_failures(run));
  newest = run.counts;
}

bool tree_history::is_flaky(const test_history& test) const {
  return test.failed_runs > 0 && (test.clean_runs > 0 || (!names_all && test.failed_runs < runs));
}

void fill(wire::BaseRuns::Builder out, const tree_history& history) {
  out.setRuns(history.runs);
  out.setNamesAll(history.names_all);
  out.setFewestTests(history.fewest_tests);
  out.setMostUnnamedFailures(history.most_unnamed_failures);
  auto list = out.initTests(static_cast<uint32_t>(history.tests.size()));
  uint32_t place = 0;
  for (const auto& [name, test] : history.tests) {
    auto entry = list[place++];
    entry.setName(name);
    entry.setFile(test.file);
    entry.setCleanRuns(test.clean_runs);
    entry.setFailedRuns(test.failed_runs);
    entry.setSkippedRuns(test.skipped_runs);
    entry.setMostFailures(test.most_failures);
  }
}

tree_history history_of(wire::BaseRuns::Reader stored) {
  tree_history out;
  out.runs = stored.getRuns();
  out.names_all = stored.getNamesAll();
  out.fewest_tests = stored.getFewestTests();
  out.most_unnamed_failures = stored.getMostUnnamedFailures();
  auto newest = stored.getNewest();
  out.newest = {newest.getPassed(), newest.getFailed(), 0, newest.getSkipped()};
  for (auto test : stored.getTests())
    out.tests.emplace(as_view(test.getName()),
                      test_history{std::string{as_view(test.getFile())}, test.getCleanRuns(), test.getFailedRuns(),
                                   test.getSkippedRuns(), test.getMostFailures()});
  return out;
}

test_comparison compare_tests(const tree_history* base, const test_results& head, const std::set<std::string>& known,
                              std::span<const changed_file> files) {
  return comparer{base, head, known, files}.run();
}

bool is_worth_repeating(const test_comparison& compared, const tree_history& base) {
  return !compared.new_failures.empty() && std::ranges::all_of(compared.new_failures, [&](const compared_test& test) {
    return test.base_runs > 0 || !base.names_all;
  });
}

bool belongs_to(std::string_view test_name, std::string_view test_file, std::string_view path) {
  if (!test_file.empty() && (test_file == path || path.ends_with("/" + std::string{test_file})))
    return true;
  if (begins_with_tail(test_name, path, '/'))
    return true;
  std::string dotted{without_extension(path)};
  std::ranges::replace(dotted, '/', '.');
  // A module alone is no test: a test that only has the name of a file is not of it.
  return !dotted.ends_with(test_name) && begins_with_tail(test_name, dotted, '.');
}

bool looks_like_test_file(std::string_view path) {
  constexpr std::array<std::string_view, 5> directories{"test", "tests", "spec", "specs", "__tests__"};
  auto name = base_name(path);
  auto stem = without_extension(name);
  for (auto rest = path.substr(0, path.size() - name.size()); !rest.empty();) {
    auto part = rest.substr(0, rest.find('/'));
    if (std::ranges::find(directories, part) != directories.end())
      return true;
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with(".test") || stem.ends_with(".spec") ||
         stem.ends_with("_spec") || stem.ends_with("Test") || stem.ends_with("Tests");
}

} // namespace hive::review
