#include "actors/upgrade/judge.hpp"

#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/verdict/check_answer.hpp"
#include "actors/upgrade/verdict/measured_points.hpp"
#include "actors/upgrade/verdict/statistical.hpp"
#include "analysis/contention.hpp"
#include "analysis/reference_rule.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive {
namespace {

/// A side of a measurement, of which all sides are measured on this machine.
struct measured_side {
  measured_side(wire::PairedMeasurement::Reader measurement, const measured_versions& measured, wire::RunSide which,
                configured_rules rules)
      : version{version_of(measurement, which)}, metrics{points_of(measured, which, rules)} {
  }

  analysis::version_points points() const {
    analysis::version_points out;
    out.present = true;
    out.version = version;
    out.metrics = metrics;
    return out;
  }

  std::string version;
  std::vector<analysis::metric_point> metrics;
};

bool is_against(wire::MetricJudgement::Reader judged, std::string_view version) {
  return as_view(judged.getAgainst()) == version;
}

analysis::run_contention contention_of(wire::MeasuredRun::Reader run) {
  auto seen = run.getContention();
  return {as_view(run.getVersion()), seen.getSteal(),   seen.getPressure(), seen.getLoad(),
          seen.getThrottled(),       seen.getCaptures()};
}

double or_one(double p) {
  return std::isnan(p) ? 1 : p;
}

} // namespace

msg<wire::UpgradeCheck> judge_measurement(wire::PairedMeasurement::Reader measurement,
                                          const measured_versions& measured, configured_rules rules) {
  using enum wire::RunSide;
  measured_side old_side{measurement, measured, OLD, rules}, new_side{measurement, measured, NEW, rules};
  std::optional<measured_side> reference;
  if (measurement.hasReference())
    reference.emplace(measurement, measured, REFERENCE, rules);
  auto compared = compare_statistically(old_side.points(), new_side.points(),
                                        reference ? std::optional{reference->points()} : std::nullopt,
                                        measurement_record::plan_of(measurement));
  return compared.answer([&](wire::UpgradeCheck::Builder out) {
    out.setOld(measurement.getRequest().getOld());
    out.setNew(measurement.getRequest().getNew());
    out.setTrack(measurement.getRequest().getTrack());
    if (reference)
      out.setReference(reference->version);
    out.setMeasurement(measurement.getId());
  });
}

std::string disturbance_of(std::span<const msg<wire::MeasuredRun>> runs, uint32_t processors) {
  for (const auto& run : runs)
    if (run->getError().size() > 0)
      return "a run failed";
  for (const auto& run : runs)
    for (auto reason : run->getDisturbed())
      return std::string{as_view(reason)};
  for (size_t i = 1; i < runs.size(); ++i) {
    auto reasons = analysis::disturbances_between(contention_of(*runs[i - 1]), contention_of(*runs[i]), processors);
    if (!reasons.empty())
      return reasons.front();
  }
  return {};
}

std::optional<better_version> find_better(wire::PairedMeasurement::Reader ended) {
  std::string than = ended.hasReference() ? ended.getReference().cStr() : ended.getRequest().getOld().cStr();
  std::string version = ended.getRequest().getNew().cStr();
  if (ended.getVerdict() != wire::Verdict::SAFE || version == than)
    return std::nullopt;
  std::vector<analysis::reference_evidence> critical;
  for (auto judged : ended.getJudgements())
    if (!judged.getAdvisory() && is_against(judged, than))
      critical.push_back({static_cast<analysis::verdict>(judged.getDecision()), or_one(judged.getPBetter()),
                          or_one(judged.getPWorse())});
  if (analysis::judge_reference(critical, false) != analysis::reference_step::moves_as_better)
    return std::nullopt;
  return better_version{ended.getRequest().getTrack().cStr(), version, than,
                        "it is better than " + than + " by measurement " + ended.getId().cStr(), ended.getId().cStr()};
}

} // namespace hive
