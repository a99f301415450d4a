#include "actors/hive/link/link_table.hpp"

#include "messages/ec.hpp"

#include <algorithm>

namespace hive {

caf::error certificate_in_use(const node_id& by, const node_id& holder) {
  return fail(ec::conflict, "its certificate is in use by another node that lives: node " + by.value +
                              " must have one of its own, since node " + holder.value + " has this one");
}

link_table::verdict link_table::admit(connection_id connection, const candidate& peer) {
  if (peer.node == self_)
    return {fail(ec::invalid, "it is this node itself"), {}};
  auto same_holder = std::ranges::find_if(links_, [&](const auto& entry) {
    return !peer.holder.empty() && entry.first != peer.node && entry.second.holder == peer.holder;
  });
  if (same_holder != links_.end())
    return {certificate_in_use(peer.node, same_holder->first), {}};
  // A connection dialled here is settled at once: this acceptance is the last message of the handshake.
  link fresh{connection, peer.epoch, peer.dialled_here == (self_ < peer.node), peer.dialled_here, peer.holder};
  auto [at, none_yet] = links_.try_emplace(peer.node, fresh);
  if (none_yet)
    return {};
  auto& standing = at->second;
  bool both_dialled =
    standing.epoch == fresh.epoch && !standing.settled && fresh.dialled_by_lower && !standing.dialled_by_lower;
  if (fresh.epoch > standing.epoch || both_dialled)
    return {caf::none, std::exchange(standing, fresh).connection};
  return {fail(ec::already_exists,
               "node " + peer.node.value + " in its epoch " + std::to_string(standing.epoch) + " is linked already"),
          {}};
}

void link_table::settle(connection_id connection) {
  if (auto at = find(connection); at != links_.end())
    at->second.settled = true;
}

bool link_table::holds(connection_id connection) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& entry) { return entry.second.connection == connection; });
}

std::optional<node_id> link_table::drop(connection_id connection) {
  auto at = find(connection);
  if (at == links_.end())
    return std::nullopt;
  auto node = at->first;
  links_.erase(at);
  return node;
}

std::map<node_id, link_table::link>::iterator link_table::find(connection_id connection) {
  return std::find_if(links_.begin(), links_.end(),
                      [&](const auto& entry) { return entry.second.connection == connection; });
}

} // namespace hive
