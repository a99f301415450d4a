#include "actors/upgrade/verdict/document_rules.hpp"

#include "actors/defaults.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace hive {
namespace {

using environment_fields = analysis::environment_fields;
using field = analysis::environment_field;

// A setting is its value behind `unset`.
static_assert(static_cast<int>(wire::Setting::YES) == 2);
static_assert(static_cast<int>(wire::KindSetting::RATIO) == static_cast<int>(analysis::metric_kind::ratio) + 1);
static_assert(static_cast<int>(wire::MetricKind::RATIO) == static_cast<int>(analysis::metric_kind::ratio));

constexpr double not_set = analysis::no_margin;

std::optional<double> number_of(double value) {
  return std::isnan(value) ? std::nullopt : std::optional{value};
}

wire::Setting setting_of(std::optional<bool> value) {
  return value ? *value ? wire::Setting::YES : wire::Setting::NO : wire::Setting::UNSET;
}

std::optional<bool> value_of(wire::Setting setting) {
  return setting == wire::Setting::UNSET ? std::nullopt : std::optional{setting == wire::Setting::YES};
}

std::vector<std::string> names_of(environment_fields fields) {
  std::vector<std::string> out;
  for (int i = 0; i <= static_cast<int>(field::unlisted); ++i)
    if (fields.contains(static_cast<field>(i)))
      out.emplace_back(name_of(static_cast<field>(i)));
  return out;
}

void put(const std::vector<std::string>& names, capnp::List<capnp::Text>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i)
    out.set(i, names[i]);
}

void write(const analysis::configured_rules& from, wire::ConfiguredRules::Builder out) {
  out.setName(from.pattern);
  out.setMargin(from.margin.value_or(not_set));
  out.setAbsoluteMargin(from.absolute_margin.value_or(not_set));
  out.setResolution(from.resolution.value_or(not_set));
  if (from.kind)
    out.setKind(static_cast<wire::KindSetting>(static_cast<int>(*from.kind) + 1));
  out.setAdvisory(setting_of(from.advisory));
  out.setGate(setting_of(from.gate));
  if (!from.same_environment)
    return;
  auto names = names_of(*from.same_environment); // a list that is empty differs from none
  put(names, out.initSameEnvironment(static_cast<uint32_t>(names.size())));
}

analysis::configured_rules read(wire::ConfiguredRules::Reader from) {
  analysis::configured_rules out{std::string{as_view(from.getName())}};
  out.margin = number_of(from.getMargin());
  out.absolute_margin = number_of(from.getAbsoluteMargin());
  out.resolution = number_of(from.getResolution());
  if (from.getKind() != wire::KindSetting::UNSET)
    out.kind = static_cast<analysis::metric_kind>(static_cast<int>(from.getKind()) - 1);
  out.advisory = value_of(from.getAdvisory());
  out.gate = value_of(from.getGate());
  if (!from.hasSameEnvironment())
    return out;
  out.same_environment.emplace();
  for (auto name : from.getSameEnvironment())
    out.same_environment->add(analysis::find_environment_field(as_view(name)).value_or(field::unlisted));
  return out;
}

// -- effective rules -------------------------------------------------------------------

using metric_name = std::pair<std::string_view, std::string_view>; ///< adapter and metric

struct judged_by {
  wire::RunSide side;
  const analysis::metric_point* metric;
};

bool is_same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool have_same_rules(const analysis::metric_point& a, const analysis::metric_point& b) {
  return a.gate == b.gate && is_same(a.absolute_margin, b.absolute_margin) && is_same(a.floor, b.floor) &&
         a.same_environment == b.same_environment && a.margin == b.margin && a.resolution == b.resolution &&
         a.kind == b.kind && a.advisory == b.advisory;
}

std::vector<judged_by> list_rules(const version_comparison& compared) {
  std::vector<judged_by> out;
  std::map<metric_name, const analysis::metric_point*> old_ones;
  for (const auto& metric : compared.metrics(wire::RunSide::OLD)) {
    old_ones.emplace(metric_name{metric.adapter, metric.name}, &metric);
    out.push_back({wire::RunSide::OLD, &metric});
  }
  for (auto side : {wire::RunSide::NEW, wire::RunSide::REFERENCE})
    for (const auto& metric : compared.metrics(side)) {
      auto old_one = old_ones.find({metric.adapter, metric.name});
      if (old_one == old_ones.end() || !have_same_rules(*old_one->second, metric))
        out.push_back({side, &metric});
    }
  return out;
}

/// Only the rules that the policy uses.
void write(const judged_by& from, wire::Policy policy, wire::MetricRules::Builder out) {
  const auto& metric = *from.metric;
  out.setSide(from.side);
  out.setAdapter(std::string{metric.adapter});
  out.setMetric(std::string{metric.name});
  out.setGate(metric.gate);
  out.setFloor(metric.floor);
  if (policy == wire::Policy::THRESHOLD)
    return;
  out.setAbsoluteMargin(metric.absolute_margin);
  if (auto names = names_of(metric.same_environment); !names.empty())
    put(names, out.initSameEnvironment(static_cast<uint32_t>(names.size())));
  if (policy != wire::Policy::STATISTICAL)
    return;
  out.setMargin(metric.margin);
  out.setResolution(metric.resolution);
  out.setKind(static_cast<wire::MetricKind>(metric.kind));
  out.setAdvisory(metric.advisory);
}

} // namespace

void write_configured(configured_rules rules, wire::VerdictDocument::Builder out) {
  if (rules.empty())
    return;
  auto list = out.initConfigured(static_cast<uint32_t>(rules.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    write(rules[i], list[i]);
}

std::vector<analysis::configured_rules> read_configured(wire::VerdictDocument::Reader document) {
  std::vector<analysis::configured_rules> out;
  for (auto rules : document.getConfigured())
    out.push_back(read(rules));
  return out;
}

void write_rules(const version_comparison& compared, wire::Policy policy, wire::VerdictDocument::Builder out) {
  auto all = list_rules(compared);
  auto listed = std::min(all.size(), defaults::max_listed_findings);
  out.setRulesLeftOut(static_cast<uint32_t>(all.size() - listed));
  if (all.empty())
    return;
  auto list = out.initRules(static_cast<uint32_t>(listed));
  for (uint32_t i = 0; i < list.size(); ++i)
    write(all[i], policy, list[i]);
}

} // namespace hive
