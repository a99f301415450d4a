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
  rank owner_of(uint64_t position, uint32_t counter) const {
    return static_cast<rank>((position + counter) % size());
  }

private:
  explicit generation(msg<wire::GateGeneration> content) : content_{std::move(content)} {
  }

  msg<wire::GateGeneration> content_;
  digest hash_{};
  std::vector<node_id> nodes_;
};

} // namespace hive::gate
