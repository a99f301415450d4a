#pragma once

#include "messages/gpu.capnp.h"

#include <string>

namespace hive::ctl {

/// "clean", "simulated", or "disturbed: " and why.
std::string describe_quality(wire::RunEvidence::Reader evidence);

/// Why it was disturbed; empty when it was not.
std::string describe_disturbance(wire::RunEvidence::Reader evidence);

/// The quality with what was seen, in one line: memory, throttling, other leases.
std::string describe_evidence(wire::RunEvidence::Reader evidence);

} // namespace hive::ctl
