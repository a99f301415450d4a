#include "actors/benchmark/reports/test_results.hpp"
#include "actors/defaults.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/text.hpp"
#include "messages/ec.hpp"
#include "messages/test_report.capnp.h"

namespace hive::ctl {
namespace {

constexpr auto about =
  "Examples:\n"
  "  hivectl benchmark check build/results.xml\n"
  "  pytest -q | hivectl benchmark check -\n"
  "  hivectl benchmark check --format tap results.tap\n"
  "Reads test results as adapter regression does and says what they come to, or why they are refused. That is no\n"
  "verdict: the exit status is 0 whenever they could be read, also when tests failed. How the runner itself ended is\n"
  "not in a file, so a capture may still refuse what it contradicts. No node is asked.";

struct result_check_options {
  std::string file;
  std::string format = "auto";
};

msg<wire::TestReport> report_of(const std::string& file, const test_results& results) {
  return msg<wire::TestReport>::build([&](wire::TestReport::Builder out) {
    auto fill = [](auto list, const std::vector<std::string>& from) {
      for (uint32_t i = 0; i < list.size(); ++i)
        list.set(i, from[i].c_str());
    };
    out.setFile(file);
    fill(out.initRuns(static_cast<uint32_t>(results.runs.size())), results.runs);
    out.setTests(results.counts.total());
    out.setPassed(results.counts.passed);
    out.setFailed(results.counts.failures());
    out.setSkipped(results.counts.skipped);
    out.setRepeated(results.repeated);
    out.setPassRate(results.counts.pass_rate());
    fill(out.initFailures(static_cast<uint32_t>(results.failures.size())), results.failures);
  });
}

msg<wire::TestReport> refusal_of(const std::string& file, const caf::error& why) {
  return msg<wire::TestReport>::build([&](wire::TestReport::Builder out) {
    out.setFile(file);
    out.setRefused(text_of(why));
  });
}

void show(const test_results& results, output& out) {
  const auto& counts = results.counts;
  out.line("Read as    " + join_texts(results.runs, ", "));
  out.line("Tests      " + std::to_string(counts.total()));
  out.line("Passed     " + std::to_string(counts.passed));
  out.line("Failed     " + std::to_string(counts.failures()));
  out.line("Skipped    " + std::to_string(counts.skipped));
  if (results.repeated > 0)
    out.line("Repeated   " + std::to_string(results.repeated) + ", of which the last report counts");
  out.line("Pass rate  " + format_number(counts.pass_rate()));
  if (results.failures.empty())
    return;
  out.line("");
  out.line("Failed tests:");
  for (const auto& name : results.failures)
    out.line("  " + name);
  if (results.failures.size() < counts.failures())
    out.line("  and " + std::to_string(counts.failures() - results.failures.size()) + " more");
}

outcome check_results(session& s, const result_check_options& options) {
  auto text = read_file(options.file, defaults::max_test_report_bytes);
  if (!text)
    return text.error();
  auto name = options.file == "-" ? std::string{"standard input"} : options.file;
  test_run run;
  run.output = *text;
  run.exit_status = std::nullopt; // unknown for a file
  auto results = read_test_results(run, parse_test_format(options.format).value());
  if (!results) {
    if (s.json)
      s.out.document(to_pretty_json(refusal_of(name, results.error())));
    s.out.remark(name + ": " + text_of(results.error()));
    return exit_status::refused;
  }
  s.out.answer(report_of(name, *results), [&] { show(*results, s.out); });
  return exit_status::done;
}

} // namespace

void add_result_check(CLI::App& group, context& ctx) {
  auto options = std::make_shared<result_check_options>();
  auto& command = *group.add_subcommand("check", "Read a file of test results and show its counts");
  command.add_option("FILE", options->file, "Test results, or - for standard input")->required();
  command.add_option("--format", options->format, "auto, pytest, ctest, junit, tap or go (default: auto)")
    ->check([](const std::string& name) {
      return parse_test_format(name) ? std::string{}
                                     : "\"" + name + "\" is none of auto, pytest, ctest, junit, tap, go";
    });
  command.footer(about);
  add_local(ctx, command, [options](session& s) { return check_results(s, *options); });
}

} // namespace hive::ctl
