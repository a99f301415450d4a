#pragma once

#include "analysis/metric_rules.hpp"
#include "analysis/upgrade_check.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hive {

/// The operator's rules for metrics; the first that fits a metric counts.
using configured_rules = std::span<const analysis::configured_rules>;

/// One version of a comparison.
struct version_side {
  std::optional<msg<wire::Snapshot>> snapshot = {};
  std::vector<std::string> similar = {}; ///< similar version names, if there is no snapshot
};

/// A metric of the fast tier as the analysis takes it, with the rules by which it is judged (`rules_of`), without its
/// samples.
analysis::metric_point to_point(wire::Metric::Reader metric, configured_rules rules);

/// One side of a comparison; keeps the memory that its points refer to.
class compared_side {
public:
  /// `version`, `given` and `rules` must outlive it. Samples are read only for policy statistical, which needs them;
  /// the operator's rules not for policy threshold, which is HART OS's.
  compared_side(std::string_view version, const version_side& given, wire::Policy policy, configured_rules rules);

  compared_side(const compared_side&) = delete;
  compared_side& operator=(const compared_side&) = delete;

  /// Adds what a paired measurement measured, in place of the snapshot's metrics of the same adapters. What `measured`
  /// refers to must outlive this side.
  void add_measured(std::span<const analysis::metric_point> measured);

  /// Says that an adapter failed on this side; the first reason counts. `adapter` must outlive this side.
  void add_failure(std::string_view adapter, const std::string& reason);

  const analysis::version_points& points() const {
    return points_;
  }

  /// The adapter, if the snapshot has evidence of how it measured.
  const analysis::adapter_point* find_measured(std::string_view adapter) const;

  /// The names of those, in the snapshot's order.
  const std::vector<std::string_view>& measured() const {
    return measured_names_;
  }

private:
  void read(wire::Snapshot::Reader source, bool with_samples);
  void add_evidence(wire::RunEvidence::Reader evidence);
  std::span<const double> keep_samples(capnp::List<double>::Reader from);
  void publish();

  configured_rules rules_;
  std::deque<std::vector<double>> samples_; ///< whose addresses stay
  std::deque<std::string> reasons_;         ///< of failures; their addresses stay
  std::vector<analysis::metric_point> metrics_;
  std::vector<analysis::adapter_point> adapters_;
  std::unordered_map<std::string_view, size_t> measured_; ///< adapters with evidence, by name
  std::vector<std::string_view> measured_names_;
  analysis::version_points points_;
};

} // namespace hive
