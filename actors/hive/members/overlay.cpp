#include "actors/hive/members/overlay.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <iterator>

namespace hive {
namespace {

/// Ticks after which a pending dial counts as failed; longer than a handshake may take.
constexpr uint64_t ticks_per_dial = 8;

bool holds(const std::vector<node_id>& all, const node_id& node) {
  return std::ranges::find(all, node) != all.end();
}

} // namespace

caf::error overlay_options::validate() const {
  if (active < 2 || mesh_limit < active)
    return fail(ec::invalid, "overlay: active must be at least 2, or the hive falls apart, and mesh_limit no smaller");
  if (ticks_per_exchange == 0)
    return fail(ec::invalid, "overlay: ticks_per_exchange must be above 0");
  return caf::none;
}

overlay::overlay(uint64_t seed, overlay_options options) : options_{options}, random_{seed} {
}

overlay::changes overlay::tick(std::vector<node_id> linked, const std::function<unlinked_nodes()>& others) {
  ++ticks_;
  std::erase_if(
    dialled_, [&](const auto& entry) { return entry.second + ticks_per_dial <= ticks_ || holds(linked, entry.first); });
  std::erase_if(lost_, [&](const node_id& node) { return holds(linked, node); });
  changes out;
  auto links = linked.size() + dialled_.size();
  if (links < options_.active)
    dial_missing(out, options_.active - links, others);
  else if (random_() % options_.ticks_per_exchange == 0)
    dial_anybody(out, others());
  lost_.clear();
  auto most = options_.active + options_.slack();
  if (linked.size() > most)
    out.close = draw(linked, linked.size() - most);
  return out;
}

void overlay::link_lost(const node_id& node) {
  lost_.push_back(node);
}

void overlay::dial_failed(const node_id& node) {
  dialled_.erase(node);
}

void overlay::dial_missing(changes& out, size_t missing, const std::function<unlinked_nodes()>& others) {
  dial(out, draw(lost_, missing));
  missing -= out.dial.size();
  if (missing == 0)
    return;
  auto free = others();
  for (auto* list : {&free.present, &free.absent})
    std::erase_if(*list, [&](const node_id& node) { return dialled_.contains(node); });
  auto found = draw(free.present, missing);
  // When no active node is left, absent ones are tried, one per tick: they may all be back.
  if (found.size() < missing)
    std::ranges::copy(draw(free.absent, 1), std::back_inserter(found));
  dial(out, found);
}

void overlay::dial_anybody(changes& out, unlinked_nodes free) {
  std::ranges::copy(free.absent, std::back_inserter(free.present));
  std::erase_if(free.present, [&](const node_id& node) { return dialled_.contains(node); });
  dial(out, draw(free.present, 1));
}

void overlay::dial(changes& out, const std::vector<node_id>& nodes) {
  for (const auto& node : nodes) {
    dialled_[node] = ticks_;
    out.dial.push_back(node);
  }
}

std::vector<node_id> overlay::draw(std::vector<node_id>& from, size_t most) {
  std::vector<node_id> out;
  for (size_t i = 0; i < most && !from.empty(); ++i) {
    std::swap(from[random_() % from.size()], from.back());
    out.push_back(std::move(from.back()));
    from.pop_back();
  }
  return out;
}

} // namespace hive
