#pragma once

#include "actors/baseline/agent.hpp"

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <vector>

namespace hive {

/// The agents that have an actor, ordered by when they were last used. Pure: time is passed in.
///
/// An actor may end only when it has received all that was sent to it: its report of how much it has received must
/// equal what was counted here. Since its handle never leaves the directory, nothing else can be on its way then.
class live_agents {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct entry {
    stored_agent who;
    kept_agent_actor actor;
    uint64_t sent = 0;       ///< requests forwarded to it
    time_point used;         ///< last time
    bool is_leaving = false; ///< asked whether it may go
  };

  /// The entry of an agent, counted as used now; null when it has no actor.
  entry* use(const stored_agent& who, time_point now);

  /// Adds an agent that has none.
  entry& add(stored_agent who, kept_agent_actor actor, time_point now);

  /// Agents to ask whether they may go: those not used since `unused_since`, and beyond `keep` those that were used
  /// longest ago. Marks them as asked.
  std::vector<entry*> ask(time_point unused_since, size_t keep);

  /// Removes the agent if its report shows that nothing is on its way to it. Returns its actor, which must then be
  /// ended.
  std::optional<kept_agent_actor> leave(const stored_agent& who, const caf::actor_addr& actor,
                                        const idle_report& report);

  /// Forgets that the agent was asked, since it did not answer.
  void stay(const stored_agent& who);

  /// Removes the agent whose actor has ended by itself. Returns it, if there was one.
  std::optional<stored_agent> remove(const caf::actor_addr& actor);

  size_t size() const {
    return by_name_.size();
  }

  /// All entries.
  const std::list<entry>& all() const {
    return by_use_;
  }

private:
  using order = std::list<entry>; ///< used longest ago first

  order by_use_;
  std::map<stored_agent, order::iterator> by_name_;
  std::map<caf::actor_addr, order::iterator> by_actor_;
};

} // namespace hive
