#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/snapshot.capnp.h"

namespace hive::ctl {

/// Prints one snapshot: its facts, its metrics, the results of its adapters.
void show_snapshot(wire::Snapshot::Reader snapshot, output& out);

/// Prints one line per version.
void show_snapshots(wire::SnapshotList::Reader list, output& out);

/// Prints one line per capture of a version, and which capture is running.
void show_captures(wire::CaptureList::Reader list, output& out);

/// Prints the newest value of every metric.
void show_results(wire::LatestResults::Reader results, output& out);

} // namespace hive::ctl
