#pragma once

#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"

#include <caf/typed_event_based_actor.hpp>
#include <string>

namespace hive {

/// One research session as an engine has it: passes the session's steps on to the research sessions of this node, and
/// no other's (ec::forbidden). Ends when the session is finished. It stands between because a session's actor must not
/// be within reach of who could end it.
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

/// Spawn with `sys.spawn(research_session_proxy, research, id)`.
research_session_actor::behavior_type research_session_proxy(research_session_proxy_state::pointer self,
                                                             research_actor research, std::string id);

} // namespace hive
