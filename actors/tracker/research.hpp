#pragma once

#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"
#include "actors/tracker/research_session.hpp"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "storage/research_store.hpp"

#include <map>
#include <optional>
#include <string>

namespace hive {

/// Manages the AutoResearch sessions: one actor per running session, and the store for all.
class research_state {
public:
  using pointer = research_actor::stateful_pointer<research_state>;
  static inline const char* name = "research";

  /// Spawns the actors of running sessions. An error ends the actor.
  caf::error init(pointer self, research_services services);

  caf::result<msg<wire::ResearchSession>> start(const msg<wire::StartResearch>& wanted);
  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how);
  caf::result<msg<wire::ResearchSession>> find(const msg<wire::ResearchQuery>& query) const;
  caf::result<msg<wire::ResearchList>> list(const msg<wire::ResearchListQuery>& query) const;
  caf::result<msg<wire::ResearchContext>> context(const msg<wire::ResearchContextQuery>& query);

  template <class Step>
  caf::result<msg<wire::ResearchSession>> forward(const msg<Step>& step) {
    auto id = as_view(step->getId());
    if (auto found = running_.find(id); found != running_.end())
      return self_->delegate(found->second, step);
    return refusal(id);
  }

private:
  /// The stored session, or ec::not_found.
  caf::expected<msg<wire::ResearchSession>> stored(std::string_view id) const;
  /// Why a session that is not running rejects a step.
  caf::error refusal(std::string_view id) const;
  void run(const msg<wire::ResearchSession>& session);
  void forget(const caf::actor_addr& ended);

  pointer self_ = nullptr;
  research_services services_;
  std::optional<research_store> store_; ///< reads from the services' database
  std::map<std::string, research_session_actor, std::less<>> running_;
};

/// Spawn with `sys.spawn(research_directory, services)`. Ends with ec::corrupt when stored sessions cannot be read, and
/// when a session's actor fails.
research_actor::behavior_type research_directory(research_state::pointer self, research_services services);

} // namespace hive
