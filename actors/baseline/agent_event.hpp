#pragma once

#include "messages/baseline.capnp.h"
#include "messages/events.capnp.h"
#include "messages/msg.hpp"
#include "storage/baseline_store.hpp"

#include <string>
#include <vector>

namespace hive {

/// The event for a change of an agent.
msg<wire::Event> agent_event(const stored_agent& who, wire::AgentChange what);

/// The event for an agent that regressed, whose regressions changed, were confirmed, or are gone.
msg<wire::Event> agent_judged(const stored_agent& who, wire::AgentChange what,
                              wire::AgentValidation::Reader validation);

/// The event for streams whose regression the runs confirm.
msg<wire::Event> agent_confirmed(const stored_agent& who, const std::vector<std::string>& streams);

/// The event for an accepted agent.
msg<wire::Event> agent_accepted(const stored_agent& who, wire::AcceptAgent::Reader how, uint32_t version);

/// The event for advice about an agent, with the mean rewards that it rests on; NaN when one is not known yet.
msg<wire::Event> agent_advice(const stored_agent& who, wire::AgentChange what, double reward_before, double reward_now);

} // namespace hive
