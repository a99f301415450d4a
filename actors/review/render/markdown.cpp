#include "actors/review/render/formats.hpp"

#include "messages/text.hpp"

#include <array>
#include <charconv>

namespace hive::review {
namespace {

std::string_view heading_of(wire::ReviewDecision decision) {
  switch (decision) {
  case wire::ReviewDecision::APPROVE:
    return "approved";
  case wire::ReviewDecision::REJECT:
    return "rejected";
  case wire::ReviewDecision::FLAG:
    break;
  }
  return "a person has to look";
}

std::string_view word_of(wire::ReviewDecision decision) {
  switch (decision) {
  case wire::ReviewDecision::APPROVE:
    return "approve";
  case wire::ReviewDecision::REJECT:
    return "reject";
  case wire::ReviewDecision::FLAG:
    break;
  }
  return "flag";
}

std::string_view word_of(wire::ChangeComplexity complexity) {
  constexpr std::array<std::string_view, 3> words{"simple", "moderate", "complex"};
  return words[static_cast<size_t>(complexity)];
}

/// Text without markup: everything that Markdown, HTML or a mention begins with is written as an entity.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool is_plain = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z') || std::string_view{" .,;()/=+"}.find(c) != std::string_view::npos;
    if (c == '\n' || c == '\r')
      out += ' ';
    else if (is_plain)
      out += c;
    else
      out += "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
  }
  return out;
}

/// A name in a code span, which knows no escapes: backticks become quotes.
std::string code(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c == '`')
      c = '\'';
    else if (c == '\n' || c == '\r')
      c = ' ';
  return "`" + out + "`";
}

std::string counted(uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string number(double value) {
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

class writer {
public:
  explicit writer(wire::Review::Reader review) : review_{review} {
  }

  std::string run() {
    out_ = std::string{comment_marker} + "\n<!-- hivemark-verdict: " + std::string{word_of(review_.getDecision())} +
           " -->\n## Hivemark: " + std::string{heading_of(review_.getDecision())} + "\n\n" +
           plain(as_view(review_.getReason())) + "\n";
    write_table();
    write_findings();
    auto tests = review_.getComparison();
    write_tests("New failures", tests.getNewFailures());
    write_tests("Vanished tests", tests.getVanished());
    write_files("Deleted test files", tests.getDeletedFiles(), tests.getDeletedFileCount());
    write_tests("Newly skipped tests", tests.getNewlySkipped());
    write_tests("Flaky at the base, so they cannot reject", tests.getFlaky());
    write_tests("Failures that the base has too", tests.getOldFailures());
    write_tests("Known failures", tests.getKnownFailures());
    write_tests("Fixed", tests.getFixed());
    write_issues("Lint", review_.getPrecommit());
    write_issues("Code metrics", review_.getGuardian());
    write_files("Guarded files", review_.getGuardrail().getChangedPaths(),
                review_.getGuardrail().getChangedPaths().size());
    write_agents();
    out_ += "\nReviewed " + code(as_view(review_.getHead())) + " against " + code(as_view(review_.getMergeBase())) +
            (review_.getSandboxed() ? ", without network and in a sandbox.\n" : ", without a sandbox.\n");
    return std::move(out_);
  }

private:
  void row(const std::string& name, const std::string& text) {
    out_ += "| " + name + " | " + text + " |\n";
  }

  static std::string results(wire::TestResults::Reader tests) {
    return tests.getTotal() == 0 ? "no result"
                                 : std::to_string(tests.getPassed()) + " of " + std::to_string(tests.getTotal()) +
                                     " pass (" + number(tests.getPassRate()) + ")";
  }

  static std::string check(wire::CommandCheck::Reader check) {
    if (!check.getConfigured())
      return "not configured";
    if (check.getError().size() > 0)
      return "could not be run: " + plain(as_view(check.getError()));
    return check.getPassed() ? "nothing found" : counted(check.getIssueCount(), "issue");
  }

  void write_table() {
    auto size = review_.getDiffStats();
    out_ += "\n| | |\n|---|---|\n";
    row("Change", std::string{word_of(review_.getChangeComplexity())} + ": " + counted(size.getFilesChanged(), "file") +
                    ", +" + std::to_string(size.getAdditions()) + " −" + std::to_string(size.getDeletions()) +
                    (size.getUncounted() == 0 ? "" : ", " + std::to_string(size.getUncounted()) + " without lines"));
    row("Tests at the head", results(review_.getTestResults()));
    auto base = review_.getBaseTests();
    row("Tests at the base", base.getMeasured() ? results(base.getResults()) + ", " + counted(base.getRuns(), "run")
                                                : "not measured: " + plain(as_view(base.getReason())));
    row("Lint", check(review_.getPrecommit()));
    row("Code metrics", check(review_.getGuardian()));
    auto guardrail = review_.getGuardrail();
    row("Guardrail", guardrail.getViolated() ? "violated" : guardrail.getConfigured() ? "intact" : "no manifest");
    row("Agents", counted(review_.getBaselineValidation().getAgents().size(), "changed recipe"));
  }

  void begin(const std::string& title, uint64_t count) {
    out_ += "\n### " + title + " (" + std::to_string(count) + ")\n\n";
  }

  void end(uint64_t count, uint64_t shown) {
    if (count > shown)
      out_ += "- and " + std::to_string(count - shown) + " more\n";
  }

  void write_findings() {
    auto findings = review_.getFindings();
    if (findings.size() < 2) // a single one is the reason
      return;
    begin("Findings", findings.size());
    for (auto finding : findings)
      out_ += "- " + plain(as_view(finding)) + "\n";
  }

  void write_tests(const std::string& title, wire::ReviewTests::Reader tests) {
    if (tests.getCount() == 0)
      return;
    begin(title, tests.getCount());
    for (auto test : tests.getTests())
      out_ += "- " + code(as_view(test.getName())) +
              (test.getBaseFailures() == 0 ? ""
                                           : ", failed in " + std::to_string(test.getBaseFailures()) + " of " +
                                               std::to_string(test.getBaseRuns()) + " runs of the base") +
              "\n";
    end(tests.getCount(), tests.getTests().size());
  }

  void write_files(const std::string& title, capnp::List<capnp::Text>::Reader paths, uint64_t count) {
    if (count == 0)
      return;
    begin(title, count);
    for (auto path : paths)
      out_ += "- " + code(as_view(path)) + "\n";
    end(count, paths.size());
  }

  void write_issues(const std::string& title, wire::CommandCheck::Reader check) {
    if (check.getIssueCount() == 0)
      return;
    begin(title, check.getIssueCount());
    for (auto issue : check.getIssues())
      out_ += "- " + code(as_view(issue.getOutput())) + "\n";
    end(check.getIssueCount(), check.getIssues().size());
  }

  void write_agents() {
    auto agents = review_.getBaselineValidation().getAgents();
    if (agents.size() == 0)
      return;
    begin("Agents", agents.size());
    for (auto agent : agents) {
      out_ += "- " + code(std::string{as_view(agent.getPromptId())} + "_" + std::string{as_view(agent.getFlowId())}) +
              (agent.getInconclusive() ? ": cannot be judged, " + plain(as_view(agent.getReason()))
               : agent.getPassed()     ? ": not worse"
                                       : ": worse") +
              "\n";
      for (auto regression : agent.getRegressions())
        out_ += "  - " + plain(as_view(regression)) + "\n";
    }
  }

  wire::Review::Reader review_;
  std::string out_;
};

} // namespace

std::string to_markdown(wire::Review::Reader review, std::string_view link) {
  auto text = writer{review}.run();
  if (text.size() <= max_comment_bytes)
    return text;
  auto rest = link.empty() ? "`hivectl review show " + std::string{as_view(review.getId())} + "`" : std::string{link};
  auto ending = "\n\nThe text is cut. Everything is in " + rest + ".\n";
  // At the end of a line, so that no code span or entity is cut.
  auto kept = text.rfind('\n', max_comment_bytes - ending.size() - 1);
  return text.substr(0, kept) + ending;
}

} // namespace hive::review
