#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/upgrade.capnp.h"

namespace hive::ctl {

/// Prints a table of what the statistics say of each metric, the deciding ones first. Prints nothing without any.
void show_judgements(capnp::List<wire::MetricJudgement>::Reader judgements, output& out);

} // namespace hive::ctl
