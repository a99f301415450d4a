#include "actors/upgrade/verdict/explanation.hpp"

#include "actors/upgrade/verdict/told.hpp"
#include "actors/upgrade/verdict/value_explanation.hpp"
#include "analysis/gate_options.hpp"
#include "messages/check.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace hive {
namespace {

using judged_metric = wire::MetricJudgement::Reader;

std::string name_of(judged_metric of) {
  return told_name(of.getAdapter(), of.getMetric());
}

std::string amount(judged_metric of, double value) {
  return of.getAbsolute() ? fmt::format("{:.4g} {}", value, as_view(of.getUnit())) : fmt::format("{:.2f}%", value);
}

std::string signed_amount(judged_metric of, double value) {
  return (value > 0 ? "+" : "") + amount(of, value);
}

/// "rose by 8.10%": the estimate.
std::string movement(judged_metric of) {
  if (std::isnan(of.getChange()))
    return "was measured";
  if (of.getChange() == 0)
    return "did not change";
  return std::string{of.getChange() > 0 ? "rose by " : "fell by "} + amount(of, std::abs(of.getChange()));
}

std::string interval(judged_metric of) {
  auto end = [&](double value) { return std::isnan(value) ? std::string{"no bound"} : signed_amount(of, value); };
  return "between " + end(of.getLow()) + " and " + end(of.getHigh());
}

std::string basis(judged_metric of) {
  auto out = std::to_string(of.getPairs()) +
             (of.getBasis() == wire::JudgementBasis::PAIRS ? " pairs" : " stored samples of the smaller side");
  if (of.getLeftOut() > 0)
    out += ", without " + std::to_string(of.getLeftOut()) + " that something disturbed";
  return out;
}

std::string p_text(double p) {
  return std::isnan(p) ? "" : p < 1e-4 ? ", p below 0.0001" : fmt::format(", p = {:.4f}", p);
}

bool is_worse_when_higher(judged_metric of) {
  return of.getDirection() == wire::Direction::LOWER;
}

/// The end of the interval at which the change is worst, as an amount for the worse.
double worst_end(judged_metric of) {
  return is_worse_when_higher(of) ? of.getHigh() : -of.getLow();
}
double best_end(judged_metric of) {
  return is_worse_when_higher(of) ? of.getLow() : -of.getHigh();
}

std::string about_regressed(judged_metric of) {
  auto out =
    fmt::format("{} {} against {} ({}; {}{}): worse by more than the tolerated {}", name_of(of), movement(of),
                as_view(of.getAgainst()), interval(of), basis(of), p_text(of.getP()), amount(of, of.getMargin()));
  if (of.getReason().size() > 0)
    out += "; " + std::string{as_view(of.getReason())};
  return out + ".";
}

std::string about_inconclusive(judged_metric of) {
  auto out = fmt::format("{} {} against {} ({}; {}): {}", name_of(of), movement(of), as_view(of.getAgainst()),
                         interval(of), basis(of), as_view(of.getReason()));
  if (of.getPairsNeeded() > analysis::most_useful_pairs)
    out += fmt::format("; more than {} pairs would be needed, so only another margin or less noise decides it",
                       analysis::most_useful_pairs);
  else if (of.getPairsNeeded() > 0)
    out += fmt::format("; about {} pairs in all would decide it", of.getPairsNeeded());
  return out + ".";
}

std::string about_safe(judged_metric of) {
  return fmt::format("{} {} against {} ({}; {}), within the tolerated {}.", name_of(of), movement(of),
                     as_view(of.getAgainst()), interval(of), basis(of), amount(of, of.getMargin()));
}

/// What would have to be true for the other answer.
std::string other_answer(judged_metric of) {
  auto margin = amount(of, of.getMargin());
  switch (of.getDecision()) {
  case wire::Verdict::REGRESSED:
    return fmt::format("{} would be safe if its change for the worse were surely below {}; the best that the "
                       "measurements allow is {}.",
                       name_of(of), margin, amount(of, best_end(of)));
  case wire::Verdict::SAFE:
    return fmt::format("{} would be regressed if its change for the worse were surely above {}; the worst that the "
                       "measurements allow is {}.",
                       name_of(of), margin, amount(of, worst_end(of)));
  case wire::Verdict::INCONCLUSIVE:
    break;
  }
  if (std::isnan(of.getLow()) || std::isnan(of.getHigh()))
    return fmt::format("{} needs more measurements for any answer.", name_of(of));
  return fmt::format("{} would be safe if the worst end of its interval, {}, fell below {}, and regressed if the best "
                     "end, {}, rose above it.",
                     name_of(of), amount(of, worst_end(of)), margin, amount(of, best_end(of)));
}

/// Tells the first critical metrics with this decision; `tell` is the sentence about one.
template <class Tell>
void tell_each(wire::UpgradeCheck::Reader check, wire::Verdict decision, Tell tell, std::vector<std::string>& out) {
  size_t told = 0, more = 0;
  for (auto each : check.getJudgements()) {
    if (each.getDecision() != decision || each.getAdvisory())
      continue;
    if (told++ < most_told)
      out.push_back(tell(each));
    else
      ++more;
  }
  if (more > 0)
    out.push_back(std::to_string(more) + " more metrics are " + json_name(decision) + ".");
}

/// The verdict; its reason only where no sentence about a metric will tell it.
std::string first_sentence(wire::UpgradeCheck::Reader check) {
  auto out = fmt::format("{} → {}: {} by policy {}", as_view(check.getOld()), as_view(check.getNew()),
                         json_name(check.getVerdict()), json_name(check.getPolicy()));
  bool is_told = check.getRegressions().size() + check.getMissing().size() + check.getJudgements().size() > 0;
  bool is_told_by_its_findings = is_told && check.getVerdict() != wire::Verdict::SAFE;
  return out + (is_told_by_its_findings ? fmt::format("; {} metrics could be compared.", check.getCompared())
                                        : fmt::format(": {}.", as_view(check.getReason())));
}

void tell_weakness(wire::UpgradeCheck::Reader check, std::vector<std::string>& out) {
  auto is_of_samples = [](judged_metric of) { return of.getBasis() == wire::JudgementBasis::SAMPLES; };
  auto judgements = check.getJudgements();
  auto samples = std::count_if(judgements.begin(), judgements.end(), is_of_samples);
  if (samples > 0)
    out.push_back(fmt::format(
      "{} of {} metrics were judged by samples that were stored at different times, so a drift of the machine between "
      "them counts as a change: 'hivectl upgrade measure {} {}' measures in pairs, which is stronger.",
      samples, judgements.size(), as_view(check.getOld()), as_view(check.getNew())));
  if (check.getReference().size() > 0)
    out.push_back(fmt::format("The reference of track {} is {}: small losses of several versions add up against it.",
                              as_view(check.getTrack()), as_view(check.getReference())));
}

/// The metric that stands first decides.
void tell_other_answer(wire::UpgradeCheck::Reader check, std::vector<std::string>& out) {
  for (auto each : check.getJudgements())
    if (!each.getAdvisory() && each.getDecision() == check.getVerdict()) {
      out.push_back("For the other answer: " + other_answer(each));
      return;
    }
}

} // namespace

std::vector<std::string> explain(wire::UpgradeCheck::Reader check) {
  std::vector<std::string> out{first_sentence(check)};
  tell_values(check, out);
  if (check.getPolicy() != wire::Policy::STATISTICAL) {
    tell_other_answer_by_value(check, out);
    return out;
  }
  tell_each(check, wire::Verdict::REGRESSED, about_regressed, out);
  tell_each(check, wire::Verdict::INCONCLUSIVE, about_inconclusive, out);
  if (check.getVerdict() == wire::Verdict::SAFE)
    tell_each(check, wire::Verdict::SAFE, about_safe, out);
  tell_weakness(check, out);
  tell_other_answer(check, out);
  return out;
}

} // namespace hive
