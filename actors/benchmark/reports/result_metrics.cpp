#include "actors/benchmark/reports/result_metrics.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace hive::detail {
namespace {

/// The bounds of wire::Measurement and wire::Metric.
constexpr size_t max_metrics = 10'000;
constexpr size_t max_samples = 10'000;
constexpr size_t max_note_bytes = 4'096;
constexpr size_t max_unit_bytes = 32;
/// Below the 256 bytes of a metric's name, because a snapshot may put the adapter's before it.
constexpr size_t max_name_bytes = 190;
/// Samples of all metrics of a file: 4 MB of the measurement's 8 MiB, of which names and units take less.
constexpr size_t max_all_samples = 500'000;
/// Hexadecimal digits that tell names apart whose beginnings are the same.
constexpr size_t hash_digits = 12;
/// Names in a note; the rest is counted.
constexpr size_t max_named = 10;

double mean_of(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

/// A name on one line that fits a metric, and is another for every other name.
std::string fitted(std::string name) {
  for (auto& c : name)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      c = ' ';
  if (name.size() <= max_name_bytes)
    return name;
  auto hash = to_hex(sha256(name)).substr(0, hash_digits);
  return std::string{cut_text(name, max_name_bytes - hash_digits - 1)} + "~" + hash;
}

/// `count` of the samples, the first and the last among them.
std::vector<double> evenly_chosen(const std::vector<double>& samples, size_t count) {
  std::vector<double> out;
  out.reserve(count);
  for (size_t i = 0; i < count; ++i)
    out.push_back(samples[count == 1 ? 0 : i * (samples.size() - 1) / (count - 1)]);
  return out;
}

} // namespace

std::optional<double> to_ms(double value, std::string_view unit) {
  // Divisions, whose results are the nearest doubles; 1e-6 is none.
  if (unit == "ns")
    return value / 1e6;
  if (unit == "us" || unit == "µs" || unit == "\u03bcs")
    return value / 1e3;
  if (unit == "ms")
    return value;
  if (unit == "s")
    return value * 1e3;
  return std::nullopt;
}

void result_metrics::refuse(ec code, const std::string& place, const std::string& why) {
  if (!refused_)
    refused_ = fail(code, what_ + (place.empty() ? " " : " at " + printable(place) + " ") + why);
}

void result_metrics::add(const std::string& name, std::string_view unit, wire::Direction direction,
                         std::vector<double> samples, const std::string& place) {
  if (refused_)
    return;
  if (name.empty() || !is_utf8(name))
    return refuse(ec::malformed, place, name.empty() ? "has an empty name" : "has a name that is no UTF-8 text");
  if (unit.size() > max_unit_bytes || !is_utf8(unit))
    return refuse(ec::malformed, place, "has a unit that is no UTF-8 text of at most 32 bytes");
  if (samples.empty())
    return refuse(ec::malformed, place, "has no samples");
  if (!std::all_of(samples.begin(), samples.end(), [](double value) { return std::isfinite(value); }))
    return refuse(ec::malformed, place, "has a sample that is no finite number");
  if (metrics_.size() == max_metrics)
    return refuse(ec::too_large, place, "has more than " + std::to_string(max_metrics) + " metrics");
  auto fits = fitted(name);
  if (!places_.emplace(fits, metrics_.size()).second)
    return refuse(ec::malformed, place, "measures \"" + printable(fits) + "\" a second time");
  metrics_.push_back({fits, std::string{unit}, direction, std::move(samples)});
}

void result_metrics::add_time(const std::string& name, std::string_view unit, std::vector<double> samples,
                              const std::string& place) {
  for (auto& sample : samples) {
    auto ms = to_ms(sample, unit);
    if (!ms)
      return refuse(ec::malformed, place, "has times in \"" + printable(unit) + "\", not in ns, us, ms or s");
    if (sample < 0)
      return refuse(ec::malformed, place, "has a time below 0");
    sample = *ms;
  }
  add(name, "ms", wire::Direction::LOWER, std::move(samples), place);
}

void result_metrics::append(const std::string& name, std::string_view unit, wire::Direction direction, double sample) {
  auto known = places_.find(fitted(name));
  if (known == places_.end())
    return add(name, unit, direction, {sample}, name);
  auto& metric = metrics_[known->second];
  if (metric.unit != unit)
    return refuse(ec::malformed, name, "has samples in " + metric.unit + " and in " + printable(unit));
  if (!std::isfinite(sample))
    return refuse(ec::malformed, name, "has a sample that is no finite number");
  metric.samples.push_back(sample);
}

void result_metrics::leave_out(const std::string& quantity) {
  left_out_.insert(quantity);
}

void result_metrics::remark(std::string sentence) {
  remarks_.push_back(std::move(sentence));
}

void result_metrics::thin() {
  size_t all = 0;
  size_t most = 0;
  for (const auto& metric : metrics_) {
    all += metric.samples.size();
    most = std::max(most, metric.samples.size());
  }
  auto share = all <= max_all_samples ? max_samples : std::min(max_samples, max_all_samples / metrics_.size());
  size_t thinned = 0;
  for (auto& metric : metrics_)
    if (metric.samples.size() > share) {
      metric.samples = evenly_chosen(metric.samples, share);
      ++thinned;
    }
  if (thinned > 0)
    remark(std::to_string(thinned) + " metrics have " + std::to_string(share) + " evenly chosen samples of up to " +
           std::to_string(most));
}

std::string result_metrics::note() const {
  std::string out;
  auto append = [&](const std::string& sentence) { out += (out.empty() ? "" : "; ") + sentence; };
  for (const auto& remark : remarks_)
    append(remark);
  if (!left_out_.empty()) {
    std::string names;
    size_t count = 0;
    for (const auto& name : left_out_)
      if (count++ < max_named)
        names += (names.empty() ? "" : ", ") + printable(name);
    if (count > max_named)
      names += " and " + std::to_string(count - max_named) + " more";
    append("left out, because it does not say which way is better: " + names);
  }
  return std::string{cut_text(out, max_note_bytes)};
}

caf::expected<msg<wire::Measurement>> result_metrics::finish() {
  if (!refused_ && metrics_.empty())
    refuse(ec::no_data, "", "holds no measured benchmark");
  for (const auto& metric : metrics_)
    if (!std::isfinite(mean_of(metric.samples)))
      refuse(ec::malformed, metric.name, "has samples whose mean is no finite number");
  if (refused_)
    return refused_;
  thin();
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto list = out.initMetrics(static_cast<uint32_t>(metrics_.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const auto& from = metrics_[i];
      list[i].setName(from.name);
      list[i].setValue(from.samples.size() == 1 ? from.samples.front() : mean_of(from.samples));
      list[i].setDirection(from.direction);
      list[i].setUnit(from.unit);
      list[i].setSamples(kj::arrayPtr(from.samples.data(), from.samples.size()));
    }
    if (auto text = note(); !text.empty())
      out.setNote(text);
  });
}

} // namespace hive::detail
