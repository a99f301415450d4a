// Random snapshots: properties that every verdict must have, whatever the snapshots contain.

#include "tests/analysis/upgrade_scene.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <random>

namespace hive::analysis {
namespace {

constexpr int rounds = 20'000;

/// Fills the two versions of a scene: mostly alike, with an occasional difference of every kind.
class scene_filler {
public:
  explicit scene_filler(uint32_t seed) : random_{seed} {
  }

  void fill(upgrade_check& scene) {
    scene.old_metrics.clear();
    scene.new_metrics.clear();
    scene.old_machine = some_machine();
    scene.new_machine = some_machine();
    for (auto* adapters : {&scene.old_adapters, &scene.new_adapters}) {
      adapters->clear();
      for (auto name : {"a", "b"})
        adapters->push_back({name, one_in(8) ? outcome::skipped : one_in(8) ? outcome::error : outcome::ok, "why"});
    }
    static constexpr std::string_view names[] = {"m0", "m1", "m2", "m3"};
    for (auto name : names) {
      auto was = some_metric(name), now = one_in(3) ? some_metric(name) : was;
      now.value = some_value(was.value);
      if (!one_in(6))
        scene.old_metrics.push_back(was);
      if (!one_in(6))
        scene.new_metrics.push_back(now);
    }
  }

  bool one_in(unsigned n) {
    return random_() % n == 0;
  }

private:
  metric_point some_metric(std::string_view name) {
    metric_point out{one_in(2) ? "a" : "b", name, some_value(1)};
    out.better = one_in(2) ? direction::higher : direction::lower;
    out.fast = !one_in(4);
    out.unit = pick({"ms", "s", "ratio", "count", ""});
    out.scope = pick({"", "", "", "p1", "p2"});
    out.gate = !one_in(5);
    out.absolute_margin = one_in(2) ? no_margin : one_in(2) ? 0 : .02;
    if (one_in(2))
      out.same_environment = {environment_field::cpu_model, environment_field::cores};
    return out;
  }

  double some_value(double near) {
    switch (random_() % 8) {
    case 0:
      return 0;
    case 1:
      return -near;
    case 2:
      return nan;
    case 3:
      return near;
    case 4:
      return near * .95;
    default:
      return near * (.5 + static_cast<double>(random_() % 1000) / 1000);
    }
  }

  environment some_machine() {
    return one_in(6) ? environment{} : environment{"cpu", one_in(6) ? 4u : 2u};
  }

  std::string_view pick(std::initializer_list<std::string_view> from) {
    return *(from.begin() + random_() % from.size());
  }

  std::mt19937 random_;
};

const metric_point* find(const std::vector<metric_point>& in, const metric_point& like) {
  for (const auto& metric : in)
    if (metric.adapter == like.adapter && metric.name == like.name)
      return &metric;
  return nullptr;
}

bool is(const std::vector<adapter_point>& in, std::string_view name, outcome status) {
  for (const auto& adapter : in)
    if (adapter.name == name)
      return adapter.status == status;
  return false;
}

/// Whether policy strict may pass this pair: a second, independent statement of its rules.
bool is_evidence(const upgrade_check& scene, const metric_point& was, const metric_point& now) {
  if (was.unit != now.unit || was.better != now.better || was.scope != now.scope || !std::isfinite(was.value) ||
      !std::isfinite(now.value))
    return false;
  bool same_machine = !scene.old_machine.cpu_model.empty() && scene.old_machine.cores == scene.new_machine.cores;
  if (!(was.same_environment.empty() && now.same_environment.empty()) && !same_machine)
    return false;
  double sign = was.better == direction::higher ? 1 : -1;
  double gain = sign * (now.value - was.value);
  if (was.value > 0)
    return gain >= -.05 * was.value * (1 + 1e-12);
  if (gain == 0)
    return true;
  if (std::isnan(was.absolute_margin))
    return gain > 0 && !std::isnan(now.absolute_margin);
  return gain >= -std::fmin(was.absolute_margin, now.absolute_margin);
}

TEST_F(upgrade_check, strict_is_never_safe_without_evidence_for_every_metric) {
  HIVE_RANDOM_SEED(seed);
  scene_filler filler{seed};
  int safe = 0;
  for (int round = 0; round < rounds; ++round) {
    filler.fill(*this);
    if (check(policy::strict).decided != verdict::safe)
      continue;
    ++safe;
    size_t evidence = 0;
    for (auto name : {"a", "b"}) {
      EXPECT_FALSE(is(old_adapters, name, outcome::error)) << round;
      EXPECT_FALSE(is(new_adapters, name, outcome::error)) << round;
    }
    for (const auto& was : old_metrics) {
      auto* now = find(new_metrics, was);
      bool decides = was.gate || (now && now->gate);
      bool restarted = now && !was.scope.empty() && !now->scope.empty() && was.scope != now->scope;
      bool skipped = is(old_adapters, was.adapter, outcome::skipped) || is(new_adapters, was.adapter, outcome::skipped);
      if (!decides || restarted)
        continue;
      if (!now || skipped) {
        EXPECT_FALSE(was.fast) << round << " " << was.name;
        continue;
      }
      EXPECT_TRUE(is_evidence(*this, was, *now)) << round << " " << was.name << " " << was.value << " " << now->value;
      ++evidence;
    }
    EXPECT_GT(evidence, 0u) << round;
  }
  EXPECT_GT(safe, rounds / 500) << "too few cases for the test to say anything";
}

TEST_F(upgrade_check, strict_is_safe_only_where_threshold_finds_no_change_of_meaning_or_regression_above_zero) {
  HIVE_RANDOM_SEED(seed);
  scene_filler filler{seed};
  for (int round = 0; round < rounds; ++round) {
    filler.fill(*this);
    for (auto& metric : old_metrics)
      metric.value = std::abs(metric.value) + 1; // at or below zero, the two policies judge by different rules
    if (check(policy::strict).decided == verdict::safe) {
      EXPECT_EQ(check(policy::threshold).decided, verdict::safe) << round << ": " << check(policy::threshold).reason;
    }
  }
}

TEST_F(upgrade_check, no_verdict_depends_on_the_order_of_metrics_or_adapters) {
  HIVE_RANDOM_SEED(seed);
  scene_filler filler{seed};
  for (int round = 0; round < rounds / 10; ++round) {
    filler.fill(*this);
    for (auto rule : {policy::threshold, policy::strict}) {
      auto before = check(rule);
      for (auto* metrics : {&old_metrics, &new_metrics})
        std::reverse(metrics->begin(), metrics->end());
      for (auto* adapters : {&old_adapters, &new_adapters})
        std::reverse(adapters->begin(), adapters->end());
      auto after = check(rule);
      EXPECT_EQ(after.decided, before.decided) << round;
      EXPECT_EQ(after.compared, before.compared) << round;
      EXPECT_EQ(after.regressions.size(), before.regressions.size()) << round;
    }
  }
}

TEST_F(upgrade_check, safe_is_said_only_of_what_was_compared) {
  HIVE_RANDOM_SEED(seed);
  scene_filler filler{seed};
  for (int round = 0; round < rounds; ++round) {
    filler.fill(*this);
    for (auto rule : {policy::threshold, policy::strict}) {
      auto result = check(rule);
      bool blocked = !result.missing.empty() && result.missing.front().blocks;
      EXPECT_EQ(result.decided == verdict::safe, result.compared > 0 && !blocked && result.regressions.empty());
      EXPECT_EQ(result.decided == verdict::regressed, !result.regressions.empty());
      EXPECT_FALSE(result.reason.empty());
      EXPECT_LT(result.reason.size(), 4'096u);
    }
  }
}

} // namespace
} // namespace hive::analysis
