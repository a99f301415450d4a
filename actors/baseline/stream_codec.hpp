#pragma once

#include "analysis/agent_evidence.hpp"
#include "analysis/trajectory.hpp"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"

namespace hive {

/// The disk form of a stream of successes, and back.
msg<wire::StreamState> encode(const analysis::stream_key& key, const analysis::success_stream& stream);
analysis::success_stream decode_success(wire::SuccessState::Reader state);

/// The disk form of a stream of numbers. Its sample is stored apart, since it is large and changes rarely.
msg<wire::StreamState> encode(const analysis::stream_key& key, const analysis::number_stream& stream);
msg<wire::StreamSample> encode_sample(const analysis::number_stream& stream);
analysis::number_stream decode_number(wire::StreamState::Reader state, wire::StreamSample::Reader sample);

analysis::stream_key key_of(wire::StreamState::Reader state);

/// Counts of trajectories, and back.
void fill(wire::Trajectory::Builder out, const analysis::fingerprint& counts);
analysis::fingerprint decode(wire::Trajectory::Reader counts);

} // namespace hive
