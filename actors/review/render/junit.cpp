#include "actors/review/render/formats.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <sstream>

namespace hive::review {
namespace {

std::string junit_text(capnp::Text::Reader text) {
  std::string out{as_view(text)};
  // XML has no place for other control characters.
  std::ranges::replace_if(
    out, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; }, ' ');
  return out;
}

/// Writes test cases and counts them.
class junit_writer {
public:
  explicit junit_writer(wire::Review::Reader review) : review_{review} {
    suites_ = document_.append_child("testsuites");
    suite_ = suites_.append_child("testsuite");
  }

  std::string run() {
    add_decision();
    auto tests = review_.getComparison();
    add_tests("new failures", tests.getNewFailures(), "failure", "does not fail at the base");
    add_tests("vanished tests", tests.getVanished(), "failure", "ran at the base and is missing");
    add_tests("newly skipped", tests.getNewlySkipped(), "skipped", "ran at the base and is skipped");
    add_tests("flaky", tests.getFlaky(), "skipped", "fails at the base now and then");
    add_tests("old failures", tests.getOldFailures(), "skipped", "fails at the base too");
    add_tests("known failures", tests.getKnownFailures(), "skipped", "named as a known failure");
    add_check("lint", review_.getPrecommit());
    add_check("code metrics", review_.getGuardian());
    add_agents();
    for (auto element : {suites_, suite_}) {
      element.append_attribute("name") = "hivemark review";
      element.append_attribute("tests") = cases_;
      element.append_attribute("failures") = failures_;
      element.append_attribute("errors") = 0;
      element.append_attribute("skipped") = skipped_;
    }
    suite_.append_attribute("timestamp") = format_iso8601(review_.getFinishedAt()).c_str();
    std::ostringstream out;
    document_.save(out, "  ");
    return out.str();
  }

private:
  /// `element` is failure, skipped, or null for a passed case.
  void add(const std::string& group, const std::string& name, const char* element, const std::string& message) {
    auto test = suite_.append_child("testcase");
    test.append_attribute("classname") = ("hivemark." + group).c_str();
    test.append_attribute("name") = name.c_str();
    ++cases_;
    if (!element)
      return;
    ++(std::string_view{element} == "failure" ? failures_ : skipped_);
    test.append_child(element).append_attribute("message") = message.c_str();
  }

  void add_decision() {
    const char* element = review_.getDecision() == wire::ReviewDecision::REJECT ? "failure"
                          : review_.getDecision() == wire::ReviewDecision::FLAG ? "skipped"
                                                                                : nullptr;
    add("review", "decision", element, junit_text(review_.getReason()));
  }

  void add_tests(const std::string& group, wire::ReviewTests::Reader tests, const char* element,
                 const std::string& message) {
    for (auto test : tests.getTests())
      add(group, junit_text(test.getName()), element, message);
  }

  void add_check(const std::string& name, wire::CommandCheck::Reader check) {
    if (check.getError().size() > 0)
      add("review", name, "failure", "could not be run: " + junit_text(check.getError()));
    else if (check.getConfigured())
      add("review", name, check.getPassed() ? nullptr : "skipped", std::to_string(check.getIssueCount()) + " issues");
  }

  void add_agents() {
    for (auto agent : review_.getBaselineValidation().getAgents()) {
      std::string message = junit_text(agent.getReason());
      for (auto regression : agent.getRegressions())
        message += (message.empty() ? "" : "; ") + junit_text(regression);
      add("agents", junit_text(agent.getPromptId()) + "_" + junit_text(agent.getFlowId()),
          agent.getInconclusive() ? "skipped"
          : agent.getPassed()     ? nullptr
                                  : "failure",
          message);
    }
  }

  wire::Review::Reader review_;
  pugi::xml_document document_;
  pugi::xml_node suites_;
  pugi::xml_node suite_;
  unsigned cases_ = 0;
  unsigned failures_ = 0;
  unsigned skipped_ = 0;
};

} // namespace

std::string to_junit(wire::Review::Reader review) {
  return junit_writer{review}.run();
}

} // namespace hive::review
