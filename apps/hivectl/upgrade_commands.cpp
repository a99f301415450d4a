#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/judgement_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/hivectl/verdict_files.hpp"
#include "messages/upgrade.capnp.h"

#include <cmath>

namespace hive::ctl {
namespace {

constexpr auto upgrade_examples =
  "Examples:\n"
  "  hivectl upgrade check v2.0 v2.1\n"
  "  hivectl upgrade check v2.0 v2.1 && ./deploy v2.1\n"
  "  hivectl upgrade measure v2.0 v2.1 --minutes 30\n"
  "  hivectl upgrade check v2.0 v2.1 --document verdict.json && hivectl upgrade verify verdict.json\n"
  "  hivectl upgrade calibrate v2.0 --metric 'bench.*'\n"
  "  hivectl upgrade propose v2.0 v2.1 --wait --through-rollout\n"
  "'check' asks this node alone, 'propose' all members of the hive.\n"
  "'check' ends with 0 when the upgrade is safe, 1 when it regresses, 2 when the measurements do not tell,\n"
  "such as when a version was never captured. 'verify' ends with 0 when the document is what its inputs give, else 1.\n"
  "Under --policy threshold what only one version measured does not count.\n"
  "A gate before a deployment keeps the default, strict.";

struct check_options {
  check_question question;
  std::string document; ///< file to write; empty: none
};

/// Whether no metric decided, for example because a version has no snapshot. Policy threshold then follows HART OS:
/// safe without the old snapshot, inconclusive without the new one. Neither verdict is based on a measurement.
bool says_nothing(wire::UpgradeCheck::Reader check) {
  return check.getCompared() == 0 && check.getRegressions().size() == 0;
}

exit_status status_of(wire::UpgradeCheck::Reader check) {
  // Only a verdict that is known to be safe opens a gate.
  return says_nothing(check) ? exit_status::inconclusive : exit_status_of(check.getVerdict());
}

/// A value with its unit; "-" without a value.
std::string quantity(double value, const char* unit) {
  auto number = format_number(value);
  return std::isnan(value) || *unit == '\0' ? number : number + " " + unit;
}

std::string full_name(const char* adapter, const char* metric) {
  std::string name = adapter;
  return name.empty() || *metric == '\0' ? name + metric : name + "." + metric;
}

/// How a metric with a floor was judged; empty for others.
std::string floor_of(wire::MetricChange::Reader change) {
  if (std::isnan(change.getFloor()))
    return {};
  bool is_lowest = change.getDirection() == wire::Direction::HIGHER;
  return (is_lowest ? "floor " : "ceiling ") + quantity(change.getFloor(), change.getUnit().cStr());
}

void add_changes(table& rows, const char* kind, capnp::List<wire::MetricChange>::Reader changes) {
  for (auto change : changes)
    rows.add_row({kind, full_name(change.getAdapter().cStr(), change.getMetric().cStr()),
                  quantity(change.getOld(), change.getUnit().cStr()),
                  quantity(change.getNew(), change.getUnit().cStr()), format_percent(change.getChangePct()),
                  name_of(change.getDirection()), floor_of(change)});
}

/// Blocking entries explain an inconclusive verdict; the others were only left out of the comparison.
void add_missing(table& rows, capnp::List<wire::MissingMetric>::Reader all) {
  for (auto missing : all)
    rows.add_row({missing.getBlocks() ? "inconclusive" : "left out",
                  full_name(missing.getAdapter().cStr(), missing.getMetric().cStr()),
                  quantity(missing.getOld(), missing.getOldUnit().cStr()),
                  quantity(missing.getNew(), missing.getNewUnit().cStr()), "", "", missing.getReason().cStr()});
}

std::string describe_side(const char* which, bool is_known, wire::MeasuredSide::Reader side) {
  std::string reason = side.getReason().cStr();
  return std::string{which} + " " + (is_known ? name_of(side.getQuality()) : "unknown") +
         (reason.empty() ? "" : " (" + reason + ")");
}

/// How the adapters measured that ran on a GPU.
void show_measured(wire::UpgradeCheck::Reader check, output& out) {
  for (auto adapter : check.getMeasured())
    out.line(std::string{"Measured "} + adapter.getAdapter().cStr() + ": " +
             describe_side("old", adapter.hasOld(), adapter.getOld()) + ", " +
             describe_side("new", adapter.hasNew(), adapter.getNew()));
}

void show_check(wire::UpgradeCheck::Reader check, output& out) {
  out.line("Verdict  " + name_of(check.getVerdict()) + " (policy " + name_of(check.getPolicy()) + ", " +
           std::to_string(check.getCompared()) + " metrics compared)");
  if (check.hasReason())
    out.line(std::string{"Reason   "} + check.getReason().cStr());
  show_measured(check, out);
  table rows{{text_column("FINDING"), text_column("METRIC"), number_column("OLD"), number_column("NEW"),
              number_column("CHANGE"), text_column("BETTER"), text_column("WHY")}};
  add_changes(rows, "regressed", check.getRegressions());
  add_missing(rows, check.getMissing());
  add_changes(rows, "improved", check.getImprovements());
  add_changes(rows, "no gate", check.getUngated());
  if (!rows.empty()) {
    out.line("");
    out.print(rows);
  }
  if (check.getLeftOut() > 0)
    out.line(std::to_string(check.getLeftOut()) + " more findings are not listed.");
  show_judgements(check.getJudgements(), out);
}

void warn_if_nothing_was_compared(wire::UpgradeCheck::Reader check, const output& out) {
  if (says_nothing(check) && check.getVerdict() != wire::Verdict::INCONCLUSIVE)
    out.remark("warning: no metric was compared, so \"" + name_of(check.getVerdict()) +
               "\" says nothing here, and the exit status is 2; is there a snapshot of both versions? "
               "'hivectl snapshot list' shows them. The default policy, strict, says inconclusive");
}

/// The reasoning in sentences, one a line, as a comment on a change has it.
outcome explain(session& s, const check_question& question) {
  auto answer = s.node.ask<wire::UpgradeCheck>({.path = path_of(question)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    for (auto sentence : (*answer)->getExplanation())
      s.out.line(sentence.cStr());
  });
  return status_of(**answer);
}

/// The answer, which is also in the document where one is written.
caf::expected<msg<wire::UpgradeCheck>> ask(session& s, const check_options& options) {
  if (options.document.empty())
    return s.node.ask<wire::UpgradeCheck>({.path = path_of(options.question)});
  auto document = write_document(s, options.question, options.document);
  if (!document)
    return document.error();
  return msg<wire::UpgradeCheck>::copy_of((*document)->getResult());
}

outcome check(session& s, const check_options& options) {
  auto answer = ask(s, options);
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_check(**answer, s.out); });
  warn_if_nothing_was_compared(**answer, s.out);
  return status_of(**answer);
}

void add_options(CLI::App& command, check_question& options, const char* default_policy) {
  command.add_option("OLD", options.old_version, "The version in use")->required()->check(valid_id());
  command.add_option("NEW", options.new_version, "The version that would replace it")->required()->check(valid_id());
  command
    .add_option("--policy", options.policy,
                std::string{"strict: what is missing or not comparable is inconclusive; threshold: 5% on what both "
                            "versions measured, what is missing does not count; statistical: tells noise from a "
                            "regression by the samples, best after 'hivectl upgrade measure' (default: "} +
                  default_policy + ")")
    ->check(CLI::IsMember({"threshold", "strict", "statistical"}));
  command.add_option("--track", options.track, "Line of versions, for policy statistical (default: main)")
    ->check(valid_id());
}

void add_check(CLI::App& group, context& ctx) {
  auto options = std::make_shared<check_options>();
  auto& command = *group.add_subcommand("check", "Judge whether NEW may replace OLD on this node");
  add_options(command, options->question, "strict");
  command.add_option("--document", options->document,
                     "File for the verdict document: inputs by hash, rules and answer, for 'verify'");
  ctx.on(command, [options](session& s) { return check(s, *options); });
}

void add_explain(CLI::App& group, context& ctx) {
  auto options = std::make_shared<check_question>();
  options->policy = "statistical";
  auto& command = *group.add_subcommand("explain", "Say in sentences how NEW is judged against OLD, and why");
  add_options(command, *options, "statistical");
  ctx.on(command, [options](session& s) { return explain(s, *options); });
}

} // namespace

void add_upgrade_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "upgrade", "Whether one version may replace another", upgrade_examples);
  add_check(group, ctx);
  add_explain(group, ctx);
  add_measure_commands(group, ctx);
  add_document_commands(group, ctx);
  add_cluster_commands(group, ctx);
}

} // namespace hive::ctl
