#pragma once

#include "actors/upgrade/gate/gate_types.hpp"
#include "messages/ids.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace hive::gate {

class generation;
using generation_ptr = std::shared_ptr<const generation>;

/// The sealers of a track. Every statement has its hash, so that statements of different generations do not count
/// together.
class generation {
public:
  /// ec::invalid when the members are not ordered by id, each once.
  static caf::expected<generation_ptr> from(wire::GateGeneration::Reader content);

  const digest& hash() const {
    return hash_;
  }
  wire::GateGeneration::Reader content() const {
    return *content_;
  }
  uint32_t number() const {
    return content_->getNumber();
  }
  size_t size() const {
    return nodes_.size();
  }
  const node_id& node(rank which) const {
    return nodes_[which];
  }
  std::optional<rank> rank_of(const node_id& node) const;

  /// Sealers that seal a value: any two such sets share more than `slack` members.
  size_t quorum() const;

  /// Others whose acknowledgement admits a started member: they meet every quorum that may have counted a statement
  /// that it has lost.
  size_t acknowledgements() const;

  /// Who leads rounds with this counter.
  rank owner_of(uint64_t position, uint64_t counter) const {
    return static_cast<rank>((position % size() + counter % size()) % size());
  }

  /// Whether the members are the same, with the same weights, tiers and slack.
  bool has_same_members(const generation& other) const;

private:
  explicit generation(msg<wire::GateGeneration> content) : content_{std::move(content)} {
  }

  msg<wire::GateGeneration> content_;
  digest hash_{};
  std::vector<node_id> nodes_;
};

/// Where a line of generations begins that operators made after a quorum was lost: after the value at this position of
/// the line before. Nothing of one line counts in another, since every statement has the hash of its generation.
struct line_start {
  generation_ptr first;
  uint64_t position = 0;
  digest chain{};
  generation_ptr before; ///< in force until then; null where something is sealed in the line

  /// Fails with ec::malformed or ec::invalid.
  static caf::expected<line_start> from(wire::GateLine::Reader content);
  /// The line with these members after that place; it is the same on all nodes that are there.
  static caf::expected<line_start> make(generation_ptr before, uint32_t number, uint64_t position, const digest& chain,
                                        wire::GateGeneration::Reader members);
};

} // namespace hive::gate
