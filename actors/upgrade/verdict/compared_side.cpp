#include "actors/upgrade/verdict/compared_side.hpp"

#include "actors/upgrade/verdict/rules_of.hpp"
#include "actors/upgrade/verdict/to_environment.hpp"
#include "messages/snapshot.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace hive {
namespace {

// The analysis has no dependency on the schema; its enums mirror the schema's, in the same order.
static_assert(static_cast<int>(analysis::direction::lower) == static_cast<int>(wire::Direction::LOWER));
static_assert(static_cast<int>(analysis::outcome::error) == static_cast<int>(wire::AdapterStatus::ERROR));
static_assert(static_cast<int>(analysis::quality::simulated) == static_cast<int>(wire::RunQuality::SIMULATED));
static_assert(static_cast<int>(analysis::policy::strict) == static_cast<int>(wire::Policy::STRICT));
static_assert(static_cast<int>(analysis::finding_order::snapshot) == static_cast<int>(wire::FindingOrder::SNAPSHOT));
static_assert(static_cast<int>(analysis::verdict::inconclusive) == static_cast<int>(wire::Verdict::INCONCLUSIVE));

/// Bytes of an adapter's disturbance in an answer, as in its schema.
constexpr size_t max_disturbance_bytes = 1'000;

} // namespace

analysis::metric_point to_point(wire::Metric::Reader metric, configured_rules configured) {
  auto adapter = as_view(metric.getAdapter());
  analysis::metric_point out{adapter,
                             bare_name(adapter, as_view(metric.getName())),
                             metric.getValue(),
                             static_cast<analysis::direction>(metric.getDirection()),
                             true,
                             as_view(metric.getScope()),
                             as_view(metric.getUnit())};
  auto rules = rules_of(metric, out, configured);
  out.gate = rules.gate;
  out.absolute_margin = rules.absolute_margin;
  out.floor = rules.floor;
  out.same_environment = rules.same_environment;
  out.margin = rules.margin;
  out.resolution = std::isnan(rules.resolution) ? 0 : rules.resolution;
  out.kind = rules.kind;
  out.advisory = rules.advisory;
  return out;
}

compared_side::compared_side(std::string_view version, const version_side& given, wire::Policy policy,
                             configured_rules rules)
    : rules_{policy == wire::Policy::THRESHOLD ? configured_rules{} : rules} {
  points_.version = version;
  points_.similar = given.similar;
  if (given.snapshot)
    read(**given.snapshot, policy == wire::Policy::STATISTICAL);
}

void compared_side::add_measured(std::span<const analysis::metric_point> measured) {
  std::set<std::string_view> names;
  for (const auto& metric : measured)
    names.insert(metric.adapter);
  std::erase_if(metrics_, [&](const auto& metric) { return names.contains(metric.adapter); });
  metrics_.insert(metrics_.end(), measured.begin(), measured.end());
  for (auto& adapter : adapters_)
    if (names.contains(adapter.name))
      adapter = {adapter.name};
  points_.present = points_.present || !measured.empty();
  publish();
}

void compared_side::add_failure(std::string_view adapter, const std::string& reason) {
  auto place = std::ranges::find(adapters_, adapter, &analysis::adapter_point::name);
  if (place == adapters_.end())
    place = adapters_.insert(place, {adapter});
  if (place->status != analysis::outcome::error) {
    place->status = analysis::outcome::error;
    place->reason = reasons_.emplace_back(reason);
  }
  points_.present = true;
  publish();
}

const analysis::adapter_point* compared_side::find_measured(std::string_view adapter) const {
  auto found = measured_.find(adapter);
  return found == measured_.end() ? nullptr : &adapters_[found->second];
}

void compared_side::read(wire::Snapshot::Reader source, bool with_samples) {
  std::unordered_map<std::string_view, wire::Tier> tiers;
  tiers.reserve(source.getAdapters().size());
  adapters_.reserve(source.getAdapters().size());
  for (auto adapter : source.getAdapters()) {
    adapters_.push_back(
      {as_view(adapter.getName()), static_cast<analysis::outcome>(adapter.getStatus()), as_view(adapter.getReason())});
    tiers.emplace(as_view(adapter.getName()), adapter.getTier());
    if (adapter.hasEvidence())
      add_evidence(adapter.getEvidence());
  }
  metrics_.reserve(source.getMetrics().size());
  std::string_view adapter; // an adapter's metrics are mostly adjacent
  bool fast = true;
  for (auto metric : source.getMetrics()) {
    auto& point = metrics_.emplace_back(to_point(metric, rules_));
    if (point.adapter != adapter) {
      adapter = point.adapter;
      auto tier = tiers.find(adapter);
      fast = tier == tiers.end() || tier->second == wire::Tier::FAST;
    }
    point.fast = fast;
    if (with_samples)
      point.samples = keep_samples(metric.getSamples());
  }
  points_.present = true;
  points_.taken_on = to_environment(source.getEnvironment());
  publish();
}

/// What an uploaded snapshot says of itself is taken as it is, like its values.
void compared_side::add_evidence(wire::RunEvidence::Reader evidence) {
  auto& adapter = adapters_.back();
  adapter.measured = static_cast<analysis::quality>(evidence.getQuality());
  for (auto reason : evidence.getReasons()) {
    if (adapter.disturbance.size() >= max_disturbance_bytes)
      break;
    adapter.disturbance += (adapter.disturbance.empty() ? "" : "; ") + std::string{as_view(reason)};
  }
  adapter.disturbance.resize(cut_text(adapter.disturbance, max_disturbance_bytes).size());
  if (measured_.emplace(adapter.name, adapters_.size() - 1).second)
    measured_names_.push_back(adapter.name);
}

std::span<const double> compared_side::keep_samples(capnp::List<double>::Reader from) {
  auto& out = samples_.emplace_back();
  out.reserve(from.size());
  for (double value : from)
    out.push_back(value);
  return out;
}

void compared_side::publish() {
  points_.metrics = metrics_;
  points_.adapters = adapters_;
}

} // namespace hive
