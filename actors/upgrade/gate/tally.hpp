#pragma once

#include "actors/upgrade/gate/statement.hpp"

#include <set>

namespace hive::gate {

/// Result of counting votes under a policy.
enum class tally_result : uint8_t {
  held,      ///< neither of the others
  satisfied, ///< the policy is satisfied
  impossible ///< no further votes can satisfy the policy: too many members voted regressed
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

/// Nodes whose votes an owner leaves out of a value that it chooses freely.
using quarantine_set = std::set<node_id>;

/// Counts votes on a stage of a proposal (0: the verdict). Votes of others than its electorate, on something else, and
/// of quarantined members do not count. Each member counts once, however many votes it has, and the order of the votes
/// makes no difference. Shares are of the whole electorate.
tally count_votes(const proposal& what, uint8_t stage, const statements& votes, const quarantine_set& quarantined);

} // namespace hive::gate
