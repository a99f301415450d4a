#include "apps/hivectl/propose_options.hpp"

#include "apps/hivectl/duration_option.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/validators.hpp"

#include <cmath>
#include <optional>

namespace hive::ctl {
namespace {

constexpr double longest_deadline_s = 2'592'000;
constexpr double longest_stage_s = 86'400;
constexpr double smallest_share = 0.001;
constexpr double largest_margin = 0.95;

struct stage_option {
  double share = 0;
  uint32_t duration_s = 0;
  uint32_t deadline_s = 0;
};

/// A share such as 0.2 or 20%.
std::optional<double> parse_share(std::string text) {
  bool is_percent = text.ends_with('%');
  if (is_percent)
    text.pop_back();
  double value = 0;
  if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value))
    return std::nullopt;
  return is_percent ? value / 100 : value;
}

/// Whole seconds, rounded up: a short time is not none.
uint32_t whole_seconds(double seconds) {
  return static_cast<uint32_t>(std::ceil(seconds));
}

/// The parts of "A:B:C"; an empty text has one empty part.
std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> out{{}};
  for (char c : text)
    if (c == ':')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}

caf::expected<stage_option> parse_stage(const std::string& text) {
  auto wrong = [&](const std::string& why) {
    return fail_as(exit_status::usage,
                   "--stage " + text + ": " + why + "; write SHARE:DURATION[:DEADLINE], such as 20%:10m");
  };
  auto parts = split_at_colons(text);
  if (parts.size() < 2 || parts.size() > 3)
    return wrong("it has not two or three parts");
  auto share = parse_share(parts[0]);
  if (!share || *share < smallest_share || *share > 1)
    return wrong("the share must be from 0.001 to 1");
  auto duration = parse_duration(parts[1]);
  if (!duration || *duration <= 0 || *duration > longest_stage_s)
    return wrong("the duration must be more than 0 and at most a day");
  stage_option out{*share, whole_seconds(*duration)};
  if (parts.size() == 2)
    return out;
  auto deadline = parse_duration(parts[2]);
  if (!deadline || *deadline <= 0 || *deadline > longest_deadline_s)
    return wrong("the deadline must be more than 0 and at most 30 days");
  out.deadline_s = whole_seconds(*deadline);
  return out;
}

caf::expected<std::pair<std::string, double>> parse_margin(const std::string& text) {
  auto [metric, value] = split_assignment(text);
  auto share = parse_share(value);
  if (!share || *share < 0 || *share > largest_margin)
    return fail_as(exit_status::usage, "--margin " + text + ": the share must be from 0 to 0.95, such as 0.1 or 10%");
  return std::pair{metric, *share};
}

} // namespace

void add_propose_options(CLI::App& command, propose_options& options) {
  command.add_option("FROM", options.from, "The version in use")->required()->check(valid_id());
  command.add_option("TO", options.to, "The version that would replace it")->required()->check(valid_id());
  command.add_option("--track", options.track, "The track to upgrade (default: main)")->check(valid_id());
  command
    .add_option("--member", options.members,
                "Count only the votes of this node, by id; may be repeated (default: all members of the track)")
    ->type_name("ID")
    ->allow_extra_args(false)
    ->check(valid_id());
  command
    .add_option("--policy", options.policy,
                "Which votes approve: all, majority (more than half), weighted (more than half of the weight) "
                "(default: as configured)")
    ->check(CLI::IsMember({"configured", "all", "majority", "weighted"}));
  command
    .add_option("--judge", options.judge,
                "Policy by which each member judges, as of 'upgrade check': threshold, strict or statistical (default: "
                "as configured)")
    ->check(CLI::IsMember({"configured", "threshold", "strict", "statistical"}));
  add_duration_option(command, "--deadline", options.deadline_s,
                      "Time after which an undecided proposal is shown as held, such as 90 (seconds), 20m or 1.5h "
                      "(default: never)")
    .check(CLI::Range(0.0, longest_deadline_s));
  command
    .add_option(
      "--stage", options.stages,
      "A stage of the rollout, such as 20%:10m: the share of members that get the new version, how long these "
      "are watched, and the time after which an undecided stage is shown as held; may be repeated (default: "
      "one canary for ten minutes, then all)")
    ->type_name("SHARE:DURATION[:DEADLINE]")
    ->allow_extra_args(false);
  auto* measure = command.add_flag("--measure", options.measure,
                                   "Members measure both versions in pairs, instead of judging stored snapshots");
  command
    .add_option("--max-minutes", options.max_minutes, "Longest time that a member measures, in minutes (default: 60)")
    ->check(CLI::Range(0.01, 10080.0))
    ->needs(measure);
  command
    .add_option("--attempts", options.attempts,
                "How many times a member may vote while it is inconclusive, 1 to 16 (default: 3)")
    ->check(CLI::Range(1, 16));
  command
    .add_option("--heavy-votes", options.heavy_votes,
                "How many of the votes must have judged heavy metrics (default: as configured)")
    ->check(CLI::Range(1, 32));
  command
    .add_option(
      "--required-tier", options.required_tiers,
      "For policy weighted: also require a safe vote from this tier: flat, regional or central; may be repeated")
    ->allow_extra_args(false)
    ->check(CLI::IsMember({"flat", "regional", "central"}));
  command
    .add_option("--margin", options.margins,
                "Tolerated change for the worse of a metric, such as 'latency.p99=10%', in place of the configured "
                "one; may be repeated")
    ->type_name("METRIC=SHARE")
    ->allow_extra_args(false)
    ->check(assignment());
  command.add_flag("--queue", options.queue, "Wait for its turn while another proposal of the track is open");
}

caf::expected<msg<wire::ProposeUpgrade>> request_of(const propose_options& options) {
  std::vector<stage_option> stages;
  for (const auto& text : options.stages) {
    auto stage = parse_stage(text);
    if (!stage)
      return stage.error();
    stages.push_back(*stage);
  }
  std::vector<std::pair<std::string, double>> margins;
  for (const auto& text : options.margins) {
    auto margin = parse_margin(text);
    if (!margin)
      return margin.error();
    margins.push_back(*margin);
  }
  return msg<wire::ProposeUpgrade>::build([&](wire::ProposeUpgrade::Builder out) {
    auto count = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
    out.setFrom(options.from);
    out.setTo(options.to);
    out.setTrack(options.track);
    auto members = out.initMembers(count(options.members));
    for (uint32_t i = 0; i < members.size(); ++i)
      members.set(i, options.members[i]);
    out.setPolicy(value_of<wire::ProposedPolicy>(options.policy).value());
    out.setJudge(value_of<wire::ProposedJudge>(options.judge).value());
    out.setDeadlineS(whole_seconds(options.deadline_s));
    auto stage_list = out.initStages(count(stages));
    for (uint32_t i = 0; i < stage_list.size(); ++i) {
      stage_list[i].setShare(stages[i].share);
      stage_list[i].setDurationS(stages[i].duration_s);
      stage_list[i].setDeadlineS(stages[i].deadline_s);
    }
    out.setMeasure(options.measure);
    out.setMaxMinutes(options.max_minutes);
    out.setAttempts(static_cast<uint8_t>(options.attempts));
    out.setHeavyVotes(static_cast<uint8_t>(options.heavy_votes));
    auto tiers = out.initRequiredTiers(count(options.required_tiers));
    for (uint32_t i = 0; i < tiers.size(); ++i)
      tiers.set(i, value_of<wire::NodeTier>(options.required_tiers[i]).value());
    auto margin_list = out.initMargins(count(margins));
    for (uint32_t i = 0; i < margin_list.size(); ++i) {
      margin_list[i].setMetric(margins[i].first);
      margin_list[i].setMargin(margins[i].second);
    }
  });
}

} // namespace hive::ctl
