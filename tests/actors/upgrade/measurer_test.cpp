#include "actors/upgrade/measurer.hpp"

#include "actors/benchmark/measure_once.hpp"
#include "actors/upgrade/checker.hpp"
#include "actors/upgrade/reference_keeper.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/upgrade.capnp.h"
#include "storage/measurement_store.hpp"
#include "tests/support/test_inputs.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <random>

namespace hive {
namespace {

using testing::HasSubstr;

/// Measures what it is told to, by version.
struct fake_registry {
  std::mutex mutex;
  std::map<std::string, double> value{{"v1", 100}, {"v2", 100}};
  double noise = 0.01;          ///< relative
  uint32_t fails_at = 0;        ///< the run that fails; 0: none
  std::vector<std::string> ran; ///< versions, in the order of the runs
  uint32_t captures = 0;
  std::mt19937 random{7};
};

adapter_outcome outcome_of(fake_registry& registry, const measure_once& asked) {
  std::lock_guard guard{registry.mutex};
  std::string version{as_view(asked.request->getVersion())};
  registry.ran.push_back(version);
  adapter_outcome out;
  out.name = asked.adapter;
  if (registry.fails_at == registry.ran.size()) {
    out.reason = "exit status 3";
    return out;
  }
  out.status = wire::AdapterStatus::OK;
  out.contention =
    msg<wire::Contention>::build([&](wire::Contention::Builder to) { to.setCaptures(registry.captures); });
  std::normal_distribution<double> noise{1, registry.noise};
  out.measurement = msg<wire::Measurement>::build([&](wire::Measurement::Builder to) {
    auto metric = to.initMetrics(1)[0];
    metric.setName("latency");
    metric.setAdapter(asked.adapter);
    metric.setUnit("ms");
    metric.setDirection(wire::Direction::LOWER);
    metric.setValue(registry.value.at(version) * noise(registry.random));
  });
  return out;
}

caf::behavior registry_stub(caf::event_based_actor*, fake_registry* registry) {
  return {
    [](const msg<wire::BenchmarkQuery>&) {
      return msg<wire::BenchmarkList>::build([](wire::BenchmarkList::Builder out) {
        auto list = out.initBenchmarks(2);
        list[0].setName("bench");
        list[0].setRunsVersions(true);
        list[0].setAvailable(true);
        list[1].setName("guardrail");
        list[1].setAvailable(true);
      });
    },
    [registry](const measure_once& asked) { return measured_once{outcome_of(*registry, asked)}; },
  };
}

class measurer_test : public testing::Test {
protected:
  measurer_test() {
    options.targets.versions["*"] = {};
    spawn();
  }

  ~measurer_test() override {
    end();
    for (const auto& actor : {caf::actor_cast<caf::actor>(references), stub}) {
      node.tests.client()->send_exit(actor, caf::exit_reason::user_shutdown);
      node.tests.client()->wait_for(actor);
    }
  }

  void spawn() {
    measurer = spawn_upgrade_measurer(
      node.tests.system(), {node.db, node.committer, caf::actor_cast<registry_actor>(stub), references}, options);
  }

  void end() {
    node.tests.client()->send_exit(measurer, caf::exit_reason::kill);
    node.tests.client()->wait_for(measurer);
  }

  caf::expected<msg<wire::PairedMeasurement>> measure(bool wait = true, std::vector<std::string> adapters = {},
                                                      uint32_t pairs = 60, const std::string& new_version = "v2") {
    return node.tests.ask<msg<wire::PairedMeasurement>>(
      measurer, msg<wire::MeasureUpgrade>::build([&](wire::MeasureUpgrade::Builder out) {
        out.setOld("v1");
        out.setNew(new_version);
        out.setTrack("main");
        out.setWait(wait);
        out.setMaxPairs(pairs);
        auto list = out.initAdapters(static_cast<uint32_t>(adapters.size()));
        for (uint32_t i = 0; i < list.size(); ++i)
          list.set(i, adapters[i]);
      }));
  }

  caf::expected<msg<wire::PairedMeasurement>> find(const std::string& id) {
    return node.tests.ask<msg<wire::PairedMeasurement>>(
      measurer, msg<wire::MeasurementQuery>::build([&](wire::MeasurementQuery::Builder out) { out.setId(id); }));
  }

  caf::expected<msg<wire::PairedMeasurement>> calibrate(uint32_t pairs, std::vector<std::string> metrics = {},
                                                        bool wait = true) {
    return node.tests.ask<msg<wire::PairedMeasurement>>(
      measurer, msg<wire::CalibrateUpgrade>::build([&](wire::CalibrateUpgrade::Builder out) {
        out.setVersion("v1");
        out.setPairs(pairs);
        out.setWait(wait);
        auto list = out.initMetrics(static_cast<uint32_t>(metrics.size()));
        for (uint32_t i = 0; i < list.size(); ++i)
          list.set(i, metrics[i]);
      }));
  }

  std::vector<uint32_t> rounds_of(const std::string& id) {
    std::vector<uint32_t> out;
    auto damage = measurement_store{*node.db}.visit_rounds(*number_of_measurement(id), {}, [&](const auto& round) {
      out.push_back(round->getNumber());
      return database::scan::next;
    });
    EXPECT_FALSE(damage);
    return out;
  }

  test_inputs node;
  fake_registry registry;
  upgrade_measurer_options options;
  caf::actor stub = node.tests.system().spawn(registry_stub, &registry);
  reference_keeper_actor references = spawn_reference_keeper(node.tests.system(), {node.db, node.committer});
  upgrade_measurer_actor measurer;
};

TEST_F(measurer_test, the_same_software_is_safe_at_the_first_look_that_tells) {
  auto done = measure();
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_EQ((*done)->getState(), wire::MeasurementState::DONE);
  EXPECT_EQ((*done)->getVerdict(), wire::Verdict::SAFE) << as_view((*done)->getReason());
  ASSERT_EQ((*done)->getJudgements().size(), 1U);
  EXPECT_EQ((*done)->getJudgements()[0].getBasis(), wire::JudgementBasis::PAIRS);
  EXPECT_LT(registry.ran.size(), 2U * 24);
}

TEST_F(measurer_test, a_slower_version_is_regressed) {
  registry.value["v2"] = 110;
  auto done = measure();
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_EQ((*done)->getVerdict(), wire::Verdict::REGRESSED);
  EXPECT_NEAR((*done)->getJudgements()[0].getChange(), 10, 2);
}

TEST_F(measurer_test, the_budget_ends_it_inconclusive) {
  registry.noise = .3;
  auto done = measure(true, {}, 8);
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getState(), wire::MeasurementState::SPENT);
  EXPECT_EQ((*done)->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_GT((*done)->getJudgements()[0].getPairsNeeded(), 8U);
}

TEST_F(measurer_test, a_run_that_fails_in_pair_17_is_never_safe) {
  registry.noise = .06;
  registry.fails_at = 2 * 16 + 1;
  auto done = measure();
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getState(), wire::MeasurementState::FAILED);
  EXPECT_NE((*done)->getVerdict(), wire::Verdict::SAFE);
  EXPECT_THAT((*done)->getReason().cStr(), HasSubstr("adapter bench: it failed in pair 17"));
}

TEST_F(measurer_test, pairs_beside_a_capture_do_not_count) {
  registry.captures = 1;
  auto done = measure(true, {}, 8);
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_EQ((*done)->getAdapters()[0].getLeftOut(), 16U);
}

TEST_F(measurer_test, goes_on_after_a_kill_and_counts_no_pair_twice) {
  registry.noise = .2;
  for (int kill = 0; kill < 5; ++kill) {
    if (kill == 0) {
      ASSERT_TRUE(measure(false));
    }
    wait_until([&] {
      std::lock_guard guard{registry.mutex};
      return registry.ran.size() > static_cast<size_t>(10 * (kill + 1));
    });
    end();
    spawn();
  }
  ASSERT_TRUE(wait_until([&] { return (*find("m1"))->getEndedAt() != 0; }));
  std::vector<uint32_t> expected((*find("m1"))->getAdapters()[0].getRounds());
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(rounds_of("m1"), expected);
}

TEST_F(measurer_test, the_reference_is_measured_too) {
  ASSERT_TRUE(measure());
  registry.value["v3"] = 104;
  registry.ran.clear();
  auto first = node.tests.ask<msg<wire::PairedMeasurement>>(
    measurer, msg<wire::MeasureUpgrade>::build([&](wire::MeasureUpgrade::Builder out) {
      out.setOld("v2");
      out.setNew("v3");
      out.setTrack("main");
      out.setWait(true);
    }));
  ASSERT_TRUE(first) << text_of(first.error());
  EXPECT_EQ(as_view((*first)->getReference()), "v1");
  EXPECT_EQ(std::ranges::count(registry.ran, "v1"), std::ranges::count(registry.ran, "v3"));
  EXPECT_EQ((*first)->getJudgements().size(), 2U) << "against the old version and against the reference";
}

TEST_F(measurer_test, refuses_what_cannot_be_measured) {
  options.targets.versions.clear();
  options.targets.versions["v1"] = {};
  end();
  spawn();
  auto unknown = measure();
  EXPECT_EQ(code_of(unknown.error()), ec::invalid);
  EXPECT_THAT(text_of(unknown.error()), HasSubstr("version v2 is not in [versions]"));
  options.targets.versions["*"] = {};
  end();
  spawn();
  EXPECT_THAT(text_of(measure(true, {"guardrail"}).error()), HasSubstr("guardrail measures what is installed"));
  EXPECT_THAT(text_of(measure(true, {"nobody"}).error()), HasSubstr("no adapter nobody"));
  EXPECT_EQ(code_of(find("m9").error()), ec::not_found);
}

TEST_F(measurer_test, an_operator_stops_it) {
  registry.noise = .3;
  ASSERT_TRUE(measure(false));
  auto stop = [&] {
    return node.tests.ask<msg<wire::PairedMeasurement>>(
      measurer, msg<wire::StopMeasurement>::build([](wire::StopMeasurement::Builder out) {
        out.setId("m1");
        out.setReason("enough");
      }));
  };
  ASSERT_TRUE(stop());
  ASSERT_TRUE(wait_until([&] { return (*find("m1"))->getState() == wire::MeasurementState::STOPPED; }));
  EXPECT_EQ(as_view((*find("m1"))->getReason()), "enough");
  EXPECT_EQ(code_of(stop().error()), ec::conflict);
}

// -- calibration -------------------------------------------------------------------------

TEST_F(measurer_test, a_calibration_takes_all_its_pairs_and_tells_of_the_noise) {
  registry.noise = .01; // by which a comparison would end after 12 pairs
  auto done = calibrate(24);
  ASSERT_TRUE(done) << text_of(done.error());
  EXPECT_EQ((*done)->getState(), wire::MeasurementState::DONE) << as_view((*done)->getReason());
  EXPECT_EQ(registry.ran.size(), 2U * 24);
  EXPECT_EQ(std::ranges::count(registry.ran, "v1"), 2 * 24);
  ASSERT_EQ((*done)->getCalibrations().size(), 1U);
  auto latency = (*done)->getCalibrations()[0];
  EXPECT_EQ(as_view(latency.getMetric()), "latency");
  EXPECT_EQ(latency.getPairs(), 24U);
  EXPECT_NEAR(latency.getNoise(), 1.41, .9) << "percent";
  EXPECT_EQ(latency.getOwn().getMargin(), 5);
  EXPECT_EQ(latency.getOwn().getResamples(), 2'000U);
  EXPECT_GE(latency.getOwn().getSafe(), .95);
  EXPECT_LE(latency.getOwn().getFalseBlocks(), .005);
  EXPECT_LE(latency.getSuggested().getMargin(), 3);
  EXPECT_EQ(latency.getMargins().size(), 6U);
}

TEST_F(measurer_test, a_calibration_is_no_evidence_and_moves_no_reference) {
  auto done = calibrate(24);
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_EQ((*done)->getJudgements().size(), 0U);
  auto tracks = node.tests.ask<msg<wire::ReferenceList>>(references, msg<wire::ReferenceListQuery>{});
  ASSERT_TRUE(tracks);
  EXPECT_EQ((*tracks)->getTracks().size(), 0U) << "no track begins with it";
  auto check = check_stored(*node.db, *msg<wire::UpgradeQuery>::build([](wire::UpgradeQuery::Builder out) {
    out.setOld("v1");
    out.setNew("v1");
    out.setPolicy(wire::Policy::STATISTICAL);
  }));
  ASSERT_TRUE(check);
  EXPECT_EQ((*check)->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_FALSE((*check)->hasMeasurement());
}

TEST_F(measurer_test, a_calibration_with_too_few_pairs_says_so) {
  auto done = calibrate(8);
  ASSERT_TRUE(done);
  auto latency = (*done)->getCalibrations()[0];
  EXPECT_EQ(latency.getOwn().getResamples(), 0U);
  EXPECT_FALSE(latency.hasSuggested());
  EXPECT_THAT(latency.getReason().cStr(), HasSubstr("8 pairs are too few for a rate"));
}

TEST_F(measurer_test, a_calibration_goes_on_after_a_kill) {
  ASSERT_TRUE(calibrate(24, {}, false));
  for (int kill = 1; kill <= 3; ++kill) {
    wait_until([&] {
      std::lock_guard guard{registry.mutex};
      return registry.ran.size() > static_cast<size_t>(10 * kill);
    });
    end();
    spawn();
  }
  ASSERT_TRUE(wait_until([&] { return (*find("m1"))->getEndedAt() != 0; }));
  std::vector<uint32_t> expected(24);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(rounds_of("m1"), expected);
  EXPECT_EQ((*find("m1"))->getCalibrations()[0].getPairs(), 24U);
}

TEST_F(measurer_test, a_calibration_is_of_the_metrics_that_are_named) {
  auto done = calibrate(16, {"bench.lat*"});
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getCalibrations().size(), 1U);
  auto none = calibrate(16, {"bench.throughput"});
  ASSERT_TRUE(none);
  EXPECT_EQ((*none)->getCalibrations().size(), 0U);
  EXPECT_THAT((*none)->getReason().cStr(), HasSubstr("no metric that was measured is one to calibrate"));
  auto refused = calibrate(16, {"guardrail.*"});
  EXPECT_EQ(code_of(refused.error()), ec::invalid);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("/metrics: guardrail.* fits no metric"));
}

TEST_F(measurer_test, a_calibration_whose_runs_fail_says_why) {
  registry.fails_at = 5;
  auto done = calibrate(24);
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)->getState(), wire::MeasurementState::FAILED);
  EXPECT_THAT((*done)->getReason().cStr(), HasSubstr("it failed in pair 3"));
}

} // namespace
} // namespace hive
