#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <caf/expected.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hive::detail {

/// Collects the metrics of a result file; used only by the readers of its formats. The first refusal is kept, and what
/// follows it changes nothing.
class result_metrics {
public:
  /// `what` is the file for error texts, such as `the hyperfine file`.
  explicit result_metrics(std::string what) : what_{std::move(what)} {
  }

  /// Adds a metric; `place` is where it stands in the file. Refuses a name that it already has, and samples that are
  /// none, not finite, or a time below 0.
  void add(const std::string& name, std::string_view unit, wire::Direction direction, std::vector<double> samples,
           const std::string& place);

  /// Adds a time. `unit` is that of the samples; refuses one that is not `ns`, `us`, `µs`, `ms` or `s`.
  void add_time(const std::string& name, std::string_view unit, std::vector<double> samples, const std::string& place);

  /// Adds samples to the metric of this name, or makes it.
  void append(const std::string& name, std::string_view unit, wire::Direction direction, double sample);

  /// Remembers a quantity that the file has and no metric shows, for the note.
  void leave_out(const std::string& quantity);

  /// A sentence for the note.
  void remark(std::string sentence);

  void refuse(ec code, const std::string& place, const std::string& why);

  bool refused() const {
    return static_cast<bool>(refused_);
  }

  /// The measurement. ec::no_data when there is no metric, ec::too_large when it is larger than one may be, or the
  /// first refusal.
  caf::expected<msg<wire::Measurement>> finish();

private:
  struct metric {
    std::string name;
    std::string unit;
    wire::Direction direction;
    std::vector<double> samples;
  };

  /// Keeps evenly chosen samples when there are more than a measurement takes.
  void thin();
  std::string note() const;

  std::string what_;
  std::vector<metric> metrics_;
  std::map<std::string, size_t> places_; ///< of metrics_, by name
  std::set<std::string> left_out_;
  std::vector<std::string> remarks_;
  caf::error refused_;
};

/// `value` of this unit of time in ms; nothing for another unit.
std::optional<double> to_ms(double value, std::string_view unit);

} // namespace hive::detail
