#pragma once

#include "actors/upgrade/gate/statement.hpp"

#include <set>

namespace hive::gate {

/// What the votes of an electorate come to.
enum class tally_result : uint8_t {
  held,      ///< neither of the others, yet
  satisfied, ///< the policy is satisfied
  impossible ///< so many have voted regressed that the policy cannot be satisfied any more
};

/// Where a member of the electorate stands.
struct standing {
  node_id node;
  statement_ptr vote; ///< its vote with the highest ballot; null: none that counts
  bool quarantined = false;
};

struct tally {
  tally_result result = tally_result::held;
  std::vector<standing> members; ///< by rank in the electorate
  std::string why;               ///< why it is held, for people; names the members

  /// The votes that count.
  statements votes() const;
};

/// Nodes whose votes must not enter a value that an owner chooses freely.
using quarantine_set = std::set<node_id>;

/// Counts votes for a stage of a proposal (0: the verdict). Others' votes, votes on something else and votes of
/// quarantined members do not count; a member counts once, whatever number of votes there is of it. The order of the
/// votes makes no difference. Denominators are the whole electorate.
tally count_votes(const proposal& what, uint8_t stage, const statements& votes, const quarantine_set& quarantined);

} // namespace hive::gate
