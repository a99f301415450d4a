#pragma once

#include "apps/hivectl/output.hpp"
#include "apps/hivectl/text.hpp"
#include "messages/history.capnp.h"

namespace hive::ctl {

/// Prints the history of one metric: a row of bars, what it is like now, its changes, and the values that do not count.
void show_history(wire::MetricHistory::Reader history, charset set, output& out);

/// Prints one line per change, and how to see older ones.
void show_changes(wire::ChangeList::Reader list, output& out);

} // namespace hive::ctl
