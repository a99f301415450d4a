// Reviews whose names of tests and files, and whose output of tools, are whatever an author wants.
//
// Promises: every form is made and within its limits. The Markdown begins with its marker and has no markup of the
// author outside of code spans. The XML is well-formed, and the stored form can be loaded.

#include "actors/benchmark/reports/test_tally.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "actors/review/render/formats.hpp"
#include "actors/review/rules/review_record.hpp"
#include "actors/review/rules/tool_issues.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <pugixml.hpp>

namespace {

using namespace hive;
using namespace hive::review;

/// A review with each line of the text as a test, a file and an issue.
msg<wire::Review> review_of(std::string_view text) {
  review_facts facts;
  facts.lint.configured = true;
  read_issues(text, facts.lint);
  test_results run;
  for (auto line : lines_of(text)) {
    changed_file file;
    file.path = file.old_path = std::string{line};
    file.kind = line.size() % 2 == 0 ? file_change::deleted : file_change::modified;
    facts.files.push_back(file);
    run.tests.push_back({shown_name(line), std::string{line}, test_outcome::failed});
    ++run.counts.failed;
  }
  tree_history base;
  base.add(run);
  facts.tests.compared = compare_tests(&base, {}, {}, facts.files);
  facts.tests.compared->new_failures = compare_tests(nullptr, run, {}, {}).new_failures;
  facts.error = std::string{text};
  git_range range;
  range.title = std::string{text.substr(0, 256)};
  auto request = msg<wire::StartReview>::build([](wire::StartReview::Builder out) {
    out.setRepo("/r");
    out.setBase("a");
    out.setHead("b");
  });
  return finished(queued(*request, "r1", range, true, 1), facts, 2);
}

void check_markdown(const std::string& text) {
  fuzz::require(text.size() <= max_comment_bytes, "a comment is bounded");
  fuzz::require(text.starts_with(comment_marker), "a comment begins with its marker");
  fuzz::require(is_utf8(text), "a comment is UTF-8");
  bool in_code = false;
  // Behind the two comments of its own.
  for (char c : text.substr(text.find("## "))) {
    in_code ^= c == '`';
    fuzz::require(in_code || (c != '<' && c != '@'), "no markup of others stands outside of code");
  }
  fuzz::require(!in_code, "every code span ends");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto review = review_of(fuzz::text_of(data, size));
  auto loaded = msg<wire::Review>::load(review.bytes());
  fuzz::require(bool(loaded), "a review that was made can be loaded");
  check_markdown(to_markdown(*review, ""));
  pugi::xml_document document;
  fuzz::require(bool(document.load_string(to_junit(*review).c_str())), "the XML is well-formed");
  to_json(to_sarif(*review, "1"));
  for (auto call : to_check_runs(*review, "")->getCalls())
    fuzz::require(call.getOutput().getAnnotations().size() <= max_annotations_per_call, "annotations are bounded");
  return 0;
}
