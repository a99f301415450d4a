#include "analysis/change_points.hpp"
#include "analysis/sequential_gate.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/judgement_view.hpp"
#include "apps/hivectl/number_columns.hpp"
#include "apps/hivectl/sparkline.hpp"
#include "messages/analyze.capnp.h"
#include "messages/json.hpp"

#include <cmath>
#include <fmt/format.h>

namespace hive::ctl {
namespace {

constexpr size_t max_file_bytes = size_t{64} << 20;

constexpr auto analyze_examples =
  "Examples:\n"
  "  hivectl analyze pairs pairs.csv --better lower\n"
  "  echo '{\"old\":[…],\"new\":[…],\"better\":\"higher\",\"margin\":0.05}' | hivectl analyze pairs -\n"
  "  hivectl analyze changes nightly.csv --json\n"
  "'pairs' ends with 0 when the change is safe, 1 when it is a regression, 2 when the pairs do not tell.\n"
  "No node is asked: the judgement is that of policy statistical.";

struct pairs_options {
  std::string file;
  std::string better = "lower";
  double margin = 0.05;
  uint32_t metrics = 1;
  bool long_form = false;
};

bool is_json(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

template <class T>
caf::expected<msg<T>> read_json(const std::string& file, const std::string& text) {
  json_error why;
  if (auto read = from_json<T>(text, why))
    return *read;
  return fail(ec::invalid, file + ": " + why.message());
}

caf::expected<msg<wire::PairsFile>> read_pairs(const pairs_options& options) {
  auto text = read_file(options.file, max_file_bytes);
  if (!text)
    return text.error();
  if (is_json(*text))
    return read_json<wire::PairsFile>(options.file, *text);
  auto columns = read_number_columns(options.file, *text, 2);
  if (!columns)
    return columns.error();
  return msg<wire::PairsFile>::build([&](wire::PairsFile::Builder out) {
    fill((*columns)[0], out.initOld(static_cast<uint32_t>((*columns)[0].size())));
    fill((*columns)[1], out.initNew(static_cast<uint32_t>((*columns)[1].size())));
    out.setBetter(options.better == "lower" ? wire::Direction::LOWER : wire::Direction::HIGHER);
    out.setMargin(options.margin);
    out.setMetrics(options.metrics);
    out.setLong(options.long_form);
  });
}

std::string json_number(double value) {
  if (std::isinf(value))
    return value > 0 ? "\"inf\"" : "\"-inf\"";
  return fmt::format("{}", value);
}

/// What the tail guard did; empty where the bounds decided.
std::string guard_text(const analysis::gate_result& result) {
  const auto& tail = result.tail;
  auto spikes = fmt::format("{} new spikes, {} old ones (p = {:.4g})", tail.new_spikes, tail.old_spikes, tail.p);
  switch (result.reason) {
  case analysis::gate_reason::mean_beyond_margin:
    return fmt::format("withholds safe: the means differ by more than the margin ({:.4g})", tail.mean_change);
  case analysis::gate_reason::spikes_suspected:
    return "withholds safe: " + spikes;
  case analysis::gate_reason::more_spikes:
    return "regressed: " + spikes;
  default:
    return {};
  }
}

void write(const analysis::look_result& from, wire::PairsLook::Builder out) {
  out.setN(from.pairs);
  out.setAlpha(from.level);
  out.setRho(from.rho);
  out.setVif(from.inflation);
  out.setEstimate(from.estimate);
  out.setLower(json_number(from.lower));
  out.setUpper(json_number(from.upper));
  out.setPSafe(from.p_safe);
  out.setPRegressed(from.p_regressed);
  out.setState(static_cast<wire::Verdict>(from.decided));
}

msg<wire::PairsAnalysis> describe(const analysis::gate_result& result) {
  return msg<wire::PairsAnalysis>::build([&](wire::PairsAnalysis::Builder out) {
    out.setDecision(static_cast<wire::Verdict>(result.decided));
    out.setPairs(result.pairs_used);
    auto looks = out.initLooks(static_cast<uint32_t>(result.looks.size()));
    for (uint32_t i = 0; i < looks.size(); ++i)
      write(result.looks[i], looks[i]);
    if (auto guard = guard_text(result); !guard.empty())
      out.setGuard(guard);
    out.setReason(std::string{analysis::name_of(result.reason)});
    if (!result.looks.empty())
      out.setChange(analysis::readable_change(result.looks.back().estimate, result.scale));
    if (result.pairs_still_needed)
      out.setPairsNeeded(result.pairs_used + *result.pairs_still_needed);
  });
}

analysis::gate_result judge(wire::PairsFile::Reader file) {
  analysis::gate_options options;
  options.margin = file.getMargin();
  options.absolute_margin = file.getAbsoluteMargin();
  options.better = static_cast<analysis::direction>(file.getBetter());
  options.resolution = file.getResolution();
  options.plan = file.getLong() ? analysis::look_plan::long_form : analysis::look_plan::short_form;
  options.critical_metrics = file.getMetrics();
  return analysis::judge_pairs(to_vector(file.getOld()), to_vector(file.getNew()), options);
}

void show(wire::PairsAnalysis::Reader analysis, output& out) {
  out.line("Decision  " + name_of(analysis.getDecision()) + " (" + analysis.getReason().cStr() + ")");
  out.line("Pairs     " + std::to_string(analysis.getPairs()) +
           (analysis.getPairsNeeded() > 0
              ? " of about " + std::to_string(analysis.getPairsNeeded()) + " that would decide"
              : ""));
  if (analysis.hasGuard())
    out.line("Tail      " + std::string{analysis.getGuard().cStr()});
  table rows{{number_column("PAIRS"), number_column("LEVEL"), number_column("RHO"), number_column("LOWER"),
              number_column("ESTIMATE"), number_column("UPPER"), number_column("P SAFE"), number_column("P REGRESSED"),
              text_column("STATE")}};
  for (auto look : analysis.getLooks())
    rows.add_row({std::to_string(look.getN()), format_number(look.getAlpha()), format_number(look.getRho()),
                  look.getLower().cStr(), format_number(look.getEstimate()), look.getUpper().cStr(),
                  format_number(look.getPSafe()), format_number(look.getPRegressed()), name_of(look.getState())});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

outcome analyze_pairs(session& s, const pairs_options& options) {
  auto file = read_pairs(options);
  if (!file)
    return file.error();
  if ((*file)->getOld().size() != (*file)->getNew().size())
    return fail(ec::invalid, options.file + ": there are " + std::to_string((*file)->getOld().size()) +
                               " old values and " + std::to_string((*file)->getNew().size()) +
                               " new ones, and each pair has one of both");
  auto analysis = describe(judge(**file));
  s.out.answer(analysis, [&] { show(*analysis, s.out); });
  return exit_status_of(analysis->getDecision());
}

// -- changes ---------------------------------------------------------------------------

caf::expected<std::vector<double>> read_series(const std::string& path) {
  auto text = read_file(path, max_file_bytes);
  if (!text)
    return text.error();
  if (!is_json(*text)) {
    auto columns = read_number_columns(path, *text, 1);
    if (!columns)
      return columns.error();
    return std::move(columns->front());
  }
  auto file = read_json<wire::SeriesFile>(path, *text);
  if (!file)
    return file.error();
  return to_vector((*file)->getValues());
}

msg<wire::SeriesAnalysis> describe(const analysis::history_changes& found) {
  auto set_indices = [](const auto& from, auto to) {
    for (uint32_t i = 0; i < to.size(); ++i)
      to.set(i, static_cast<uint32_t>(from[i].index));
  };
  return msg<wire::SeriesAnalysis>::build([&](wire::SeriesAnalysis::Builder out) {
    auto size = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
    set_indices(found.changes, out.initChangePoints(size(found.changes)));
    set_indices(found.spikes, out.initSpikes(size(found.spikes)));
    set_indices(found.variance_changes, out.initVarianceChanges(size(found.variance_changes)));
    auto steps = out.initSteps(size(found.changes));
    for (uint32_t i = 0; i < steps.size(); ++i) {
      steps[i].setIndex(static_cast<uint32_t>(found.changes[i].index));
      steps[i].setBefore(found.changes[i].before);
      steps[i].setAfter(found.changes[i].after);
      steps[i].setP(found.changes[i].p);
    }
    if (found.drift) {
      out.initDrift().setSlope(found.drift->slope);
      out.getDrift().setTotal(found.drift->total);
      out.getDrift().setP(found.drift->p);
    }
  });
}

void show(std::span<const double> values, wire::SeriesAnalysis::Reader analysis, session& s) {
  constexpr size_t shown = 60;
  s.out.line(sparkline(values.last(std::min(values.size(), shown)), s.set));
  if (analysis.hasDrift())
    s.out.line("Drift: " + format_number(analysis.getDrift().getSlope()) + " per value, " +
               format_number(analysis.getDrift().getTotal()) + " in all.");
  table rows{{number_column("INDEX"), number_column("BEFORE"), number_column("AFTER"), number_column("CHANGE"),
              number_column("P")}};
  for (auto step : analysis.getSteps())
    rows.add_row({std::to_string(step.getIndex()), format_number(step.getBefore()), format_number(step.getAfter()),
                  step.getBefore() == 0
                    ? "-"
                    : format_percent((step.getAfter() - step.getBefore()) / std::abs(step.getBefore()) * 100),
                  format_number(step.getP())});
  if (!rows.empty())
    s.out.print(rows);
  else if (!analysis.hasDrift())
    s.out.line("No change.");
  for (auto spike : analysis.getSpikes())
    s.out.line("Spike at index " + std::to_string(spike) + ".");
  for (auto change : analysis.getVarianceChanges())
    s.out.line("The noise changes at index " + std::to_string(change) + ".");
}

outcome analyze_changes(session& s, const std::string& file) {
  auto values = read_series(file);
  if (!values)
    return values.error();
  auto found = analysis::find_changes(*values);
  if (auto* refused = std::get_if<analysis::refusal>(&found))
    return fail(ec::invalid, file + ": " + refused->text);
  auto analysis = describe(std::get<analysis::history_changes>(found));
  s.out.answer(analysis, [&] { show(*values, *analysis, s); });
  return exit_status::done;
}

} // namespace

void add_analyze_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "analyze", "Judge numbers in files, without a node", analyze_examples);
  auto options = std::make_shared<pairs_options>();
  auto& pairs = *group.add_subcommand("pairs", "Whether the second of each pair is worse than the first");
  pairs
    .add_option("FILE", options->file, "JSON {old, new, better, margin}, or two columns of CSV; - reads standard input")
    ->required();
  pairs.add_option("--better", options->better, "Of CSV: lower (default) or higher")
    ->check(CLI::IsMember({"lower", "higher"}));
  pairs.add_option("--margin", options->margin, "Of CSV: tolerated change for the worse, as a share (default: 0.05)")
    ->check(CLI::Range(0.0, 0.95));
  pairs.add_option("--metrics", options->metrics, "Of CSV: critical metrics that are judged together (default: 1)")
    ->check(CLI::Range(1, 100000));
  pairs.add_flag("--long", options->long_form, "Of CSV: looks for noisy metrics, up to 120 pairs");
  ctx.on(pairs, [options](session& s) { return analyze_pairs(s, *options); });
  auto file = std::make_shared<std::string>();
  auto& changes = *group.add_subcommand("changes", "When a series of values changed its level, drifted or had spikes");
  changes.add_option("FILE", *file, "JSON {values}, or one column; - reads standard input")->required();
  ctx.on(changes, [file](session& s) { return analyze_changes(s, *file); });
}

} // namespace hive::ctl
