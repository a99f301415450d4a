#include "actors/upgrade/stages/stage_counts.hpp"

#include <algorithm>

namespace hive {
namespace {

using analysis::good_bad;

constexpr uint32_t usual_block_s = 60;
constexpr uint32_t blocks_of_short_stage = 10;

constexpr uint32_t divide_up(uint32_t value, uint32_t by) {
  return value / by + (value % by ? 1 : 0);
}

/// One check.
good_bad as_count(const std::optional<bool>& good) {
  return good ? good_bad{*good, !*good} : good_bad{};
}

} // namespace

uint32_t block_length(uint32_t duration_s) {
  if (duration_s == 0)
    return 0;
  auto usual = std::clamp<uint32_t>(duration_s / blocks_of_short_stage, 1, usual_block_s);
  return std::max(usual, divide_up(duration_s, most_stage_blocks / 2));
}

uint32_t last_block(uint32_t duration_s) {
  return duration_s == 0 ? 0 : 2 * divide_up(duration_s, block_length(duration_s));
}

std::optional<good_bad> between(const std::optional<running_total>& before, const std::optional<running_total>& after) {
  if (!before || !after || before->run != after->run || after->all < before->all || after->bad < before->bad)
    return std::nullopt;
  auto all = after->all - before->all;
  auto bad = after->bad - before->bad;
  if (bad > all || all >= static_cast<uint64_t>(analysis::most_in_block))
    return std::nullopt;
  return good_bad{static_cast<int64_t>(all - bad), static_cast<int64_t>(bad)};
}

std::optional<analysis::health_block> count_block(const analysis::canary_options& options, uint32_t number,
                                                  const health_totals& before, const health_totals& after,
                                                  const health_checks& checks) {
  analysis::health_block out{.number = number};
  auto take = [](bool is_on, const std::optional<running_total>& from, const std::optional<running_total>& to,
                 good_bad& into) {
    auto counted = is_on ? between(from, to) : good_bad{};
    into = counted.value_or(good_bad{});
    return counted.has_value();
  };
  if (!take(options.success_rate.is_on, before.tasks, after.tasks, out.tasks) ||
      !take(options.error_rate.is_on, before.requests, after.requests, out.requests) ||
      !take(options.world_model.is_on, before.world_model, after.world_model, out.world_model))
    return std::nullopt;
  if (options.world_model.is_on && checks.world_model == false)
    out.world_model.add({0, 1});
  out.guardrail = as_count(checks.guardrail);
  return out;
}

void stage_counts::add(const std::optional<analysis::health_block>& block) {
  if (block)
    blocks.push_back(*block);
  ++observed_blocks;
}

} // namespace hive
