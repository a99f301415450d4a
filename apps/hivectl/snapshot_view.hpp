#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/snapshot.capnp.h"

namespace hive::ctl {

/// One snapshot for people: its facts, its metrics, how its adapters fared.
void show_snapshot(wire::Snapshot::Reader snapshot, output& out);

/// One line for each version.
void show_snapshots(wire::SnapshotList::Reader list, output& out);

/// One line for each capture of a version, and which one is running.
void show_captures(wire::CaptureList::Reader list, output& out);

/// The newest value of every metric.
void show_results(wire::LatestResults::Reader results, output& out);

} // namespace hive::ctl
