#pragma once

#include "actors/review/rules/test_comparison.hpp"
#include "messages/review.capnp.h"
#include "platform/git_change.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Decides over a change from what was found.
namespace hive::review {

/// Limits of a simple and of a moderate change, as HART OS has them: at most so many files, and fewer lines.
inline constexpr uint64_t simple_files = 3;
inline constexpr uint64_t simple_lines = 100;
inline constexpr uint64_t moderate_files = 10;
inline constexpr uint64_t moderate_lines = 500;

/// The size of a change.
struct change_size {
  uint64_t files = 0;
  uint64_t additions = 0;
  uint64_t deletions = 0;
  uint64_t uncounted = 0; ///< files whose lines cannot be counted
};

change_size size_of(std::span<const changed_file> files);

/// A change without files is simple. A file that cannot be counted in lines, and a violated limit of the guardian, make
/// it at least moderate; a violated guardrail makes it complex.
wire::ChangeComplexity complexity_of(const change_size& size, bool guardian_violated, bool guardrail_violated);

/// One line of a lint or guardian command's output.
struct tool_issue {
  std::string output; ///< printable, at most max_issue_bytes
  std::string path;   ///< the file that it is about; empty when the tool did not say
  uint32_t line = 0;
};

/// Result of a lint or guardian command.
struct check_result {
  bool configured = false;
  bool passed = false;
  std::string error; ///< why it could not be run to its end; empty when it was
  int exit_status = 0;
  std::vector<tool_issue> issues; ///< the first max_issues
  uint64_t issue_count = 0;
  double duration_s = 0;
};

/// The state of the guardrail at the head.
struct guardrail_result {
  bool configured = false;                ///< whether there is a manifest
  bool verified = false;                  ///< whether it verifies at the head
  std::vector<std::string> findings;      ///< why it does not
  std::vector<std::string> changed_paths; ///< changed files that are guarded or protected

  bool violated() const {
    return !changed_paths.empty() || (configured && !verified);
  }
};

/// One run of a test command.
struct test_run_facts {
  test_counts counts;
  int returncode = 0;
  double duration_s = 0;
};

/// Result of the tests.
struct test_facts {
  std::string error; ///< why the head's tests gave no result; empty when they did
  std::optional<test_run_facts> head;
  std::optional<test_run_facts> base; ///< the newest run
  uint32_t base_runs = 0;
  bool base_cached = false; ///< whether an earlier review had measured the base
  std::optional<test_comparison> compared;
  bool base_wanted = true;   ///< false when the request leaves the base out
  bool base_measured = true; ///< whether there is a base to compare with
  std::string base_reason;   ///< why there is none
};

/// Result of one agent's what-if validation.
struct agent_result {
  std::string prompt_id;
  std::string flow_id;
  file_change change = file_change::modified;
  bool passed = false;
  bool inconclusive = false;
  std::string reason;
  uint64_t baseline_version = 0;
  std::vector<std::string> regressions;
  std::vector<std::string> missing;
};

/// All that a decision rests on.
struct review_facts {
  std::string error; ///< why the review could not be completed; empty when it was
  std::vector<changed_file> files;
  std::set<std::string> guarded; ///< paths of `files` that are guarded or protected
  guardrail_result guardrail;
  check_result guardian;
  check_result lint;
  bool lint_blocks = false; ///< whether findings of the lint command reject
  test_facts tests;
  std::vector<agent_result> agents;
};

struct review_verdict {
  wire::ReviewDecision decision = wire::ReviewDecision::REJECT;
  wire::ChangeComplexity complexity = wire::ChangeComplexity::COMPLEX;
  bool inconclusive = false;         ///< something that decides could not be measured
  std::string reason;                ///< one sentence
  std::vector<std::string> findings; ///< what speaks against an approval, the gravest first
};

/// Rejected: an error, new failures, vanished tests, a regressed agent, and findings of a lint command that blocks.
/// Flagged: all else that is not simple, violates a guardrail or a limit, deletes or skips tests, or could not be
/// measured. Approved: the rest. Missing results are never a reason to approve.
review_verdict decide(const review_facts& facts);

} // namespace hive::review
