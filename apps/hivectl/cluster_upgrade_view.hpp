#pragma once

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/output.hpp"
#include "messages/cluster_upgrade.capnp.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive::ctl {

/// The path of a proposal below /api/v1.
std::string upgrade_path(const std::string& id);

/// As much of an id as people and commands need.
std::string short_upgrade_id(capnp::Text::Reader id);

/// The members' names by their ids; short ids for those without a name.
using member_names = std::map<std::string, std::string>;
member_names names_of_members(wire::ClusterUpgrade::Reader upgrade);

/// The name of a member, or else its id, shortened.
std::string name_in(const member_names& names, capnp::Text::Reader node);

/// At most `most` names, and how many more there are.
std::string list_of_names(const member_names& names, capnp::List<capnp::Text>::Reader nodes, size_t most = 8);

/// A node's text with the members' names in place of their ids.
std::string with_names(const member_names& names, capnp::Text::Reader text);

/// A member's vote in a few words: "safe", "regressed in stage 1, attempt 2".
std::string describe_vote(wire::MemberVote::Reader vote);

/// Whether a vote of the member is shown: one that counts now, or one on the version while that on a stage is awaited.
bool has_vote(wire::MemberVote::Reader vote);

/// The first reason of a vote; empty without any.
std::string first_reason(wire::MemberVote::Reader vote);

/// What became of a hook: "deploy ended with status 0".
std::string describe_run(wire::MemberRun::Reader run);

/// "pending", or "approved, rollout canary 1/5".
std::string describe_state(wire::ClusterUpgrade::Reader upgrade);

/// Prints a proposal with its votes, stage, hooks and sealed values.
void show_upgrade(wire::ClusterUpgrade::Reader upgrade, output& out);

/// Until when a proposal is waited for.
enum class upgrade_goal {
  decision, ///< until it is approved or not
  rollout,  ///< until it is rolled out or not
};

/// The exit status once the wait is over, or nothing while it is not. What is held is over if `is_held_enough`.
std::optional<exit_status> end_of_upgrade(wire::ClusterUpgrade::Reader upgrade, upgrade_goal goal, bool is_held_enough);

} // namespace hive::ctl
