#include "tests/analysis/agent_noise.hpp"
#include "tests/support/soak.hpp"

#include <array>
#include <cstdio>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>

// Prints the tables of docs/explanation/evidence.md: what the flat rule (present < 0.95 × reference) does on pure
// noise, and what the evidence of analysis/ does on noise and on real losses. HIVE_SOAK=1 takes the full counts,
// otherwise a small part.

namespace hive::analysis {
namespace {

constexpr std::array fleet_rates{0.70, 0.80, 0.90, 0.95, 0.99};

/// So many weeks or agents, and a twentieth of them in a short run.
uint32_t full_or_few(uint32_t full) {
  return is_soak() ? full : std::max(full / 20, 1u);
}

// -- the flat rule ---------------------------------------------------------------

/// The newest values of one action, and their sum.
class window {
public:
  explicit window(size_t size) : size_{size} {
  }

  void add(double value) {
    values_.push_back(value);
    sum_ += value;
    if (values_.size() > size_) {
      sum_ -= values_.front();
      values_.pop_front();
    }
  }

  double mean() const {
    return sum_ / static_cast<double>(values_.size());
  }

private:
  size_t size_;
  std::deque<double> values_;
  double sum_ = 0;
};

struct flat_figures {
  double checks = 0; ///< that failed, per week of the fleet
  double episodes = 0;
  double agents = 0; ///< with at least one
};

/// A week of a fleet under a flat rule. `fails(present, reference)` judges the means of two windows of one action.
template <class Draw, class Fails>
flat_figures flat_rule(size_t window_size, uint32_t actions, uint32_t weeks, const Draw& draw, const Fails& fails) {
  flat_figures out;
  for (uint32_t agent = 0; agent < weeks * fleet_agents; ++agent) {
    std::vector<window> present(actions, window{window_size});
    for (auto& each : present)
      for (size_t run = 0; run < window_size; ++run)
        each.add(draw());
    auto reference = present;
    bool failing = false, hit = false;
    for (uint32_t step = 0; step < steps_per_week; ++step) {
      bool fails_now = false;
      for (uint32_t action = 0; action < actions; ++action) {
        present[action].add(draw());
        fails_now = fails_now || fails(present[action].mean(), reference[action].mean());
      }
      out.checks += fails_now;
      out.episodes += fails_now && !failing;
      hit = hit || fails_now;
      failing = fails_now;
    }
    out.agents += hit;
  }
  return {out.checks / weeks, out.episodes / weeks, out.agents / weeks};
}

bool falls_flat(double present, double reference) {
  return present < 0.95 * reference - 1e-12;
}

void print_flat(const std::string& name, const flat_figures& figures, const char* document) {
  std::printf("| %s | %.0f (%.1f%%) | %.0f | %.0f | %s |\n", name.c_str(), figures.checks,
              100 * figures.checks / (fleet_agents * steps_per_week), figures.episodes, figures.agents, document);
}

TEST(evidence_table, flat_rule_on_noise) {
  noise random{101};
  auto weeks = full_or_few(20);
  std::printf(
    "\n| true rate, window | failing checks a week | episodes | agents hit | design |\n|---|---|---|---|---|\n");
  struct row {
    double rate;
    size_t window_size;
    uint32_t actions;
    const char* document;
  };
  double episodes_at_90 = 0;
  for (const row& each : {row{0.80, 20, 1, "85,424 / 5,209 / 199"},
                          {0.80, 100, 1, "44,120 / 1,900 / 179"},
                          {0.90, 20, 1, "71,810 / 4,326 / 197"},
                          {0.90, 100, 1, "29,796 / 1,113 / 153"},
                          {0.95, 20, 1, "41,978 / 3,034 / 197"},
                          {0.95, 100, 1, "14,256 / 525 / 119"},
                          {0.99, 20, 1, "3,388 / 320 / 155"},
                          {0.99, 100, 1, "95 / 4 / 4"},
                          {0.90, 20, 5, "179,166 / 3,493 / 200"},
                          {0.90, 100, 5, "109,225 / 3,030 / 200"}}) {
    auto figures = flat_rule(
      each.window_size, each.actions, weeks, [&] { return random.succeeds(each.rate) ? 1.0 : 0.0; }, falls_flat);
    char name[64];
    std::snprintf(name, sizeof name, "%.2f, %zu runs%s", each.rate, each.window_size,
                  each.actions > 1 ? ", 5 actions" : "");
    print_flat(name, figures, each.document);
    if (each.rate == 0.90 && each.window_size == 100 && each.actions == 1)
      episodes_at_90 = figures.episodes;
  }
  EXPECT_GT(episodes_at_90, 800);
}

TEST(evidence_table, flat_rule_on_durations) {
  noise random{102};
  auto weeks = full_or_few(5);
  std::printf(
    "\n| durations, mean of 100 | failing checks a week | episodes | agents hit | design |\n|---|---|---|---|---|\n");
  auto slower_by = [](double share) {
    return [share](double present, double reference) { return present > (1 + share) * reference; };
  };
  auto lognormal = [&] { return random.lognormal(0.8); };
  print_flat("lognormal σ .8, +5%", flat_rule(100, 1, weeks, lognormal, slower_by(0.05)), "71,310 / 2,388");
  print_flat("lognormal σ .8, +10%", flat_rule(100, 1, weeks, lognormal, slower_by(0.10)), "44,048 / 1,922");
  auto pareto = flat_rule(
    100, 1, weeks, [&] { return random.pareto(1.5); }, slower_by(0.05));
  print_flat("Pareto 1.5, +5%", pareto, "85,261");
  EXPECT_GT(pareto.episodes, 500);
}

TEST(evidence_table, a_reference_that_follows_regressions) {
  noise random{103};
  auto weeks = full_or_few(20);
  std::printf("\n| rate .90, new reference at each regression | captures a week | reference after a week | design |\n"
              "|---|---|---|---|\n");
  for (size_t window_size : {size_t{100}, size_t{20}}) {
    double captures = 0, references = 0;
    for (uint32_t agent = 0; agent < weeks * fleet_agents; ++agent) {
      window present{window_size};
      for (size_t run = 0; run < window_size; ++run)
        present.add(random.succeeds(0.90));
      double reference = present.mean();
      for (uint32_t step = 0; step < steps_per_week; ++step) {
        present.add(random.succeeds(0.90));
        if (falls_flat(present.mean(), reference)) {
          ++captures;
          reference = present.mean();
        }
      }
      references += reference;
    }
    std::printf("| %zu runs | %.0f | %.3f | %s |\n", window_size, captures / weeks, references / (weeks * fleet_agents),
                window_size == 100 ? "202, .850" : "844, .683");
    EXPECT_LT(references / (weeks * fleet_agents), 0.87);
  }
}

TEST(evidence_table, ten_exact_losses_under_the_flat_rule) {
  double rate = 0.95, following = 0.95;
  uint32_t reports = 0, first_against_fixed = 0;
  for (uint32_t step = 1; step <= 10; ++step) {
    rate *= 0.96;
    if (falls_flat(rate, following))
      ++reports;
    else
      following = rate;
    if (first_against_fixed == 0 && falls_flat(rate, 0.95))
      first_against_fixed = step;
  }
  std::printf(
    "\n4%% ten times, exact values, reference = newest passing capture: %u reports, .95 ends at %.3f. Against a "
    "fixed reference: reported at step %u. (Design: 0, .632, 2)\n",
    reports, rate, first_against_fixed);
  EXPECT_EQ(reports, 0u);
  EXPECT_EQ(first_against_fixed, 2u);
}

// -- evidence on noise -------------------------------------------------------------

/// How runs of a fleet come.
struct load {
  uint32_t runs_per_step = 1; ///< of one action
  uint32_t actions = 1;       ///< with a stream each
  double batch_correlation = 0;
  uint32_t weeks = 1; ///< that each fleet is followed after its streams have learned
};

/// Draws runs of one rate; with a correlation, ten runs share a rate from a beta distribution around it.
class batched_runs {
public:
  batched_runs(noise& random, double rate, double correlation) : random_{random}, rate_{rate}, shared_{rate} {
    if (correlation > 0)
      weight_ = 1 / correlation - 1;
  }

  bool next() {
    if (weight_ > 0 && drawn_++ % block_runs == 0) {
      double good = std::gamma_distribution<double>{rate_ * weight_}(random_.generator());
      double bad = std::gamma_distribution<double>{(1 - rate_) * weight_}(random_.generator());
      shared_ = good / (good + bad);
    }
    return random_.succeeds(shared_);
  }

private:
  noise& random_;
  double rate_;
  double shared_;
  double weight_ = 0;
  uint32_t drawn_ = 0;
};

/// Streams that were confirmed, per week of the fleet: in each week after learning, as a mean over `fleets`.
std::vector<double> false_alarms(noise& random, const load& given, uint32_t fleets) {
  std::vector<double> out(given.weeks);
  double threshold = fleet_threshold(given.runs_per_step * given.actions);
  for (uint32_t stream_number = 0; stream_number < fleets * fleet_agents * given.actions; ++stream_number) {
    batched_runs runs{random, fleet_rates[stream_number % fleet_rates.size()], given.batch_correlation};
    success_stream stream;
    while (judge(stream, threshold) == drift_evidence::learning)
      add_run(stream, runs.next(), threshold);
    for (auto& confirmed : out)
      for (uint32_t run = 0; run < steps_per_week * given.runs_per_step; ++run) {
        auto change = add_run(stream, runs.next(), threshold);
        confirmed += change.before != drift_evidence::confirmed && change.after == drift_evidence::confirmed;
      }
  }
  for (auto& each : out)
    each /= fleets;
  return out;
}

double mean(const std::vector<double>& values, size_t from, size_t to) {
  double sum = 0;
  for (size_t i = from; i < to; ++i)
    sum += values[i];
  return sum / static_cast<double>(to - from);
}

TEST(evidence_table, false_alarms_of_successes) {
  noise random{104};
  auto weeks = full_or_few(100);
  std::printf(
    "\n| false alarms a week, 200 agents, rates .7 .8 .9 .95 .99 | threshold | first week after learning | design |\n"
    "|---|---|---|---|\n");
  struct row {
    const char* name;
    load given;
    const char* document;
  };
  for (const row& each :
       {row{"1 run in 10 min", {}, ".24"}, {"5 runs in 10 min", {5}, ".20"}, {"5 actions each", {1, 5}, ".40"}}) {
    auto found = false_alarms(random, each.given, weeks)[0];
    std::printf("| %s | %.1f | %.2f | %s |\n", each.name,
                fleet_threshold(each.given.runs_per_step * each.given.actions), found, each.document);
    EXPECT_LE(found, is_soak() ? 1.0 : 1.6);
  }
}

TEST(evidence_table, false_alarms_in_a_long_life) {
  noise random{105};
  std::printf("\n| false alarms a week, 1 run in 10 min | first week | weeks 2 to 5 | weeks 6 to 20 | design "
              "|\n|---|---|---|---|---|\n");
  struct row {
    double correlation;
    const char* document;
  };
  for (const row& each : {row{0, ".24"}, {0.02, ".36"}, {0.05, ".50"}}) {
    auto found = false_alarms(random, {1, 1, each.correlation, 20}, full_or_few(20));
    char name[64] = "independent runs";
    if (each.correlation > 0)
      std::snprintf(name, sizeof name, "batches of ten, correlation %.2f", each.correlation);
    std::printf("| %s | %.2f | %.2f | %.2f | %s |\n", name, found[0], mean(found, 1, 5), mean(found, 5, 20),
                each.document);
    if (each.correlation == 0) {
      EXPECT_LE(mean(found, 0, found.size()), 1);
    }
  }
}

TEST(evidence_table, false_alarms_of_numbers) {
  noise random{106};
  auto weeks = full_or_few(60);
  double threshold = fleet_threshold();
  std::printf(
    "\n| false alarms a week of numbers, 1 run in 10 min | first week after learning | design |\n|---|---|---|\n");
  struct row {
    const char* name;
    std::function<double()> draw;
    const char* document;
  };
  const std::vector<row> rows{
    {"lognormal σ .8", [&] { return random.lognormal(0.8); }, ".30-.37"},
    {"Pareto 1.5", [&] { return random.pareto(1.5); }, ".30-.37"},
    {"whole seconds, about 30 levels", [&] { return std::floor(10 * random.lognormal(0.4)); }, ""},
    {"rewards of 1 (90%) and -0.5, split at the median", [&] { return random.succeeds(0.9) ? -1.0 : 0.5; },
     "20 by ranks"}};
  for (const auto& each : rows) {
    double confirmed = 0;
    for (uint32_t agent = 0; agent < weeks * fleet_agents; ++agent) {
      number_stream stream;
      for (uint32_t run = 0; run < min_reference_runs + steps_per_week; ++run) {
        auto change = add_run(stream, each.draw(), threshold);
        confirmed += change.before != drift_evidence::confirmed && change.after == drift_evidence::confirmed;
      }
    }
    std::printf("| %s | %.2f | %s |\n", each.name, confirmed / weeks, each.document);
    EXPECT_LE(confirmed / weeks, is_soak() ? 1.0 : 2.0) << each.name;
  }
}

// -- evidence on losses --------------------------------------------------------------

std::string runs_or_never(uint32_t runs, uint32_t limit) {
  return runs > limit ? ">" + std::to_string(limit) : std::to_string(runs);
}

TEST(evidence_table, a_drop_of_ten_points) {
  noise random{107};
  constexpr uint32_t limit = 5'000;
  auto agents = full_or_few(2'000);
  std::printf("\n| drop of 10 points, runs until confirmed: median / 90%% | reference 200 | 400 | 1000 | design "
              "|\n|---|---|---|---|---|\n");
  struct row {
    double rate;
    const char* document;
  };
  for (const row& each : {row{0.99, "66/149, 61/137, 56/118"},
                          {0.95, "172/746, 152/428, 133/293"},
                          {0.90, "333/>3700, 270/1294, 218/529"},
                          {0.80, "1555, 613, 391/1040"}}) {
    std::printf("| from %.2f ", each.rate);
    for (uint32_t reference : {200u, 400u, 1'000u}) {
      std::vector<uint32_t> runs;
      for (uint32_t agent = 0; agent < agents; ++agent)
        runs.push_back(runs_to_confirm(learned_stream(random, each.rate, reference, fleet_threshold()), random,
                                       fleet_threshold(), limit, [&](uint32_t) { return each.rate - 0.1; }));
      std::printf("| %s / %s ", runs_or_never(quantile_of(runs, 0.5), limit).c_str(),
                  runs_or_never(quantile_of(runs, 0.9), limit).c_str());
      if (each.rate == 0.95 && reference == 1'000 && is_soak()) {
        EXPECT_LE(quantile_of(runs, 0.9), 300u);
      }
    }
    std::printf("| %s |\n", each.document);
  }
}

TEST(evidence_table, ten_losses_of_four_percent) {
  noise random{108};
  auto agents = full_or_few(1'000);
  std::printf("\n| 4%% ten times | losses until confirmed: median / 90%% | never | design |\n|---|---|---|---|\n");
  struct row {
    double rate;
    uint32_t step_runs;
    const char* document;
  };
  for (const row& each :
       {row{0.95, 500, "2.5 / 3.2"}, {0.95, 100, "4 / 5.2"}, {0.90, 500, "3.1 / 5.0"}, {0.90, 100, ""}}) {
    // The agent goes on with what is left after the tenth loss.
    auto limit = 20 * each.step_runs;
    std::vector<uint32_t> runs;
    for (uint32_t agent = 0; agent < agents; ++agent)
      runs.push_back(runs_to_confirm(learned_stream(random, each.rate, max_reference_runs, fleet_threshold()), random,
                                     fleet_threshold(), limit, [&](uint32_t run) {
                                       double rate = each.rate;
                                       for (uint32_t loss = 0; loss <= (run - 1) / each.step_runs && loss < 10; ++loss)
                                         rate *= 0.96;
                                       return rate;
                                     }));
    auto never = std::ranges::count_if(runs, [&](uint32_t run) { return run > limit; });
    std::printf("| %.2f, every %u runs | %.1f / %.1f | %td | %s |\n", each.rate, each.step_runs,
                1 + static_cast<double>(quantile_of(runs, 0.5)) / each.step_runs,
                1 + static_cast<double>(quantile_of(runs, 0.9)) / each.step_runs, never, each.document);
    EXPECT_EQ(never, 0);
  }
}

TEST(evidence_table, slower_by_a_factor) {
  noise random{109};
  constexpr uint32_t limit = 3'000;
  auto agents = full_or_few(300);
  double threshold = fleet_threshold();
  std::printf("\n| slower, runs until confirmed: median / 90%% | sample 200 | 400 | 1000 | design (median) "
              "|\n|---|---|---|---|---|\n");
  struct row {
    const char* name;
    std::function<double()> draw;
    double factor;
    const char* document;
  };
  auto lognormal = [&](double sigma) { return [&random, sigma] { return random.lognormal(sigma); }; };
  const std::vector<row> rows{{"lognormal σ .8", lognormal(0.8), 1.5, "63-88"},
                              {"lognormal σ .8", lognormal(0.8), 2, "27-31"},
                              {"lognormal σ .8", lognormal(0.8), 1.25, "300 at 1000"},
                              {"lognormal σ .4", lognormal(0.4), 1.25, "51-69"},
                              {"Pareto 1.5", [&] { return random.pareto(1.5); }, 1.5, "36-39"}};
  for (const auto& each : rows) {
    std::printf("| %s, ×%.2f ", each.name, each.factor);
    for (uint32_t sample : {200u, 400u, 1'000u}) {
      std::vector<uint32_t> runs;
      for (uint32_t agent = 0; agent < agents; ++agent) {
        number_stream stream;
        while (!stream.learned || stream.sample.size() < sample) {
          add_run(stream, each.draw(), threshold);
          if (stream.test.held)
            stream = {};
        }
        uint32_t run = 1;
        while (run <= limit && add_run(stream, each.factor * each.draw(), threshold).after != drift_evidence::confirmed)
          ++run;
        runs.push_back(run);
      }
      std::printf("| %s / %s ", runs_or_never(quantile_of(runs, 0.5), limit).c_str(),
                  runs_or_never(quantile_of(runs, 0.9), limit).c_str());
    }
    std::printf("| %s |\n", each.document);
  }
}

TEST(evidence_table, recovery) {
  noise random{110};
  constexpr uint32_t limit = 10'000;
  auto agents = full_or_few(500);
  std::printf("\n| confirmed 10 points below, then as before: runs until recovered | median | 90%% |\n|---|---|---|\n");
  for (double rate : {0.99, 0.95, 0.90, 0.80}) {
    std::vector<uint32_t> runs;
    for (uint32_t agent = 0; agent < agents; ++agent) {
      auto stream = learned_stream(random, rate, max_reference_runs, fleet_threshold());
      while (judge(stream, fleet_threshold()) != drift_evidence::confirmed)
        add_run(stream, random.succeeds(rate - 0.1), fleet_threshold());
      uint32_t run = 1;
      while (run <= limit &&
             add_run(stream, random.succeeds(rate), fleet_threshold()).after == drift_evidence::confirmed)
        ++run;
      runs.push_back(run);
    }
    std::printf("| %.2f | %s | %s |\n", rate, runs_or_never(quantile_of(runs, 0.5), limit).c_str(),
                runs_or_never(quantile_of(runs, 0.9), limit).c_str());
    EXPECT_LE(quantile_of(runs, 0.5), limit);
  }
}

} // namespace
} // namespace hive::analysis
