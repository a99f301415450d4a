#include "actors/upgrade/verdict/value_explanation.hpp"

#include "actors/upgrade/verdict/told.hpp"
#include "analysis/verdict.hpp"
#include "analysis/verdict_reason.hpp"
#include "messages/text.hpp"

#include <cmath>
#include <fmt/format.h>
#include <set>

namespace hive {
namespace {

using changed_metric = wire::MetricChange::Reader;
using name_pair = std::pair<std::string_view, std::string_view>;

const auto tolerated_share = fmt::format("{:g}%", analysis::regression_share * 100);

std::string value_of(changed_metric of, double value) {
  return analysis::describe_value(value, as_view(of.getUnit()));
}

bool has_floor(changed_metric of) {
  return !std::isnan(of.getFloor());
}

bool is_better_when_higher(changed_metric of) {
  return of.getDirection() == wire::Direction::HIGHER;
}

/// "100 ms to 108 ms (+8.0%)".
std::string movement(changed_metric of) {
  auto out = value_of(of, of.getOld()) + " to " + value_of(of, of.getNew());
  return std::isnan(of.getChangePct()) ? out : out + fmt::format(" ({:+.1f}%)", of.getChangePct());
}

/// The values that would be no regression.
std::string passing_values(changed_metric of) {
  auto limit = [&](double value) {
    return value_of(of, value) + (is_better_when_higher(of) ? " or more" : " or less");
  };
  if (has_floor(of))
    return limit(of.getFloor());
  if (of.getOld() > 0)
    return limit(of.getOld() * (1 + (is_better_when_higher(of) ? -1 : 1) * analysis::regression_share));
  return "a change within its absolute_margin";
}

std::string about_regressed(changed_metric of) {
  auto name = told_name(of.getAdapter(), of.getMetric());
  if (has_floor(of))
    return fmt::format("{} went from {}, beyond its {} of {}.", name, movement(of),
                       is_better_when_higher(of) ? "floor" : "ceiling", value_of(of, of.getFloor()));
  return fmt::format("{} went from {}: worse by more than the tolerated {}.", name, movement(of),
                     of.getOld() > 0 ? tolerated_share : "absolute_margin");
}

std::string about_missing(wire::MissingMetric::Reader of) {
  auto name = told_name(of.getAdapter(), of.getMetric());
  return (name.empty() ? "" : name + ": ") + std::string{as_view(of.getReason())} + ".";
}

/// Metrics about which judgements of samples tell.
std::set<name_pair> judged_by_samples(wire::UpgradeCheck::Reader check) {
  std::set<name_pair> out;
  for (auto each : check.getJudgements())
    out.emplace(as_view(each.getAdapter()), as_view(each.getMetric()));
  return out;
}

/// Tells the first of the findings that count and that no judgement tells of.
template <class Findings, class Counts, class Tell>
void tell_first(Findings findings, const std::set<name_pair>& told_elsewhere, const char* what, Counts counts,
                Tell tell, std::vector<std::string>& out) {
  size_t told = 0, more = 0;
  auto is_told_elsewhere = [&](const auto& each) {
    return !told_elsewhere.empty() && told_elsewhere.contains({as_view(each.getAdapter()), as_view(each.getMetric())});
  };
  for (auto each : findings) {
    if (!counts(each) || is_told_elsewhere(each))
      continue;
    if (told++ < most_told)
      out.push_back(tell(each));
    else
      ++more;
  }
  if (more > 0)
    out.push_back(fmt::format("{} more {}.", more, what));
}

uint32_t count_left_out(wire::UpgradeCheck::Reader check) {
  uint32_t out = 0;
  for (auto each : check.getMissing())
    out += each.getBlocks() ? 0 : 1;
  return out;
}

std::string weakness(wire::UpgradeCheck::Reader check) {
  return fmt::format("Each version counts with the means of its newest capture alone, so noise counts as a change: "
                     "'hivectl upgrade measure {} {}' and policy statistical tell noise from a regression.",
                     as_view(check.getOld()), as_view(check.getNew()));
}

std::string other_answer(wire::UpgradeCheck::Reader check) {
  auto regressions = check.getRegressions();
  switch (check.getVerdict()) {
  case wire::Verdict::SAFE:
    return "the verdict would be regressed if any metric got worse by more than " + tolerated_share +
           " of its old value, or beyond its own floor or absolute_margin.";
  case wire::Verdict::INCONCLUSIVE:
    return "all that is missing would have to be measured on both versions in a comparable way, and nothing be worse.";
  case wire::Verdict::REGRESSED:
    break;
  }
  if (regressions.size() == 0)
    return "nothing could be told.";
  auto first = regressions[0];
  auto out = fmt::format("{} would be no regression at {}", told_name(first.getAdapter(), first.getMetric()),
                         passing_values(first));
  return regressions.size() == 1 ? out + "." : out + ", and the others likewise.";
}

} // namespace

void tell_values(wire::UpgradeCheck::Reader check, std::vector<std::string>& out) {
  auto told_elsewhere = judged_by_samples(check);
  auto always = [](changed_metric) { return true; };
  auto blocks = [](wire::MissingMetric::Reader each) { return each.getBlocks(); };
  tell_first(check.getRegressions(), told_elsewhere, "metrics regressed", always, about_regressed, out);
  tell_first(check.getMissing(), told_elsewhere, "could not be judged", blocks, about_missing, out);
  if (auto left_out = count_left_out(check); left_out > 0)
    out.push_back(fmt::format("{} that could not be compared {} for nothing here.",
                              left_out == 1 ? "1 metric or adapter" : fmt::format("{} metrics or adapters", left_out),
                              left_out == 1 ? "counts" : "count"));
}

void tell_other_answer_by_value(wire::UpgradeCheck::Reader check, std::vector<std::string>& out) {
  if (check.getCompared() > 0)
    out.push_back(weakness(check));
  out.push_back("For the other answer: " + other_answer(check));
}

} // namespace hive
