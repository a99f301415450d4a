#include "actors/benchmark/reports/junit_suite.hpp"
#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"

#include <string>

namespace hive::detail {
namespace {

/// Limit for nested suites; no runner writes more than a few levels.
constexpr size_t max_depth = 64;

std::string_view attribute(pugi::xml_node node, const char* name) {
  return node.attribute(name).value();
}

/// pytest also reports things that are not tests: files that failed to import, its own failures.
bool is_runner_failure(pugi::xml_node test) {
  auto message = attribute(test.child("error"), "message");
  bool is_own = attribute(test, "classname") == "pytest" && attribute(test, "name") == "internal";
  return message == "collection failure" || message == "internal error" || is_own;
}

caf::error malformed(const std::string& what) {
  return fail(ec::malformed, "the JUnit XML " + what);
}

std::string shown(pugi::xml_node test) {
  std::string classname{attribute(test, "classname")};
  std::string name{attribute(test, "name")};
  return classname.empty() || classname == name ? name : classname + "::" + name;
}

/// Reads one root element: one run of one runner.
class reader {
public:
  explicit reader(pugi::xml_node root) : root_{root}, dialect_{dialect_of(root)} {
  }

  caf::error read() {
    std::string_view name = root_.name();
    if (name != "testsuites" && name != "testsuite")
      return malformed("has the root <" + shown_name(name) + "> instead of <testsuites> or <testsuite>");
    return read_suite(root_, 1, facts_);
  }

  test_results results() const {
    auto out = tally_.results(std::string{name_of(dialect_)});
    correct_by_counters(root_, facts_, dialect_, out.counts);
    out.last = out.counts;
    return out;
  }

  bool by_pytest() const {
    return dialect_ == junit_dialect::pytest;
  }

private:
  caf::error read_suite(pugi::xml_node suite, size_t depth, suite_facts& facts) {
    if (depth > max_depth)
      return malformed("nests suites more than " + std::to_string(max_depth) + " deep");
    auto group = std::to_string(suites_++);
    for (auto child : suite.children()) {
      std::string_view name = child.name();
      caf::error error;
      if (name == "testsuite") {
        suite_facts inner;
        error = read_suite(child, depth + 1, inner);
        facts.add(inner);
      } else if (name == "testcase") {
        error = read_test(child, group, facts);
      }
      if (error)
        return error;
    }
    return check_counters(suite, facts, dialect_, root_);
  }

  caf::error read_test(pugi::xml_node test, const std::string& group, suite_facts& facts) {
    // An interrupted pytest omits the name; jest and GoogleTest write tests with an empty name.
    if (!test.attribute("name"))
      return malformed("holds a test without the attribute name: its runner was interrupted");
    if (is_runner_failure(test))
      return fail(ec::process_failed,
                  "pytest could not collect or run every file: " + shown_name(attribute(test, "name")));
    auto outcome = outcome_of(test);
    if (!outcome)
      return malformed("gives \"" + shown_name(shown(test)) + "\" the status \"" +
                       shown_name(attribute(test, "status")) + "\", which says neither passed, failed nor skipped");
    facts.add(test, *outcome);
    auto before = tally_.tests();
    if (titles_are_names())
      tally_.record({group, std::string{attribute(test, "classname")}, std::string{attribute(test, "name")},
                     std::string{attribute(test, "file")}},
                    *outcome, shown(test));
    else
      tally_.record_single(*outcome, shown(test), std::string{attribute(test, "file")});
    facts.tests += tally_.tests() - before;
    return caf::none;
  }

  /// Whether a test's title is unique within its suite.
  bool titles_are_names() const {
    return dialect_ == junit_dialect::common || dialect_ == junit_dialect::pytest ||
           dialect_ == junit_dialect::catch2 || dialect_ == junit_dialect::doctest;
  }

  pugi::xml_node root_;
  junit_dialect dialect_;
  suite_facts facts_;
  test_tally tally_;
  size_t suites_ = 0;
};

caf::error refuse_other_nodes(const pugi::xml_document& document) {
  for (auto node : document.children()) {
    if (node.type() == pugi::node_doctype)
      return malformed("has a document type, which no test runner writes");
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata)
      return malformed("stands beside other text: " + shown_name(trim(node.value())));
  }
  return caf::none;
}

} // namespace

bool looks_like_xml(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  constexpr std::string_view wide_marks[]{"\xFF\xFE", "\xFE\xFF"};
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (text.starts_with(wide_marks[0]) || text.starts_with(wide_marks[1]))
    return true;
  text = trim(text);
  for (std::string_view begin : {"<?xml", "<testsuite", "<!--", "<!DOCTYPE"})
    if (text.starts_with(begin))
      return true;
  return false;
}

caf::expected<test_results> read_junit(std::string_view xml, std::optional<int> exit_status) {
  pugi::xml_document document;
  // The parser reads no other files and knows no entities except XML's own five.
  auto parsed = document.load_buffer(
    xml.data(), xml.size(), pugi::parse_default | pugi::parse_doctype | pugi::parse_comments | pugi::parse_fragment);
  if (!parsed)
    return malformed("is broken at byte " + std::to_string(parsed.offset) + ": " + parsed.description());
  if (auto error = refuse_other_nodes(document))
    return error;
  test_results out;
  // Several concatenated reports are several runs.
  for (auto root : document.children()) {
    if (root.type() != pugi::node_element)
      continue;
    reader one{root};
    if (auto error = one.read())
      return error;
    // pytest also writes a report when interrupted; only its exit status reveals that.
    if (one.by_pytest() && exit_status.value_or(0) > 1 && one.results().counts.total() > 0)
      return fail(ec::process_failed,
                  "pytest exited with status " + std::to_string(*exit_status) + ", so it did not run every test");
    if (!out.add(one.results()))
      return fail(ec::too_large, "the JUnit XML holds more tests than can be counted");
  }
  if (out.runs.empty())
    return malformed("is empty");
  return out;
}

} // namespace hive::detail
