#include "actors/upgrade/gate/generation.hpp"

#include "platform/hex.hpp"

namespace hive::gate {

std::string short_text(const digest& hash) {
  constexpr size_t shown = 6;
  return to_hex(std::span{hash}.first(shown));
}

caf::expected<generation_ptr> generation::from(wire::GateGeneration::Reader content) {
  std::shared_ptr<generation> made{new generation{to_canonical<wire::GateGeneration>(content)}};
  made->hash_ = hash_of(made->content_);
  for (auto member : made->content_->getMembers()) {
    node_id node{std::string{as_view(member.getNode())}};
    if (!made->nodes_.empty() && node <= made->nodes_.back())
      return fail(ec::invalid, "members must be ordered by node id, each once: " + node.value);
    made->nodes_.push_back(std::move(node));
  }
  if (made->nodes_.empty() || made->nodes_.size() > max_members)
    return fail(ec::invalid, "a generation has 1 to 32 members, not " + std::to_string(made->nodes_.size()));
  return generation_ptr{std::move(made)};
}

std::optional<rank> generation::rank_of(const node_id& node) const {
  auto found = std::ranges::lower_bound(nodes_, node);
  if (found == nodes_.end() || *found != node)
    return std::nullopt;
  return static_cast<rank>(found - nodes_.begin());
}

size_t generation::quorum() const {
  return std::min(size(), (size() + content_->getSlack()) / 2 + 1);
}

size_t generation::acknowledgements() const {
  return std::min(size() - 1, size() - quorum() + 1);
}

} // namespace hive::gate
