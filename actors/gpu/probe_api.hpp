#pragma once

// What is known of this machine's GPUs.

#include "messages/fwd.hpp"

#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>

namespace hive::wire {
struct GpuReport;
struct GpuUnknown;
} // namespace hive::wire

namespace hive {

using gpu_watch_atom = caf::atom_constant<caf::atom("gpu_watch")>;
using gpu_pace_atom = caf::atom_constant<caf::atom("gpu_pace")>;
using gpu_latest_atom = caf::atom_constant<caf::atom("gpu_latest")>;

// internal: the probe printed something or ended; time has passed.
using gpu_stirred_atom = caf::atom_constant<caf::atom("gpu_stir")>;
using gpu_tick_atom = caf::atom_constant<caf::atom("gpu_tick")>;

/// Owner of what is known of the GPUs. Between two reports nothing is lost; after GpuUnknown nothing of earlier reports
/// holds.
using gpu_watcher_actor = caf::typed_actor<
  // A poll that has just ended. Its `monotonic_us` says when it began.
  caf::reacts_to<msg<wire::GpuReport>>,
  // The devices are unknown from now on, or for another reason than before.
  caf::reacts_to<msg<wire::GpuUnknown>>>;

/// Keeps a hive-gpu-probe running and judges what it prints.
using gpu_probe_actor = caf::typed_actor<
  // Sends what is known now, and from then on each report and change, to this watcher alone.
  caf::reacts_to<gpu_watch_atom, gpu_watcher_actor>,
  // Sets the time between polls in milliseconds; values outside 20 to 1,000 are taken for the nearest of these.
  caf::reacts_to<gpu_pace_atom, uint32_t>,
  // The newest report. Waits until the probe has reported or is silent for 2 s after the start, then fails with
  // ec::unavailable and the reason while the devices are unknown.
  caf::replies_to<gpu_latest_atom>::with<msg<wire::GpuReport>>, caf::reacts_to<gpu_stirred_atom>,
  caf::reacts_to<gpu_tick_atom, uint64_t>>;

} // namespace hive
