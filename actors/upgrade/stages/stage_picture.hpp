#pragma once

#include "actors/upgrade/stages/api.hpp"
#include "actors/upgrade/stages/stage_counts.hpp"
#include "messages/door.capnp.h"

#include <caf/error.hpp>
#include <map>
#include <vector>

namespace hive {

/// What other nodes tell of the stages that they observe.
using told_counts = std::map<node_id, std::vector<stage_counts>>;

/// ec::invalid: why the stage cannot be watched.
caf::error problem_of(const watch_stage& what);

/// The stage, before anything was observed.
stage_counts begin_counts(const watch_stage& what, int64_t now_unix_micros);

/// For how long the nodes were not heard of, in seconds: 0 for those that are active. Those that never were are
/// missing.
std::map<node_id, uint32_t> silences_of(wire::NodeList::Reader nodes, int64_t now_unix_micros);

/// The stage as this node sees it. Of other nodes it takes what they tell of the same stage in blocks of the same
/// length, for as many blocks as there are. Where there is one member alone, shares are off: it has no control.
analysis::stage_view view_of(const watch_stage& what, const analysis::canary_options& options, const node_id& self,
                             const stage_counts& own, const told_counts& told,
                             const std::map<node_id, uint32_t>& silences);

} // namespace hive
