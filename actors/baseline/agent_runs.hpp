#pragma once

#include "analysis/agent_evidence.hpp"
#include "analysis/anchor.hpp"
#include "analysis/flakiness.hpp"
#include "analysis/trajectory.hpp"
#include "messages/baseline.capnp.h"
#include "messages/runs.capnp.h"
#include "storage/run_store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// What an agent did from step to step: at first for the reference, then among its newest runs.
struct agent_trajectory {
  /// Runs that make the reference, and the newest ones that are compared with it, in two halves: the older half is
  /// dropped when the newer one is full.
  static constexpr uint32_t reference_runs = analysis::max_reference_runs;
  static constexpr uint32_t half_runs = analysis::min_reference_runs;

  analysis::fingerprint reference;
  analysis::fingerprint older;
  analysis::fingerprint newer;

  /// Returns whether this run completed the reference or a half.
  bool add(const analysis::trajectory& run);
  /// The newest runs: one to two halves of them.
  analysis::fingerprint newest() const;
  /// How they differ from the reference; nothing while either side has too few runs.
  std::optional<analysis::trajectory_change> change() const;
  /// The newest runs become the reference.
  void accept();
};

/// The runs of one agent that this node counted: evidence streams, items and trajectories. Kept in memory while the
/// agent is in use, with all changes that were made; the owner writes what `add` and `accept` gather.
class agent_runs {
public:
  agent_runs(const database& db, stored_agent who);

  /// Drops what is in memory; it is read again when it is needed.
  void forget();

  /// What a message of runs did.
  struct added {
    uint32_t stream_runs = 0;                     ///< one for each stream that a run advanced
    std::vector<analysis::stream_update> changed; ///< each stream whose verdict changed, from its first to its last one
    bool trajectory_changed = false;              ///< whether another part of the newest trajectories began
  };

  /// Counts runs, which were made while `version` was the newest capture. Fails with ec::corrupt.
  /// `offset_of` gives what a judge's rewards are above the reference's; rewards of a judge without one are no
  /// evidence.
  using judge_offset = std::function<std::optional<double>(std::string_view judge)>;
  caf::expected<added> add(write_set& writes, capnp::List<wire::AgentRun>::Reader runs, uint32_t version,
                           double threshold, const judge_offset& offset_of);

  /// Takes what suspected and confirmed streams and the trajectories do now for their reference. Fails with
  /// ec::corrupt.
  caf::error accept(write_set& writes, double threshold);

  /// Counted runs of each action that are a full reference sample.
  caf::expected<std::vector<analysis::action_sample>> samples();

  /// Figures of the runs; nothing without runs. Fails with ec::corrupt, as do all below.
  caf::expected<std::optional<msg<wire::RunMetrics>>> metrics();

  /// How the newest trajectories differ from the reference; nothing while there are too few.
  caf::expected<std::optional<analysis::trajectory_change>> trajectory_change();

  /// What all streams say now, and the items that ran since capture `version`.
  caf::error explain(wire::AgentExplanation::Builder out, double threshold, uint32_t version);

  /// The verdict of each stream that is tested, for the agent's record.
  caf::expected<std::vector<msg<wire::StreamVerdict>>> verdicts(double threshold);

  /// Items of two captures, paired.
  struct pairs {
    std::vector<msg<wire::AgentItem>> before;
    std::vector<msg<wire::AgentItem>> after;
  };
  caf::expected<pairs> items(uint32_t before, uint32_t after);

private:
  using item_map = std::map<std::string, msg<wire::AgentItem>, std::less<>>;

  /// Sums over all runs.
  struct totals {
    uint64_t runs = 0;
    uint64_t successes = 0;
    double tokens = 0;
    uint64_t token_runs = 0; ///< runs that state their tokens
    uint64_t token_successes = 0;
    double cost = 0;
    uint64_t cost_runs = 0;
    uint64_t cost_successes = 0;
    uint64_t other_items = 0; ///< runs of items that are not kept one by one
  };

  caf::error load();
  caf::error load_items(uint32_t version);
  void observe(wire::AgentRun::Reader run, double threshold, const judge_offset& offset_of, added& out);
  void count_totals(wire::AgentRun::Reader run);
  std::string count_item(wire::AgentRun::Reader run);
  bool count_trajectory(wire::AgentRun::Reader run);
  void fill_metrics(wire::RunMetrics::Builder out) const;
  void put_streams(write_set& writes);
  void put_summary(write_set& writes) const;
  static std::vector<msg<wire::AgentItem>> items_of(const item_map& items);

  run_store store_;
  stored_agent who_;
  bool is_loaded_ = false;
  analysis::agent_evidence evidence_;
  agent_trajectory trajectory_;
  totals totals_;
  std::optional<uint32_t> item_version_; ///< whose items are in memory
  item_map items_;
  std::set<analysis::stream_key> changed_; ///< streams to be written
  std::set<analysis::stream_key> resampled_;
};

} // namespace hive
