#include "actors/upgrade/verdict/version_comparison.hpp"

#include "actors/upgrade/verdict/check_answer.hpp"
#include "actors/upgrade/verdict/explanation.hpp"
#include "actors/upgrade/verdict/measured_points.hpp"
#include "actors/upgrade/verdict/statistical.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/message.h>

namespace hive {
namespace {

/// Adapters in an answer whose evidence is told, as in its schema.
constexpr size_t max_listed_measured = 1'000;

/// Adapters with evidence on either side, those of the new side first.
std::vector<std::string_view> find_measured(const compared_side& old_side, const compared_side& new_side) {
  auto out = new_side.measured();
  for (auto adapter : old_side.measured())
    if (!new_side.find_measured(adapter))
      out.push_back(adapter);
  out.resize(std::min(out.size(), max_listed_measured));
  return out;
}

void write(const compared_side& old_side, const compared_side& new_side, wire::UpgradeCheck::Builder answer) {
  auto adapters = find_measured(old_side, new_side);
  auto out = answer.initMeasured(static_cast<uint32_t>(adapters.size()));
  auto put_side = [](const analysis::adapter_point& from, wire::MeasuredSide::Builder to) {
    to.setQuality(static_cast<wire::RunQuality>(from.measured));
    to.setReason(from.disturbance);
  };
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setAdapter(std::string{adapters[i]});
    if (const auto* old_adapter = old_side.find_measured(adapters[i]))
      put_side(*old_adapter, out[i].initOld());
    if (const auto* new_adapter = new_side.find_measured(adapters[i]))
      put_side(*new_adapter, out[i].initNew());
  }
}

void add_explanation(wire::UpgradeCheck::Builder out) {
  auto sentences = explain(out.asReader());
  auto list = out.initExplanation(static_cast<uint32_t>(sentences.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, sentences[i]);
}

bool is_statistical(wire::UpgradeQuery::Reader query) {
  return query.getPolicy() == wire::Policy::STATISTICAL;
}

} // namespace

version_comparison::version_comparison(wire::UpgradeQuery::Reader query, const check_inputs& inputs,
                                       configured_rules rules)
    : query_{query}, reference_{is_statistical(query) ? inputs.reference : std::string{}},
      old_side_{as_view(query.getOld()), inputs.old_side, query.getPolicy(), rules}, new_side_{as_view(query.getNew()),
                                                                                               inputs.new_side,
                                                                                               query.getPolicy(),
                                                                                               rules},
      reference_side_{reference_, inputs.reference_side, query.getPolicy(), rules} {
  if (is_statistical(query) && inputs.measurement)
    add_measured(inputs, rules);
}

void version_comparison::add_measured(const check_inputs& inputs, configured_rules rules) {
  const auto& measurement = **inputs.measurement;
  measurement_ = as_view(measurement.getId());
  if (measurement.getRequest().getLong())
    plan_ = analysis::look_plan::long_form;
  measured_.emplace(sides_of(measurement));
  for (const auto& round : inputs.rounds)
    measured_->add(*round);
  old_side_.add_measured(points_of(*measured_, wire::RunSide::OLD, rules));
  new_side_.add_measured(points_of(*measured_, wire::RunSide::NEW, rules));
  if (as_view(measurement.getReference()) == reference_ && !reference_.empty())
    reference_side_.add_measured(points_of(*measured_, wire::RunSide::REFERENCE, rules));
  for (const auto& round : inputs.rounds)
    add_failures(*round);
}

/// A version that fails now and then is not safe, whatever its other rounds say.
void version_comparison::add_failures(wire::MeasuredRound::Reader round) {
  for (auto run : round.getRuns()) {
    if (run.getError().size() == 0)
      continue;
    auto& failed = run.getSide() == wire::RunSide::OLD   ? old_side_
                   : run.getSide() == wire::RunSide::NEW ? new_side_
                                                         : reference_side_;
    failed.add_failure(as_view(round.getAdapter()),
                       "in pair " + std::to_string(round.getNumber()) + ": " + std::string{as_view(run.getError())});
  }
}

msg<wire::UpgradeCheck> version_comparison::answer() const {
  return is_statistical(query_) ? answer_by_samples() : answer_by_values();
}

std::span<const analysis::metric_point> version_comparison::metrics(wire::RunSide side) const {
  switch (side) {
  case wire::RunSide::OLD:
    return old_side_.points().metrics;
  case wire::RunSide::NEW:
    return new_side_.points().metrics;
  case wire::RunSide::REFERENCE:
    break;
  }
  if (reference_.empty())
    return {};
  return reference_side_.points().metrics;
}

msg<wire::UpgradeCheck> version_comparison::answer_by_values() const {
  auto result =
    analysis::check_upgrade(old_side_.points(), new_side_.points(), static_cast<analysis::policy>(query_.getPolicy()),
                            static_cast<analysis::finding_order>(query_.getOrder()));
  capnp::MallocMessageBuilder answer{words_of(result)};
  auto out = answer.initRoot<wire::UpgradeCheck>();
  out.setOld(query_.getOld());
  out.setNew(query_.getNew());
  out.setPolicy(query_.getPolicy());
  write(result, out);
  write(old_side_, new_side_, out);
  return msg<wire::UpgradeCheck>::adopt(answer);
}

msg<wire::UpgradeCheck> version_comparison::answer_by_samples() const {
  auto with_reference = reference_.empty() ? std::nullopt : std::optional{reference_side_.points()};
  auto compared = compare_statistically(old_side_.points(), new_side_.points(), with_reference, plan_,
                                        static_cast<analysis::finding_order>(query_.getOrder()));
  return compared.answer([&](wire::UpgradeCheck::Builder out) {
    out.setOld(query_.getOld());
    out.setNew(query_.getNew());
    out.setTrack(query_.getTrack());
    if (!reference_.empty())
      out.setReference(reference_);
    if (!measurement_.empty())
      out.setMeasurement(measurement_);
    write(old_side_, new_side_, out);
    add_explanation(out);
  });
}

msg<wire::UpgradeCheck> check_versions(wire::UpgradeQuery::Reader query, const check_inputs& inputs,
                                       configured_rules rules) {
  return version_comparison{query, inputs, rules}.answer();
}

} // namespace hive
