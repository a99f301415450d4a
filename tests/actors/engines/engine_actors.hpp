#pragma once

#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"

#include <caf/all.hpp>

namespace hive {

/// Makes a stub answer what it has held back.
using release_atom = caf::atom_constant<caf::atom("release")>;

inline adapter_actor::behavior_type adapter_stub(adapter_actor::pointer) {
  return {[](const msg<wire::MeasureRequest>&) { return msg<wire::Measurement>{}; }};
}

inline research_session_actor::behavior_type research_session_stub(research_session_actor::pointer) {
  return {[](const msg<wire::ResearchIteration>&) { return msg<wire::ResearchSession>{}; },
          [](const msg<wire::ResearchImprovement>&) { return msg<wire::ResearchSession>{}; },
          [](const msg<wire::FinishResearch>&) { return msg<wire::ResearchReport>{}; }};
}

} // namespace hive
