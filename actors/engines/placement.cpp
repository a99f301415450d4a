#include "actors/engines/placement.hpp"

#include "actors/defaults.hpp"
#include "messages/check.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace hive {
namespace {

/// A lease has at least this much (gpu/ledger).
constexpr uint64_t least_lease_mib = 512;
constexpr double bytes_per_gb = 1e9;
constexpr double bytes_per_mib = 1024 * 1024;
/// Nodes that an error describes.
constexpr uint32_t most_told = 8;

/// Why nothing can be spawned on the node; empty if it can.
std::string obstacle(wire::NodeInfo::Reader node, spawn_path path) {
  if (node.getState() != wire::MemberState::ACTIVE)
    return "is not active";
  bool has_path = node.getAddress().size() > 0 || (path == spawn_path::link && (node.getSelf() || node.getLinked()));
  return has_path ? "" : "has no door";
}

bool has_labels(wire::NodeInfo::Reader node, const std::vector<std::string>& wanted) {
  std::set<std::string_view> has;
  for (auto label : node.getLabels())
    has.insert(as_view(label));
  return std::ranges::all_of(wanted, [&](const auto& label) { return has.contains(label); });
}

std::string joined(const std::vector<std::string>& labels) {
  std::string out;
  for (const auto& label : labels)
    out.append(out.empty() ? "" : ", ").append(label);
  return out;
}

/// Why the node is not one of those that are wanted, apart from its GPUs; empty if it is.
std::string misfit(wire::NodeInfo::Reader node, const place_wish& wish) {
  if (!has_labels(node, wish.labels))
    return "lacks " + std::string{wish.labels.size() > 1 ? "one of the labels " : "the label "} + joined(wish.labels);
  if (node.getTier() < wish.tier)
    return "is of tier " + json_name(node.getTier()) + ", not of " + json_name(wish.tier) + " or higher";
  return {};
}

/// Why none of its GPUs can ever satisfy the need; empty if one can, or without a need.
std::string lack(wire::NodeInfo::Reader node, const std::optional<gpu_need>& need) {
  if (!need || node.getGpuMib() >= need->mib)
    return {};
  if (node.getGpuMib() == 0)
    return "has no GPU that can be leased";
  return "can lease at most " + std::to_string(node.getGpuMib()) + " MiB on one GPU";
}

std::optional<wire::NodeInfo::Reader> find(wire::NodeList::Reader nodes, std::string_view id) {
  for (auto node : nodes.getNodes())
    if (as_view(node.getId()) == id)
      return node;
  return std::nullopt;
}

std::string text_of(const gpu_need& need) {
  return "a GPU of which " + std::to_string(need.mib) + " MiB can be leased";
}

/// The requested node, if it is usable.
caf::expected<wire::NodeInfo::Reader> named(wire::NodeList::Reader nodes, const place_wish& wish, spawn_path path) {
  auto node = find(nodes, wish.node);
  if (!node)
    return fail(ec::not_found, "there is no node " + wish.node);
  if (auto why = obstacle(*node, path); !why.empty())
    return fail(ec::unavailable, "node " + wish.node + " " + why);
  if (auto why = misfit(*node, wish); !why.empty())
    return fail(ec::not_found, "node " + wish.node + " " + why);
  if (auto why = lack(*node, wish.gpu); !why.empty())
    return fail(ec::unsupported, "it needs " + text_of(*wish.gpu) + "; node " + wish.node + " " + why);
  return *node;
}

/// What each node lacks; of a large hive only the first ones.
std::string lacks(wire::NodeList::Reader nodes, const place_wish& wish, spawn_path path) {
  std::string out;
  uint32_t told = 0;
  for (auto node : nodes.getNodes()) {
    if (told == most_told) {
      out += ", and " + std::to_string(nodes.getNodes().size() - told) + " further nodes";
      break;
    }
    auto why = obstacle(node, path);
    if (why.empty())
      why = misfit(node, wish);
    if (why.empty())
      why = lack(node, wish.gpu);
    out.append(told++ == 0 ? "" : ", ").append("node ").append(as_view(node.getId())).append(" ").append(why);
  }
  return out;
}

/// What is wanted of a node, apart from its GPUs.
std::string text_of(const place_wish& wish) {
  std::string out = wish.labels.empty() ? "" : "the labels " + joined(wish.labels);
  if (wish.tier != wire::NodeTier::FLAT)
    out += (out.empty() ? "" : " and ") + std::string{"the tier "} + json_name(wish.tier) + " or a higher one";
  return out;
}

caf::error none_found(wire::NodeList::Reader nodes, const place_wish& wish, spawn_path path) {
  auto wanted = text_of(wish);
  if (wish.gpu) {
    bool lacks_gpu_alone = false;
    for (auto node : nodes.getNodes())
      lacks_gpu_alone |= obstacle(node, path).empty() && misfit(node, wish).empty();
    return fail(lacks_gpu_alone ? ec::unsupported : ec::not_found, "it needs " + text_of(*wish.gpu) +
                                                                     (wanted.empty() ? "" : " and " + wanted) + ": " +
                                                                     lacks(nodes, wish, path));
  }
  return fail(ec::not_found, wanted.empty() ? "no node that can be reached is active" : "no active node has " + wanted);
}

} // namespace

gpu_need gpu_need_of(double gb, bool shared) {
  auto wanted = static_cast<uint64_t>(std::ceil(gb * bytes_per_gb / bytes_per_mib));
  return {std::max(wanted, least_lease_mib), shared};
}

place_wish place_wish::of(wire::SpawnRequest::Reader request) {
  place_wish out;
  out.node = as_view(request.getNode());
  for (auto label : request.getLabels())
    out.labels.emplace_back(as_view(label));
  auto spec = request.getSpec();
  auto command = spec.getAdapter();
  if (spec.hasAdapter() && command.getRequiresGpu())
    out.gpu = gpu_need_of(command.getMinVramGb(), false);
  auto benchmark = spec.getBenchmark();
  if (spec.hasBenchmark() && (benchmark.getRequiresGpu() || benchmark.getMinVramGb() > 0))
    out.gpu = gpu_need_of(benchmark.getMinVramGb(), false);
  out.tier = request.getTier();
  return out;
}

/// Lower is better.
struct placement::rank {
  bool must_wait = false;
  int64_t promised_at = 0; ///< to who waits there; 0: nobody does
  uint64_t waiting = 0;
  uint64_t load = 0;
  bool is_other = false;

  auto operator<=>(const rank&) const = default;
};

placement::rank placement::rank_of(wire::NodeInfo::Reader node, const place_wish& wish) const {
  rank out;
  out.is_other = !node.getSelf();
  out.load = node.getSpawned();
  uint64_t sent_to_gpu = 0;
  for (const auto& each : recent_)
    if (each.node.value == as_view(node.getId())) {
      ++out.load;
      sent_to_gpu += each.to_gpu;
    }
  if (!wish.gpu)
    return out;
  auto free = wish.gpu->shared ? std::max(node.getFreeGpuMib(), node.getIdleGpuMib()) : node.getIdleGpuMib();
  out.must_wait = free < wish.gpu->mib || sent_to_gpu > 0;
  out.promised_at = node.getGpuPromisedAt();
  out.waiting = node.getGpuRequests() + sent_to_gpu;
  return out;
}

caf::expected<placed> placement::choose(wire::NodeList::Reader nodes, const place_wish& wish, spawn_path path,
                                        time_point now) {
  while (!recent_.empty() && recent_.front().at + defaults::placement_memory < now)
    recent_.pop_front();
  std::optional<wire::NodeInfo::Reader> best;
  if (!wish.node.empty()) {
    auto asked_for = named(nodes, wish, path);
    if (!asked_for)
      return asked_for.error();
    best = *asked_for;
  } else {
    std::optional<rank> lowest;
    for (auto node : nodes.getNodes()) { // in the order of ids
      if (!obstacle(node, path).empty() || !misfit(node, wish).empty() || !lack(node, wish.gpu).empty())
        continue;
      auto of_this = rank_of(node, wish);
      if (lowest && *lowest <= of_this)
        continue;
      best = node;
      lowest = of_this;
    }
  }
  if (!best)
    return none_found(nodes, wish, path);
  placed out{{std::string{as_view(best->getId())}}, std::string{as_view(best->getAddress())}};
  if (recent_.size() < defaults::max_spawned)
    recent_.push_back({now, out.node, wish.gpu.has_value()});
  return out;
}

caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer) {
  auto node = find(nodes, issuer.value);
  // A node known only from claims does not count: it has neither an admitted card nor a link.
  if (!node || (!node->getSelf() && node->getEpoch() == 0 && !node->getLinked()))
    return fail(ec::forbidden, "the ticket's issuer " + issuer.value + " is no node of this hive");
  if (node->getState() != wire::MemberState::ACTIVE)
    return fail(ec::forbidden, "the ticket's issuer " + issuer.value + " is not active or in quarantine");
  if (node->getRevoked())
    return fail(ec::forbidden, "the certificate of the ticket's issuer " + issuer.value + " is revoked");
  return caf::none;
}

} // namespace hive
