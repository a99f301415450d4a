#include "analysis/block_rates.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// A side in a block, as numbers.
struct side_block {
  double bad = 0;
  double all = 0;

  double share() const {
    return bad / all;
  }
};

/// Both sides of a block.
struct stratum {
  side_block canary;
  side_block control;

  bool compares() const {
    return canary.all > 0 && control.all > 0;
  }

  double weight() const {
    return canary.all * control.all / (canary.all + control.all);
  }

  /// The variance of one trial, from all trials of the block.
  double variance() const {
    double all = canary.all + control.all, share = (canary.bad + control.bad) / all;
    return share * (1 - share) * all / (all - 1); // at least one trial on either side
  }
};

double variance_of_trial(double share) {
  return share * (1 - share);
}

/// Both sides of every block.
std::vector<stratum> strata_of(std::span<const block_series> nodes, uint32_t blocks) {
  std::vector<stratum> out(blocks);
  for (const auto& node : nodes)
    for (uint32_t block = 0; block < blocks; ++block) {
      auto& side = node.is_canary ? out[block].canary : out[block].control;
      side.bad += static_cast<double>(node.blocks[block].bad);
      side.all += static_cast<double>(node.blocks[block].all());
    }
  return out;
}

/// A sum of squares in units of what chance alone gives.
struct spread {
  double squares = 0;
  double by_chance = 0;

  double ratio() const {
    return by_chance > 0 ? squares / by_chance : 1;
  }
};

// -- shares ------------------------------------------------------------------------

void weigh_shares(block_rates& out, std::span<const stratum> compared) {
  double weights = 0, canary = 0, control = 0, canary_squares = 0, control_squares = 0;
  for (const auto& each : compared) {
    double weight = each.weight();
    weights += weight;
    canary += weight * each.canary.share();
    control += weight * each.control.share();
    canary_squares += weight * weight / each.canary.all;
    control_squares += weight * weight / each.control.all;
  }
  if (weights == 0)
    return;
  // So many trials have an unweighted share of the same variance.
  out.canary = {canary / weights, weights * weights / canary_squares};
  out.control = {control / weights, weights * weights / control_squares};
}

// -- design effect -----------------------------------------------------------------

/// The part of the shares that both sides have in the same blocks.
double common_part(std::span<const stratum> compared) {
  double weights = 0, overall = 0, within = 0;
  for (const auto& each : compared) {
    weights += each.weight();
    overall += each.weight() * (each.canary.bad + each.control.bad) / (each.canary.all + each.control.all);
    within += each.weight() * each.variance();
  }
  if (weights == 0 || overall > weights / 2)
    return 0;
  overall /= weights;
  // The lower share whose trials vary as those within the blocks do.
  double steady = (1 - std::sqrt(1 - 4 * std::min(within / weights, variance_of_trial(overall)))) / 2;
  return std::max(0.0, overall - steady);
}

spread of_blocks(std::span<const stratum> compared, const block_rates& at) {
  double weights = 0, difference = at.canary.share - at.control.share;
  for (const auto& each : compared)
    weights += each.weight();
  spread out;
  for (const auto& each : compared) {
    double weight = each.weight(), rest = 1 - weight / weights; // of a deviation, when the mean contains its value
    double off = weight * (each.canary.share() - each.control.share() - difference);
    if (rest > 0)
      out.squares += off * off / rest;
    out.by_chance +=
      weight * weight *
      (variance_of_trial(at.canary.share) / each.canary.all + variance_of_trial(at.control.share) / each.control.all);
  }
  return out;
}

/// Of the nodes of both sides, in each block and over all.
struct node_spreads {
  spread of_cells;
  spread of_nodes;
  double degrees = 0; ///< of `of_nodes`
};

void add_node(node_spreads& to, const block_series& node, std::span<const stratum> strata) {
  double off = 0, variance = 0;
  for (size_t block = 0; block < strata.size(); ++block) {
    const auto& side = node.is_canary ? strata[block].canary : strata[block].control;
    auto own = static_cast<double>(node.blocks[block].all());
    if (own == 0 || own == side.all)
      continue;
    double more = static_cast<double>(node.blocks[block].bad) - own * side.share();
    double by_chance = own * variance_of_trial(side.share()) * (side.all - own) / (side.all - 1);
    to.of_cells.squares += more * more;
    to.of_cells.by_chance += by_chance;
    off += more;
    variance += by_chance;
  }
  to.of_nodes.squares += off * off;
  to.of_nodes.by_chance += variance;
  if (variance > 0)
    ++to.degrees;
}

/// By what factor failures within blocks vary more than independent ones.
double beyond_chance(std::span<const block_series> nodes, std::span<const stratum> strata, double between_blocks) {
  double out = std::max(1.0, between_blocks);
  for (bool canary : {true, false}) {
    node_spreads side;
    for (const auto& node : nodes)
      if (node.is_canary == canary)
        add_node(side, node, strata);
    double degrees = side.degrees - 1;
    if (degrees <= 0)
      continue;
    out = std::max({out, side.of_cells.ratio(), side.of_nodes.ratio() / (1 + std::sqrt(2 / degrees))});
  }
  return out;
}

} // namespace

block_rates compare_blocks(std::span<const block_series> nodes, uint32_t blocks) {
  block_rates out;
  auto strata = strata_of(nodes, blocks);
  std::vector<stratum> compared;
  for (uint32_t block = 0; block < blocks; ++block) {
    if (!strata[block].compares())
      continue;
    compared.push_back(strata[block]);
    for (const auto& node : nodes)
      (node.is_canary ? out.canary_counts : out.control_counts).add(node.blocks[block]);
  }
  out.blocks = static_cast<uint32_t>(compared.size());
  weigh_shares(out, compared);
  out.common = std::min({common_part(compared), out.canary.share, out.control.share});
  out.canary.share -= out.common;
  out.control.share -= out.common;
  out.design_effect = beyond_chance(nodes, strata, of_blocks(compared, out).ratio());
  out.canary.trials /= out.design_effect;
  out.control.trials /= out.design_effect;
  return out;
}

} // namespace hive::analysis
