#include "actors/upgrade/checker.hpp"

#include "actors/benchmark/snapshots/snapshot_builder.hpp"
#include "actors/defaults.hpp"
#include "messages/json.hpp"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"
#include "storage/snapshot_store.hpp"
#include "tests/paths.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// The checker over a real store, into which tests put snapshots the way an import does.
struct checker_fixture : testing::Test {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  upgrade_checker_actor checker = spawn_upgrade_checker(system, {db});
  uint64_t captures = 0;

  ~checker_fixture() override {
    self->send_exit(checker, caf::exit_reason::user_shutdown);
    self->wait_for(checker);
  }

  void put(const std::string& version, const std::string& document) {
    json_error why;
    auto snapshot = from_json<wire::Snapshot>(R"({"version":")" + version + R"(",)" + document.substr(1), why);
    ASSERT_TRUE(snapshot) << why.message();
    auto import = msg<wire::ImportSnapshot>::build([&](wire::ImportSnapshot::Builder out) {
      out.setVersion(version);
      out.setSnapshot(**snapshot);
    });
    auto normal = normalise_import(import, 1);
    ASSERT_TRUE(normal) << text_of(normal.error());
    ++captures;
    ASSERT_FALSE(db->write(*snapshot_store{*db}.keep(with_capture_id(*normal, captures), capture_id{captures})));
  }

  void put_case(const std::string& version, const std::string& name) {
    put(version, file_text(HIVE_TEST_DATA "/cases/" + name + ".json"));
  }

  msg<wire::UpgradeCheck> check(const std::string& more = {}) {
    msg<wire::UpgradeCheck> out;
    self->request(checker, 30s, *from_json<wire::UpgradeQuery>(R"({"old":"v1","new":"v2")" + more + "}"))
      .receive([&](const msg<wire::UpgradeCheck>& m) { out = m; },
               [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  }

  /// "verdict: reason" of v1 → v2.
  std::string verdict(const std::string& policy = "strict") {
    auto given = check(R"(,"policy":")" + policy + "\"");
    auto verdicts = capnp::Schema::from<wire::Verdict>().getEnumerants();
    EXPECT_EQ(given->getSafe(), given->getVerdict() == wire::Verdict::SAFE);
    return std::string{verdicts[static_cast<uint16_t>(given->getVerdict())].getProto().getName().cStr()} + ": " +
           given->getReason().cStr();
  }
};

TEST_F(checker_fixture, strict_is_the_default) {
  EXPECT_EQ(check()->getPolicy(), wire::Policy::STRICT);
  EXPECT_EQ(check(R"(,"policy":"threshold")")->getPolicy(), wire::Policy::THRESHOLD);
}

TEST_F(checker_fixture, a_changed_unit_is_inconclusive_in_flat_and_nested_form) {
  put_case("v1", "unit-changed-old");
  put_case("v2", "unit-changed-new");
  for (auto policy : {"strict", "threshold"})
    EXPECT_EQ(verdict(policy), "inconclusive: lat 950 ms → 1.2 s: its unit changed from ms to s");
  auto answer = check();
  auto missing = answer->getMissing()[0];
  EXPECT_TRUE(missing.getBlocks());
  EXPECT_EQ(missing.getOld(), 950);
  EXPECT_EQ(missing.getOldUnit(), "ms");
  EXPECT_EQ(missing.getNew(), 1.2);
  EXPECT_EQ(missing.getNewUnit(), "s");
  put("v1", R"({"benchmarks":{"a":{"metrics":{"lat":{"value":950,"unit":"ms","direction":"lower"}}}}})");
  put("v2", R"({"benchmarks":{"a":{"metrics":{"lat":{"value":1.2,"unit":"s","direction":"lower"}}}}})");
  for (auto policy : {"strict", "threshold"})
    EXPECT_EQ(verdict(policy), "inconclusive: a.lat 950 ms → 1.2 s: its unit changed from ms to s");
}

TEST_F(checker_fixture, an_error_rate_that_rises_from_zero_is_judged_by_the_margin_that_is_built_in) {
  put_case("v1", "error-rate-0-old");
  put_case("v2", "error-rate-0.05-new");
  EXPECT_EQ(verdict(), "regressed: 1 of 1 metrics regressed: error_rate 0 ratio → 0.05 ratio");
}

TEST_F(checker_fixture, a_rate_that_rises_from_zero_needs_a_margin) {
  auto document = [](const char* value, const char* margin) {
    return std::string{R"({"metrics":{"loss_rate":{"value":)"} + value + R"(,"unit":"ratio","direction":"lower")" +
           margin + "}}}";
  };
  put("v1", document("0", ""));
  put("v2", document("0.05", ""));
  EXPECT_THAT(verdict(), StartsWith("inconclusive: loss_rate 0 ratio → 0.05 ratio: "));
  put("v1", document("0", R"(,"absolute_margin":0.02)"));
  put("v2", document("0.05", R"(,"absolute_margin":0.02)"));
  EXPECT_EQ(verdict(), "regressed: 1 of 1 metrics regressed: loss_rate 0 ratio → 0.05 ratio");
  put("v2", document("0.01", R"(,"absolute_margin":0.02)"));
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
}

/// The same with an operator's rules.
struct configured_checker : checker_fixture {
  void configure(std::vector<analysis::configured_rules> rules) {
    self->send_exit(checker, caf::exit_reason::user_shutdown);
    self->wait_for(checker);
    checker = spawn_upgrade_checker(system, {db}, {std::move(rules)});
  }
};

TEST_F(configured_checker, the_operator_gives_a_margin_and_takes_a_gate_away) {
  auto document = [](const char* loss, const char* speed) {
    return std::string{R"({"benchmarks":{"net":{"metrics":{"loss":{"value":)"} + loss +
           R"(,"unit":"ratio","direction":"lower","absolute_margin":0},"speed":{"value":)" + speed +
           R"(,"direction":"higher"}}}}})";
  };
  put("v1", document("0", "10"));
  put("v2", document("0.05", "1"));
  EXPECT_THAT(verdict(), StartsWith("regressed: 2 of 2 metrics"));
  configure({{.pattern = "net.loss", .absolute_margin = .1}, {.pattern = "net.*", .gate = false}});
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
  ASSERT_EQ(check()->getUngated().size(), 1u);
  EXPECT_EQ(check()->getUngated()[0].getMetric(), "speed");
  EXPECT_THAT(verdict("threshold"), StartsWith("regressed: 2 of 2 metrics")) << "HART OS's rule stays as it is";
}

TEST_F(configured_checker, the_operator_says_which_environment_counts) {
  auto document = [](const char* cpu, const char* kernel) {
    return std::string{R"({"environment":{"cpu_model":")"} + cpu + R"(","cores":4,"kernel":")" + kernel +
           R"("},"metrics":{"m":{"value":1,"unit":"ms","direction":"lower","adapter":"a"}}})";
  };
  put("v1", document("one", "6.1"));
  put("v2", document("another", "6.2"));
  configure({{.pattern = "a.m", .same_environment = analysis::environment_fields{}}});
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
  configure({{.pattern = "*",
              .same_environment = analysis::environment_fields{analysis::environment_field::kernel,
                                                               analysis::environment_field::governor}}});
  EXPECT_EQ(verdict(), "inconclusive: a.m 1 ms → 1 ms: it needs the same environment on both sides: "
                       "kernel: 6.1 and 6.2, governor: unknown on both sides");
}

TEST_F(checker_fixture, a_metric_says_itself_which_environment_it_needs) {
  auto document = [](const char* gpu, const char* field) {
    return std::string{R"({"environment":{"gpu":")"} + gpu +
           R"("},"metrics":{"m":{"value":1,"unit":"score",)"
           R"("direction":"lower","same_environment":[")" +
           field + R"("]}}})";
  };
  put("v1", document("H100", "gpu"));
  put("v2", document("H200", "gpu"));
  EXPECT_THAT(verdict(), HasSubstr("gpu: H100 and H200"));
  put("v2", document("H100", "gpu"));
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
}

TEST_F(checker_fixture, snapshots_from_before_metrics_had_rules_are_judged_by_those_of_the_builtin_adapters) {
  auto document = [](int failed, int queries) {
    return R"({"metrics":{"test_fail_count":{"value":)" + std::to_string(failed) +
           R"(,"direction":"lower","unit":"count","adapter":"regression"},"hivemind_queries":{"value":)" +
           std::to_string(queries) + R"(,"direction":"higher","unit":"count","adapter":"world_model"}}})";
  };
  put("v1", document(0, 1000));
  put("v2", document(0, 1));
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed") << "how long a process ran decides nothing";
  ASSERT_EQ(check()->getUngated().size(), 1u);
  EXPECT_EQ(check()->getUngated()[0].getMetric(), "hivemind_queries");
  put("v2", document(1, 1000));
  EXPECT_EQ(verdict(), "regressed: 1 of 1 metrics regressed: regression.test_fail_count 0 count → 1 count");
}

TEST_F(checker_fixture, nothing_in_common_is_never_safe) {
  put("v1", R"({"metrics":{"m":{"value":1,"direction":"higher"}}})");
  put("v2", R"({"metrics":{}})");
  for (auto policy : {"strict", "threshold"})
    EXPECT_THAT(verdict(policy), StartsWith("inconclusive: "));
  put("v1", R"({"metrics":{}})");
  for (auto policy : {"strict", "threshold"})
    EXPECT_THAT(verdict(policy), StartsWith("inconclusive: "));
}

TEST_F(checker_fixture, a_version_without_snapshot_is_inconclusive_and_similar_ones_are_named) {
  EXPECT_EQ(verdict(), "inconclusive: the old version v1 has no snapshot, and the new version v2 has no snapshot");
  EXPECT_EQ(verdict("threshold"), "safe: no baseline to compare");
  put("V1", R"({"metrics":{}})");
  put("v2", R"({"metrics":{}})");
  EXPECT_EQ(verdict(), "inconclusive: the old version v1 has no snapshot; did you mean V1?") << "v2 was named as well";
  EXPECT_EQ(verdict("threshold"), "safe: no baseline to compare");
}

TEST_F(checker_fixture, times_need_the_same_machine) {
  auto document = [](const char* cpu, const char* kernel) {
    return std::string{R"({"environment":{"cpu_model":")"} + cpu + R"(","cores":4,"kernel":")" + kernel +
           R"(","fingerprint":")" + kernel + R"("},"metrics":{"m":{"value":1,"unit":"ms","direction":"lower"}}})";
  };
  put("v1", document("one", "6.1"));
  put("v2", document("one", "6.2"));
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed") << "another kernel is the same machine";
  put("v2", document("another", "6.1"));
  EXPECT_EQ(verdict(), "inconclusive: m 1 ms → 1 ms: it needs the same environment on both sides: cpu_model: one and "
                       "another");
}

TEST_F(checker_fixture, regressions_come_in_the_order_that_is_asked_for) {
  put("v1", R"({"benchmarks":{"z":{"metrics":{"a":{"value":100,"direction":"higher"},
                                             "b":{"value":100,"direction":"higher"}}}}})");
  put("v2", R"({"benchmarks":{"z":{"metrics":{"b":{"value":50,"direction":"higher"},
                                             "a":{"value":90,"direction":"higher"}}}}})");
  EXPECT_STREQ(check()->getRegressions()[0].getMetric().cStr(), "b");
  EXPECT_STREQ(check(R"(,"order":"severity")")->getRegressions()[0].getMetric().cStr(), "b");
  EXPECT_STREQ(check(R"(,"order":"snapshot")")->getRegressions()[0].getMetric().cStr(), "a");
}

TEST_F(checker_fixture, lists_end_and_the_rest_is_counted) {
  constexpr size_t count = defaults::max_listed_findings + 5;
  auto document = [&](const char* value) {
    std::string out = R"({"metrics":{)";
    for (size_t i = 0; i < count; ++i)
      out += (i ? ",\"m" : "\"m") + std::to_string(i) + R"(":{"direction":"higher","value":)" + value + "}";
    return out + "}}";
  };
  put("v1", document("2"));
  put("v2", document("1"));
  auto given = check();
  EXPECT_EQ(given->getRegressions().size(), defaults::max_listed_findings);
  EXPECT_EQ(given->getLeftOut(), 5u);
  EXPECT_EQ(given->getCompared(), count);
  EXPECT_THAT(given->getReason().cStr(), HasSubstr("and " + std::to_string(count - 3) + " more"));
}

/// A snapshot with one adapter that has this evidence, and one that measures on the processor.
std::string measured_on_gpu(const std::string& evidence, double tokens = 100) {
  return R"({"metrics":{"tokens_per_second":{"value":)" + std::to_string(tokens) +
         R"(,"unit":"score","direction":"higher","adapter":"qwen_encoder"},
              "passed":{"value":7,"unit":"count","direction":"higher","adapter":"regression"}},
            "adapters":{"qwen_encoder":{"status":"ok","tier":"heavy")" +
         (evidence.empty() ? "" : R"(,"evidence":)" + evidence) + R"(},"regression":{"status":"ok"}}})";
}

constexpr auto clean_run = R"({"quality":"clean","exclusive":true})";
constexpr auto disturbed_run =
  R"({"quality":"disturbed","reasons":["throttled for 3.0 s of 9.0 s","2 memory errors"]})";

TEST_F(checker_fixture, a_disturbed_measurement_is_inconclusive_and_names_what_disturbed_it) {
  put("v1", measured_on_gpu(clean_run));
  put("v2", measured_on_gpu(clean_run));
  EXPECT_EQ(verdict(), "safe: none of 2 metrics regressed");
  put("v2", measured_on_gpu(disturbed_run, 50));
  EXPECT_EQ(verdict(), "inconclusive: qwen_encoder.tokens_per_second 100 score → 50 score: it was disturbed on the new "
                       "version v2: throttled for 3.0 s of 9.0 s; 2 memory errors");
  EXPECT_EQ(verdict("threshold"), "safe: none of 1 metrics regressed");
  put("v2", measured_on_gpu(clean_run, 50));
  EXPECT_THAT(verdict(), StartsWith("regressed: "));
}

TEST_F(checker_fixture, simulated_and_measured_are_never_compared) {
  put("v1", measured_on_gpu(clean_run));
  put("v2", measured_on_gpu(R"({"quality":"simulated"})", 1));
  EXPECT_THAT(verdict(),
              StartsWith("inconclusive: qwen_encoder.tokens_per_second 100 score → 1 score: it was simulated "
                         "on the new version v2"));
  EXPECT_EQ(verdict("threshold"), "safe: none of 1 metrics regressed");
}

TEST_F(checker_fixture, tells_how_the_adapters_measured) {
  put("v1", measured_on_gpu(""));
  put("v2", measured_on_gpu(disturbed_run));
  auto answer = check();
  ASSERT_EQ(answer->getMeasured().size(), 1u);
  auto adapter = answer->getMeasured()[0];
  EXPECT_STREQ(adapter.getAdapter().cStr(), "qwen_encoder");
  EXPECT_FALSE(adapter.hasOld());
  EXPECT_EQ(adapter.getNew().getQuality(), wire::RunQuality::DISTURBED);
  EXPECT_STREQ(adapter.getNew().getReason().cStr(), "throttled for 3.0 s of 9.0 s; 2 memory errors");
  put("v2", measured_on_gpu(""));
  EXPECT_EQ(check()->getMeasured().size(), 0u);
}

TEST_F(checker_fixture, evidence_of_strangers_is_cut) {
  std::string reasons;
  for (int i = 0; i < 64; ++i)
    reasons += (i ? ",\"" : "\"") + std::string(2'000, 'x') + "é\"";
  put("v1", measured_on_gpu(clean_run));
  put("v2", measured_on_gpu(R"({"quality":"disturbed","reasons":[)" + reasons + "]}"));
  auto answer = check();
  EXPECT_LE(answer->getMeasured()[0].getNew().getReason().size(), 1'024u);
  EXPECT_LE(answer->getReason().size(), 1'024u);
}

} // namespace
} // namespace hive
