#pragma once

#include "actors/upgrade/gate/statement.hpp"

namespace hive::gate {

/// Where statements must belong to in order to count together.
struct place {
  const generation& sealers;
  uint8_t track = 0;
  uint64_t position = 0;
  digest chain{}; ///< hash of the value before
};

/// What promises say about the value of a round.
struct accepted_claim {
  round in;
  digest value{};
};

/// Whether the seal slot is one of an admitted sealer at this place, and its claim of an accepted value is proven.
bool counts_at(const place& where, const statement& seal);

/// Whether the accepted value that the seal slot claims was proposed in that round: the owner's lead slot says so.
bool is_claim_proven(const place& where, const statement& seal);

/// Whether a lead slot is one of a round at this place, by the member whose turn it is.
bool leads_at(const place& where, const statement& lead);

/// The largest part that it finds of these seal slots that count together: none is of an older start than another one
/// knows of that member. A member has one slot at most among them.
statements consistent(const place& where, statements seals);

/// The value of the highest accepted round that they report; none: the owner may choose freely.
std::optional<accepted_claim> compelled_by(const statements& promises);

/// The seal slots that promise the round, at least a quorum that counts together; empty when there is none.
statements promises_for(const place& where, const round& in, const statements& seals);

/// The seal slots that accept the value in the round, at least a quorum that counts together; empty when there is none.
statements accepts_for(const place& where, const round& in, const digest& value, const statements& seals);

/// Whether the accepts seal the value under these sealers.
caf::error check_sealed(const sealed_value& sealed, const generation& sealers);

} // namespace hive::gate
