#include "actors/benchmark/snapshots/samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace hive {
namespace {

/// The limit of wire::Metric.samples.
constexpr size_t max_samples = 10'000;

/// A metric whose samples are being gathered.
struct gathered {
  wire::Metric::Reader first;
  std::vector<double> samples;
  size_t repeats = 0;
};

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

std::string ordinal(size_t index, size_t count) {
  return "repeat " + std::to_string(index + 1) + " of " + std::to_string(count);
}

/// Uses long double, so that a sum of finite values stays finite and the mean of equal values is exact.
template <class Samples>
double mean(const Samples& samples) {
  long double sum = 0;
  for (double sample : samples)
    sum += sample;
  return static_cast<double>(sum / static_cast<long double>(samples.size()));
}

std::string short_number(double value) {
  constexpr size_t enough = 32;
  char text[enough];
  auto end = std::snprintf(text, sizeof text, "%.6g", value);
  return {text, static_cast<size_t>(end)};
}

/// Used only in this file.
struct refusal {
  ec code;
  std::string text;
};

class merger {
public:
  merger(std::string_view adapter, std::span<const msg<wire::Measurement>> repeats)
      : adapter_{adapter}, repeats_{repeats} {
  }

  msg<wire::Measurement> merge() {
    if (repeats_.empty())
      throw refusal{ec::no_data, "no repeat was measured"};
    if (all_skipped())
      return repeats_.front();
    for (size_t i = 0; i < repeats_.size(); ++i)
      add(i);
    return build();
  }

private:
  bool all_skipped() const {
    size_t skipped = 0;
    for (size_t i = 0; i < repeats_.size(); ++i) {
      const auto& repeat = *repeats_[i];
      if (repeat.getSkipped().size() == 0)
        continue;
      ++skipped;
      if (repeat.getMetrics().size() > 0)
        throw refusal{ec::invalid, ordinal(i, repeats_.size()) + " was skipped and holds metrics all the same"};
    }
    if (skipped != 0 && skipped != repeats_.size())
      throw refusal{ec::invalid, std::to_string(skipped) + " of " + std::to_string(repeats_.size()) +
                                   " repeats were skipped, the others were not"};
    return skipped != 0;
  }

  void add(size_t index) {
    auto metrics = repeats_[index]->getMetrics();
    if (metrics.size() == 0)
      throw refusal{ec::no_data, ordinal(index, repeats_.size()) + " holds neither a metric nor a reason to skip"};
    for (auto metric : metrics)
      add(index, metric);
    for (const auto& name : order_)
      if (metrics_.at(name).repeats != index + 1)
        throw refusal{ec::invalid, about(name) + "is missing from " + ordinal(index, repeats_.size())};
  }

  void add(size_t index, wire::Metric::Reader metric) {
    auto name = view(metric.getName());
    auto [found, is_new] = metrics_.try_emplace(name, gathered{metric, {}, index});
    if (is_new && index > 0)
      throw refusal{ec::invalid, about(name) + "is missing from " + ordinal(0, repeats_.size())};
    auto& entry = found->second;
    if (entry.repeats != index)
      throw refusal{ec::invalid, about(name) + "is listed twice in " + ordinal(index, repeats_.size())};
    if (is_new)
      order_.push_back(name);
    ++entry.repeats;
    require_same_quantity(entry.first, metric, index);
    append_samples(entry, metric, index);
  }

  void require_same_quantity(wire::Metric::Reader first, wire::Metric::Reader metric, size_t index) const {
    const auto* changed = find_changed_meaning(first, metric);
    if (!changed)
      changed = find_changed_rule(first, metric);
    if (changed)
      throw refusal{ec::invalid, about(view(metric.getName())) + "has another " + changed + " in " +
                                   ordinal(index, repeats_.size()) + " than in the first"};
  }

  /// The field in which two definitions of a metric differ; null when they are the same.
  static const char* find_changed_meaning(wire::Metric::Reader a, wire::Metric::Reader b) {
    return a.getDirection() != b.getDirection() ? "direction"
           : a.getUnit() != b.getUnit()         ? "unit"
           : a.getScope() != b.getScope()       ? "scope"
           : a.getKind() != b.getKind()         ? "kind"
                                                : nullptr;
  }

  static const char* find_changed_rule(wire::Metric::Reader a, wire::Metric::Reader b) {
    return a.getGate() != b.getGate()                                 ? "gate"
           : a.getAdvisory() != b.getAdvisory()                       ? "advisory"
           : !is_same(a.getMargin(), b.getMargin())                   ? "margin"
           : !is_same(a.getAbsoluteMargin(), b.getAbsoluteMargin())   ? "absolute_margin"
           : !is_same(a.getFloor(), b.getFloor())                     ? "floor"
           : !is_same(a.getResolution(), b.getResolution())           ? "resolution"
           : !is_same(a.getSameEnvironment(), b.getSameEnvironment()) ? "same_environment"
                                                                      : nullptr;
  }

  static bool is_same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b)); // NaN: not given
  }

  static bool is_same(capnp::List<capnp::Text>::Reader a, capnp::List<capnp::Text>::Reader b) {
    for (uint32_t i = 0; i < a.size() && a.size() == b.size(); ++i)
      if (a[i] != b[i])
        return false;
    return a.size() == b.size();
  }

  void append_samples(gathered& entry, wire::Metric::Reader metric, size_t index) const {
    if (!metric.hasSamples() || metric.getSamples().size() == 0) {
      append_sample(entry, metric.getValue(), index);
      return;
    }
    for (double sample : metric.getSamples())
      append_sample(entry, sample, index);
    if (auto why = find_disagreement(metric))
      throw refusal{ec::invalid, *why + " in " + ordinal(index, repeats_.size())};
  }

  void append_sample(gathered& entry, double sample, size_t index) const {
    if (!std::isfinite(sample))
      throw refusal{ec::invalid, about(view(entry.first.getName())) + "is not a finite number in " +
                                   ordinal(index, repeats_.size())};
    if (entry.samples.size() == max_samples)
      throw refusal{ec::too_large,
                    about(view(entry.first.getName())) + "has more than " + std::to_string(max_samples) + " samples"};
    entry.samples.push_back(sample);
  }

  msg<wire::Measurement> build() const {
    return msg<wire::Measurement>::build([this](wire::Measurement::Builder root) {
      auto metrics = root.initMetrics(static_cast<uint32_t>(order_.size()));
      for (uint32_t i = 0; i < order_.size(); ++i)
        write(metrics_.at(order_[i]), metrics[i]);
    });
  }

  void write(const gathered& entry, wire::Metric::Builder out) const {
    write_definition(entry.first, out);
    out.setAdapter(kj::StringPtr{std::string{adapter_}.c_str()});
    out.setValue(mean(entry.samples));
    auto samples = out.initSamples(static_cast<uint32_t>(entry.samples.size()));
    for (uint32_t i = 0; i < entry.samples.size(); ++i)
      samples.set(i, entry.samples[i]);
  }

  static void write_definition(wire::Metric::Reader from, wire::Metric::Builder out) {
    out.setName(from.getName());
    out.setDirection(from.getDirection());
    out.setUnit(from.getUnit());
    out.setScope(from.getScope());
    out.setKind(from.getKind());
    out.setGate(from.getGate());
    out.setAdvisory(from.getAdvisory());
    out.setMargin(from.getMargin());
    out.setAbsoluteMargin(from.getAbsoluteMargin());
    out.setFloor(from.getFloor());
    out.setResolution(from.getResolution());
    if (from.getSameEnvironment().size() > 0)
      out.setSameEnvironment(from.getSameEnvironment());
  }

  static std::string about(std::string_view name) {
    return "metric '" + std::string{name} + "' ";
  }

  std::string_view adapter_;
  std::span<const msg<wire::Measurement>> repeats_;
  std::map<std::string_view, gathered> metrics_;
  std::vector<std::string_view> order_;
};

} // namespace

std::optional<std::string> find_disagreement(wire::Metric::Reader metric) {
  constexpr double rounding = 1e-3;   // for values that were written with three digits
  constexpr double arithmetic = 1e-9; // for differently ordered sums, where samples of both signs cancel
  auto samples = metric.getSamples();
  if (samples.size() == 0)
    return std::nullopt;
  double largest = 0;
  for (double sample : samples)
    largest = std::max(largest, std::abs(sample));
  auto middle = mean(samples);
  if (std::abs(metric.getValue() - middle) <= rounding * std::abs(middle) + arithmetic * largest)
    return std::nullopt;
  return "metric '" + std::string{view(metric.getName())} + "' has the value " + short_number(metric.getValue()) +
         ", but the mean of its samples is " + short_number(middle) +
         ": give the mean, or a metric of another kind without samples";
}

caf::expected<msg<wire::Measurement>> merge_repeats(std::string_view adapter,
                                                    std::span<const msg<wire::Measurement>> repeats) {
  try {
    return merger{adapter, repeats}.merge();
  } catch (const refusal& why) {
    return fail(why.code, why.text);
  }
}

} // namespace hive
