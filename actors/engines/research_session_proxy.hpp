#pragma once

#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"

#include <caf/typed_event_based_actor.hpp>
#include <string>

namespace hive {

/// Proxy of one research session for an engine: forwards the steps of that session and of no other (ec::forbidden).
/// Ends when the session is finished. Without the proxy the engine could send exit messages to the actor of the
/// session.
class research_session_proxy_state {
public:
  using pointer = research_session_actor::stateful_pointer<research_session_proxy_state>;
  static inline const char* name = "research_session_proxy";

  void init(pointer self, research_actor research, std::string id);

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchIteration>& iteration);
  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchImprovement>& improvement);
  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how);

private:
  template <class Answer, class Step>
  caf::result<msg<Answer>> pass(const msg<Step>& step, bool last = false);

  pointer self_ = nullptr;
  research_actor research_;
  std::string id_;
};

research_session_actor::behavior_type research_session_proxy(research_session_proxy_state::pointer self,
                                                             research_actor research, std::string id);

} // namespace hive
