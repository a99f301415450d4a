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

bool generation::has_same_members(const generation& other) const {
  auto ours = content_->getMembers();
  auto theirs = other.content_->getMembers();
  if (nodes_ != other.nodes_ || content_->getSlack() != other.content_->getSlack())
    return false;
  for (uint32_t i = 0; i < ours.size(); ++i)
    if (ours[i].getWeight() != theirs[i].getWeight() || ours[i].getTier() != theirs[i].getTier())
      return false;
  return true;
}

size_t generation::quorum() const {
  return std::min(size(), (size() + content_->getSlack()) / 2 + 1);
}

size_t generation::acknowledgements() const {
  return std::min(size() - 1, size() - quorum() + 1);
}

namespace {

/// Over the place and all that the generation says but this hash itself.
digest line_hash(wire::GateGeneration::Reader content, uint64_t position, const digest& chain) {
  capnp::MallocMessageBuilder built;
  built.setRoot(content);
  auto root = built.getRoot<wire::GateGeneration>();
  root.disownLine();
  std::string text{"hivemark gate line 1"};
  text += '\0';
  for (size_t byte = 0; byte < sizeof position; ++byte)
    text += static_cast<char>(position >> (8 * byte) & 0xFF);
  text += view_of(data_of(chain));
  auto canonical = to_canonical<wire::GateGeneration>(root.asReader());
  text += canonical.bytes();
  return sha256(text);
}

} // namespace

caf::expected<line_start> line_start::from(wire::GateLine::Reader content) {
  auto first = generation::from(content.getGeneration());
  if (!first)
    return first.error();
  line_start out{std::move(*first), content.getPosition(), digest_of(content.getChain()), nullptr};
  if (!is_same(out.first->content().getLine(), line_hash(out.first->content(), out.position, out.chain)))
    return fail(ec::invalid, "line of generations that begins at another place than its hash says");
  if (!content.hasBefore())
    return out;
  auto before = generation::from(content.getBefore());
  if (!before)
    return before.error();
  if (!is_same(out.first->content().getPrevious(), (*before)->hash()))
    return fail(ec::invalid, "line of generations that follows another one than its hash says");
  out.before = std::move(*before);
  return out;
}

caf::expected<line_start> line_start::make(generation_ptr before, uint32_t number, uint64_t position,
                                           const digest& chain, wire::GateGeneration::Reader members) {
  capnp::MallocMessageBuilder built;
  auto root = built.initRoot<wire::GateGeneration>();
  root.setNumber(number);
  root.setMembers(members.getMembers());
  root.setSlack(members.getSlack());
  root.setPrevious(data_of(before->hash()));
  root.setTrack(before->content().getTrack());
  auto hash = line_hash(root.asReader(), position, chain);
  root.setLine(data_of(hash));
  auto first = generation::from(root.asReader());
  if (!first)
    return first.error();
  return line_start{std::move(*first), position, chain, std::move(before)};
}

} // namespace hive::gate
