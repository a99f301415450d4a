#pragma once

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/output.hpp"
#include "messages/upgrade.capnp.h"

namespace hive::ctl {

/// The exit status that says this verdict.
exit_status exit_status_of(wire::Verdict verdict);

/// The worse one of two that say verdicts.
exit_status worse_of(exit_status a, exit_status b);

/// Prints a table of what the statistics say of each metric, the deciding ones first. Prints nothing without any.
void show_judgements(capnp::List<wire::MetricJudgement>::Reader judgements, output& out);

} // namespace hive::ctl
