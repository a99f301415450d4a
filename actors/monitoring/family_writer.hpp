#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <prometheus/metric_family.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// Labels of a series, in the order in which they are shown.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Collects series into families.
class family_writer {
public:
  void gauge(const char* name, const char* help, double value, metric_labels labels = {}) {
    add(prometheus::MetricType::Gauge, name, help, std::move(labels)).gauge.value = value;
  }

  void counter(const char* name, const char* help, double value, metric_labels labels = {}) {
    add(prometheus::MetricType::Counter, name, help, std::move(labels)).counter.value = value;
  }

  /// `counts`: observations up to each of the `bounds`, not counting those up to the bound before, and at last those
  /// beyond. `sum`: of all observations.
  void histogram(const char* name, const char* help, double sum, std::span<const double> bounds,
                 std::span<const uint64_t> counts) {
    auto& out = add(prometheus::MetricType::Histogram, name, help, {}).histogram;
    for (size_t i = 0; i < counts.size(); ++i) {
      out.sample_count += counts[i];
      out.bucket.push_back({out.sample_count, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
    }
    out.sample_sum = sum;
  }

  /// The families by name.
  std::vector<prometheus::MetricFamily> finish() && {
    std::vector<prometheus::MetricFamily> out;
    for (auto& [name, family] : families_)
      out.push_back(std::move(family));
    return out;
  }

private:
  prometheus::ClientMetric& add(prometheus::MetricType type, const char* name, const char* help, metric_labels labels) {
    auto& family = families_[name];
    if (family.metric.empty()) {
      family.name = name;
      family.help = help;
      family.type = type;
    }
    auto& out = family.metric.emplace_back();
    for (auto& [label, value] : labels)
      out.label.push_back({label, std::move(value)});
    return out;
  }

  std::map<std::string, prometheus::MetricFamily> families_;
};

} // namespace hive
