#include "actors/benchmark/test_formats.hpp"
#include "actors/benchmark/text_scanner.hpp"
#include "messages/ec.hpp"

#include <pugixml.hpp>
#include <string>
#include <vector>

namespace hive::detail {
namespace {

/// Suites within suites; no runner writes more than three.
constexpr size_t max_depth = 16;

enum class result { passed, failed, error, skipped };

/// ctest writes a test that could not be run as skipped too, with the reason; one that chose to be skipped has a
/// reason that names the property by which it said so.
bool could_not_run(pugi::xml_node test) {
  std::string_view reason = test.child("skipped").attribute("message").value();
  return std::string_view{test.attribute("status").value()} == "notrun" && test.child("skipped") &&
         !reason.starts_with("SKIP_");
}

result result_of(pugi::xml_node test) {
  std::string_view status = test.attribute("status").value();
  if (test.child("error"))
    return result::error;
  if (test.child("failure") || status == "fail" || could_not_run(test))
    return result::failed;
  if (test.child("skipped") || status == "notrun" || status == "disabled")
    return result::skipped;
  return result::passed;
}

/// pytest writes what is no test as a test, too: a file that could not be imported, its own failure.
bool is_runner_failure(pugi::xml_node test) {
  std::string_view message = test.child("error").attribute("message").value();
  bool is_own = std::string_view{test.attribute("classname").value()} == "pytest" &&
                std::string_view{test.attribute("name").value()} == "internal";
  return message == "collection failure" || message == "internal error" || is_own;
}

caf::error malformed(const std::string& what) {
  return fail(ec::malformed, "the JUnit XML " + what);
}

class reader {
public:
  caf::error read(pugi::xml_node root) {
    std::string_view name = root.name();
    if (name != "testsuites" && name != "testsuite")
      return malformed("has the root <" + std::string{name} + "> instead of <testsuites> or <testsuite>");
    return read_suite(root, 1);
  }

  test_counts counts;
  bool by_pytest = false;

private:
  caf::error read_suite(pugi::xml_node suite, size_t depth) {
    if (depth > max_depth)
      return malformed("nests suites more than " + std::to_string(max_depth) + " deep");
    by_pytest |= std::string_view{suite.attribute("name").value()} == "pytest";
    auto before = seen_;
    for (auto child : suite.children()) {
      std::string_view name = child.name();
      auto error = name == "testsuite"  ? read_suite(child, depth + 1)
                   : name == "testcase" ? read_test(child)
                                        : caf::error{};
      if (error)
        return error;
    }
    return check_count(suite, seen_ - before);
  }

  caf::error read_test(pugi::xml_node test) {
    ++seen_;
    std::string name = test.attribute("name").value();
    if (name.empty())
      return malformed("holds a test without a name: its runner was interrupted");
    if (is_runner_failure(test))
      return fail(ec::process_failed, "pytest could not collect or run every file: " + name);
    switch (result_of(test)) {
    case result::passed:
      ++counts.passed;
      break;
    case result::failed:
      ++counts.failed;
      break;
    case result::error:
      ++counts.errors;
      break;
    case result::skipped:
      ++counts.skipped;
      break;
    }
    return caf::none;
  }

  /// A suite that says how many tests it holds must hold them.
  static caf::error check_count(pugi::xml_node suite, size_t found) {
    auto claimed = suite.attribute("tests");
    if (!claimed)
      return caf::none;
    text_scanner text{claimed.value()};
    auto count = text.take_number();
    if (count && text.done() && *count == found)
      return caf::none;
    return malformed("holds " + std::to_string(found) + " tests in a suite of " + claimed.value());
  }

  size_t seen_ = 0;
};

} // namespace

bool looks_like_xml(std::string_view text) {
  return trim(text).starts_with("<");
}

caf::expected<test_counts> read_junit(std::string_view xml, int exit_status) {
  pugi::xml_document document;
  // The parser reads no file but this text and knows no entities but the five of XML itself.
  auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_doctype);
  if (!parsed)
    return malformed("is broken at byte " + std::to_string(parsed.offset) + ": " + parsed.description());
  for (auto node : document.children())
    if (node.type() == pugi::node_doctype)
      return malformed("has a document type, which no test runner writes");
  reader out;
  if (auto error = out.read(document.document_element()))
    return error;
  if (auto next = document.document_element().next_sibling())
    return malformed("has a second root <" + std::string{next.name()} + ">");
  // pytest writes a report of an interrupted run, too; only its exit status tells.
  if (out.by_pytest && exit_status > 1 && out.counts.total() > 0)
    return fail(ec::process_failed,
                "pytest exited with status " + std::to_string(exit_status) + ", so it did not run every test");
  return out.counts;
}

} // namespace hive::detail
