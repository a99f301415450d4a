#include "actors/upgrade/gate/proposal.hpp"

#include <array>
#include <numeric>

namespace hive::gate {
namespace {

constexpr uint32_t permille = 1000;

} // namespace

caf::expected<proposal_ptr> proposal::from(capnp::Data::Reader bytes) {
  auto body = load_canonical<wire::GateProposal>(bytes);
  if (!body)
    return body.error();
  std::shared_ptr<proposal> made{new proposal{std::move(*body)}};
  made->id_ = hash_of(made->body_);
  for (auto member : made->body().getElectorate()) {
    node_id node{std::string{as_view(member.getNode())}};
    if (!made->nodes_.empty() && node <= made->nodes_.back())
      return fail(ec::invalid, "electorate must be ordered by node id, each once: " + node.value);
    made->nodes_.push_back(std::move(node));
  }
  uint32_t share = 0;
  for (auto stage : made->body().getStages()) {
    if (stage.getSharePermille() < share)
      return fail(ec::invalid, "the share of a stage must not be less than that of the stage before");
    share = stage.getSharePermille();
  }
  return proposal_ptr{std::move(made)};
}

std::optional<rank> proposal::rank_of(const node_id& node) const {
  auto found = std::ranges::lower_bound(nodes_, node);
  if (found == nodes_.end() || *found != node)
    return std::nullopt;
  return static_cast<rank>(found - nodes_.begin());
}

std::vector<rank> proposal::order() const {
  std::vector<digest> drawn;
  for (const auto& node : nodes_)
    drawn.push_back(sha256(std::string{view_of(data_of(id_))} + node.value));
  std::vector<rank> out(size());
  std::iota(out.begin(), out.end(), rank{0});
  auto members = body().getElectorate();
  auto by_draw = [&](rank a, rank b) { return drawn[a] < drawn[b]; };
  std::ranges::sort(out, by_draw);
  // Each tier gives its part: the k-th drawn of a tier with n members stands at k / n.
  std::array<uint32_t, 3> sizes{};
  for (auto member : members)
    ++sizes[static_cast<size_t>(member.getTier())];
  std::array<uint32_t, 3> taken{};
  std::vector<std::pair<uint64_t, uint64_t>> place(size());
  for (auto which : out) {
    auto tier = static_cast<size_t>(members[which].getTier());
    place[which] = {++taken[tier], sizes[tier]};
  }
  std::ranges::stable_sort(
    out, [&](rank a, rank b) { return place[a].first * place[b].second < place[b].first * place[a].second; });
  return out;
}

std::vector<rank> proposal::canaries(size_t stage) const {
  if (stage == 0 || stage > stages())
    return {};
  auto share = body().getStages()[static_cast<uint32_t>(stage - 1)].getSharePermille();
  auto wanted = (size() * share + permille - 1) / permille;
  auto most = std::max<size_t>(1, size() - 1);
  auto out = order();
  out.resize(std::clamp<size_t>(wanted, 1, most));
  std::ranges::sort(out);
  return out;
}

caf::error proposal::check(const generation& sealers) const {
  if (view_of(body().getLine()) != view_of(sealers.content().getLine()))
    return fail(ec::invalid, "the proposal is for another line of generations");
  for (const auto& node : nodes_)
    if (!sealers.rank_of(node))
      return fail(ec::invalid,
                  node.value + " of the electorate is no sealer of generation " + std::to_string(sealers.number()));
  return {};
}

digest hook_token(uint8_t track, const digest& proposal, uint64_t position, wire::GateAction action,
                  const node_id& node) {
  std::string text{"hivemark hook 1"};
  text += '\0';
  text += static_cast<char>(track);
  text += static_cast<char>(action);
  for (size_t byte = 0; byte < sizeof position; ++byte)
    text += static_cast<char>(position >> (8 * byte) & 0xFF);
  text += view_of(data_of(proposal));
  text += node.value;
  return sha256(text);
}

} // namespace hive::gate
