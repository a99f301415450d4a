#pragma once

#include "messages/runs.capnp.h"
#include "storage/baseline_store.hpp"
#include "storage/database.hpp"

#include <functional>

namespace hive {

/// What a node keeps of agents' runs: the streams of evidence, the items of each capture, and a summary. The runs
/// themselves are not kept.
class run_store {
public:
  explicit run_store(const database& db) : db_{db} {
  }

  /// Visits an agent's streams, each with its sample; the sample of a stream of successes is empty. Fails with
  /// ec::corrupt, as do all below.
  caf::error
  visit_streams(const stored_agent& who,
                const std::function<void(wire::StreamState::Reader, wire::StreamSample::Reader)>& visit_stream) const;

  /// The summary of the agent's runs; empty when there are none.
  caf::expected<msg<wire::RunSummary>> summary(const stored_agent& who) const;

  /// The items that ran while `version` was the newest capture, by name.
  caf::expected<std::vector<msg<wire::AgentItem>>> items(const stored_agent& who, uint32_t version) const;

  /// The rate of runs over all streams of the node.
  caf::expected<msg<wire::RunRate>> rate() const;

  static void put_stream(write_set& writes, const stored_agent& who, const msg<wire::StreamState>& stream);
  static void put_sample(write_set& writes, const stored_agent& who, const msg<wire::StreamState>& stream,
                         const msg<wire::StreamSample>& sample);
  static void put_summary(write_set& writes, const stored_agent& who, const msg<wire::RunSummary>& summary);
  static void put_item(write_set& writes, const stored_agent& who, uint32_t version, const msg<wire::AgentItem>& item);
  static void put_rate(write_set& writes, const msg<wire::RunRate>& rate);

private:
  const database& db_;
};

} // namespace hive
