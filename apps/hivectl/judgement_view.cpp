#include "apps/hivectl/judgement_view.hpp"

#include "analysis/gate_options.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/table.hpp"

#include <cmath>

namespace hive::ctl {
namespace {

std::string change(wire::MetricJudgement::Reader of, double value) {
  if (std::isnan(value))
    return "-";
  return of.getAbsolute() ? format_number(value) + " " + of.getUnit().cStr() : format_percent(value);
}

std::string interval(wire::MetricJudgement::Reader of) {
  if (std::isnan(of.getLow()) && std::isnan(of.getHigh()))
    return "-";
  return change(of, of.getLow()) + " … " + change(of, of.getHigh());
}

std::string pairs(wire::MetricJudgement::Reader of) {
  auto out = std::to_string(of.getPairs());
  if (of.getLeftOut() > 0)
    out += " (" + std::to_string(of.getLeftOut()) + " left out)";
  if (of.getPairsNeeded() > 0)
    out += of.getPairsNeeded() > analysis::most_useful_pairs
             ? " of more than " + std::to_string(analysis::most_useful_pairs)
             : " of about " + std::to_string(of.getPairsNeeded());
  return out;
}

std::string why(wire::MetricJudgement::Reader of) {
  std::string out = of.getReason().cStr();
  if (of.hasGuard())
    out += (out.empty() ? "" : "; ") + std::string{of.getGuard().cStr()};
  return out.empty() ? "-" : out;
}

} // namespace

exit_status exit_status_of(wire::Verdict verdict) {
  switch (verdict) {
  case wire::Verdict::SAFE:
    return exit_status::done;
  case wire::Verdict::REGRESSED:
    return exit_status::rejected;
  case wire::Verdict::INCONCLUSIVE:
    break;
  }
  return exit_status::inconclusive;
}

exit_status worse_of(exit_status a, exit_status b) {
  for (auto worst : {exit_status::rejected, exit_status::inconclusive})
    if (a == worst || b == worst)
      return worst;
  return a;
}

void show_judgements(capnp::List<wire::MetricJudgement>::Reader judgements, output& out) {
  table rows{{text_column("DECISION"), text_column("METRIC"), text_column("AGAINST"), number_column("CHANGE"),
              text_column("INTERVAL"), number_column("MARGIN"), number_column("PAIRS"), text_column("WHY")}};
  for (auto each : judgements)
    rows.add_row({name_of(each.getDecision()) + (each.getAdvisory() ? " (advisory)" : ""),
                  std::string{each.getAdapter().cStr()} + "." + each.getMetric().cStr(), each.getAgainst().cStr(),
                  change(each, each.getChange()), interval(each), change(each, each.getMargin()), pairs(each),
                  why(each)});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

} // namespace hive::ctl
