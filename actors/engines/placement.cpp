#include "actors/engines/placement.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace hive {
namespace {

/// Why nothing can be spawned on the node; empty if it can.
std::string obstacle(wire::NodeInfo::Reader node, spawn_path path) {
  if (node.getState() != wire::MemberState::ACTIVE)
    return "is not active";
  bool has_path = node.getAddress().size() > 0 || (path == spawn_path::link && (node.getSelf() || node.getLinked()));
  return has_path ? "" : "has no door";
}

bool has_labels(wire::NodeInfo::Reader node, capnp::List<capnp::Text>::Reader wanted) {
  std::set<std::string_view> has;
  for (auto label : node.getLabels())
    has.insert(as_view(label));
  for (auto label : wanted)
    if (!has.contains(as_view(label)))
      return false;
  return true;
}

std::string joined(capnp::List<capnp::Text>::Reader labels) {
  std::string out;
  for (auto label : labels)
    out.append(out.empty() ? "" : ", ").append(as_view(label));
  return out;
}

std::optional<wire::NodeInfo::Reader> find(wire::NodeList::Reader nodes, std::string_view id) {
  for (auto node : nodes.getNodes())
    if (as_view(node.getId()) == id)
      return node;
  return std::nullopt;
}

/// The requested node, if it is usable.
caf::expected<wire::NodeInfo::Reader> named(wire::NodeList::Reader nodes, wire::SpawnRequest::Reader wanted,
                                            spawn_path path) {
  std::string id{as_view(wanted.getNode())};
  auto node = find(nodes, id);
  if (!node)
    return fail(ec::not_found, "there is no node " + id);
  if (auto why = obstacle(*node, path); !why.empty())
    return fail(ec::unavailable, "node " + id + " " + why);
  if (!has_labels(*node, wanted.getLabels()))
    return fail(ec::not_found, "node " + id + " lacks one of the labels " + joined(wanted.getLabels()));
  return *node;
}

} // namespace

uint64_t placement::load_of(wire::NodeInfo::Reader node) const {
  auto sent = std::count_if(recent_.begin(), recent_.end(),
                            [&](const auto& each) { return each.second.value == as_view(node.getId()); });
  return node.getSpawned() + static_cast<uint64_t>(sent);
}

caf::expected<placed> placement::choose(wire::NodeList::Reader nodes, wire::SpawnRequest::Reader wanted,
                                        spawn_path path, time_point now) {
  while (!recent_.empty() && recent_.front().first + defaults::placement_memory < now)
    recent_.pop_front();
  std::optional<wire::NodeInfo::Reader> best;
  if (wanted.getNode().size() > 0) {
    auto asked_for = named(nodes, wanted, path);
    if (!asked_for)
      return asked_for.error();
    best = *asked_for;
  } else {
    auto rank = [this](wire::NodeInfo::Reader node) { return std::pair{load_of(node), !node.getSelf()}; };
    for (auto node : nodes.getNodes()) // in the order of ids
      if (obstacle(node, path).empty() && has_labels(node, wanted.getLabels()) && (!best || rank(node) < rank(*best)))
        best = node;
  }
  if (!best)
    return fail(ec::not_found, wanted.getLabels().size() == 0
                                 ? "no node that can be reached is active"
                                 : "no active node has the labels " + joined(wanted.getLabels()));
  placed out{{std::string{as_view(best->getId())}}, std::string{as_view(best->getAddress())}};
  if (recent_.size() < defaults::max_spawned)
    recent_.emplace_back(now, out.node);
  return out;
}

caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer) {
  auto node = find(nodes, issuer.value);
  // A node known only from claims does not count: it has neither an admitted card nor a link.
  if (!node || (!node->getSelf() && node->getEpoch() == 0 && !node->getLinked()))
    return fail(ec::forbidden, "the ticket's issuer " + issuer.value + " is no node of this hive");
  if (node->getState() != wire::MemberState::ACTIVE)
    return fail(ec::forbidden, "the ticket's issuer " + issuer.value + " is not active or in quarantine");
  return caf::none;
}

} // namespace hive
