#include "messages/upgrade.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Comparisons that must not pass an upgrade check, tried with a real node over HTTP.

namespace hive::cluster {
namespace {

using testing::HasSubstr;
using testing::Not;

class verdict_cases : public testing::Test {
protected:
  void SetUp() override {
    node_.await_ready();
  }

  void put(const std::string& version, const std::string& document) const {
    auto answer = node_.put("/api/v1/snapshots/" + version, document);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }

  void put_case(const std::string& version, const std::string& name) const {
    put(version, file_text(HIVE_TEST_DATA "/cases/" + name + ".json"));
  }

  /// Stores a version whose only metric has these members.
  void put_metric(const std::string& version, const std::string& members) const {
    put(version, R"({"metrics":{"m":{)" + members + "}}}");
  }

  /// "verdict: reason" of v1 → v2.
  std::string verdict(const std::string& more = {}) const {
    auto answer = node_.get("/api/v1/upgrades/check?old=v1&new=v2" + more);
    EXPECT_EQ(answer.status, 200) << answer.body;
    auto check = answer.as<wire::UpgradeCheck>();
    EXPECT_EQ(check->getSafe(), check->getVerdict() == wire::Verdict::SAFE);
    auto verdicts = capnp::Schema::from<wire::Verdict>().getEnumerants();
    return std::string{verdicts[static_cast<uint16_t>(check->getVerdict())].getProto().getName().cStr()} + ": " +
           check->getReason().cStr();
  }

  temporary_directory temp_;
  hived_process node_{{.directory = temp_.path()}};
};

TEST_F(verdict_cases, strict_is_the_default) {
  put_metric("v1", R"("value":1,"direction":"higher")");
  put("v2", R"({"metrics":{}})");
  EXPECT_EQ(verdict(), verdict("&policy=strict"));
  EXPECT_THAT(node_.get("/api/v1/upgrades/check?old=v1&new=v2").body, HasSubstr(R"("policy":"strict")"));
  EXPECT_THAT(node_.get("/openapi.json").body, HasSubstr(R"("default":"strict")"));
}

TEST_F(verdict_cases, a_changed_unit_is_inconclusive_naming_both) {
  put_case("v1", "unit-changed-old");
  put_case("v2", "unit-changed-new");
  for (auto policy : {"&policy=strict", "&policy=threshold"})
    EXPECT_EQ(verdict(policy), "inconclusive: lat 950 ms → 1.2 s: its unit changed from ms to s");
}

TEST_F(verdict_cases, a_changed_unit_of_the_nested_form_is_inconclusive_too) {
  put("v1", R"({"benchmarks":{"a":{"metrics":{"lat":{"value":950,"unit":"ms","direction":"lower"}}}}})");
  put("v2", R"({"benchmarks":{"a":{"metrics":{"lat":{"value":1.2,"unit":"s","direction":"lower"}}}}})");
  for (auto policy : {"&policy=strict", "&policy=threshold"})
    EXPECT_EQ(verdict(policy), "inconclusive: a.lat 950 ms → 1.2 s: its unit changed from ms to s");
}

TEST_F(verdict_cases, a_changed_direction_is_inconclusive_naming_both) {
  put_metric("v1", R"("value":10,"direction":"higher")");
  put_metric("v2", R"("value":1,"direction":"lower")");
  for (auto policy : {"&policy=strict", "&policy=threshold"})
    EXPECT_EQ(verdict(policy), "inconclusive: m 10 → 1: its better direction changed from higher to lower");
}

TEST_F(verdict_cases, an_error_rate_that_rises_from_zero_is_judged_by_a_margin) {
  put_case("v1", "error-rate-0-old");
  put_case("v2", "error-rate-0.05-new");
  EXPECT_EQ(verdict(), "regressed: 1 of 1 metrics regressed: error_rate 0 ratio → 0.05 ratio") << "the built-in one";
  auto with_margin = [](const char* value) {
    return std::string{R"({"metrics":{"error_rate":{"value":)"} + value +
           R"(,"unit":"ratio","direction":"lower","absolute_margin":0.02}}})";
  };
  put("v1", with_margin("0"));
  put("v2", with_margin("0.05"));
  EXPECT_EQ(verdict(), "regressed: 1 of 1 metrics regressed: error_rate 0 ratio → 0.05 ratio");
  put("v2", with_margin("0.01"));
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
  EXPECT_THAT(node_.get("/api/v1/snapshots/v1").body, HasSubstr(R"("absolute_margin":0.02)"));
}

TEST_F(verdict_cases, a_metric_without_gate_decides_nothing) {
  put("v1", R"({"metrics":{"m":{"value":10,"direction":"higher","gate":false},"n":{"value":1,"direction":"higher"}}})");
  put("v2", R"({"metrics":{"m":{"value":1,"direction":"higher","gate":false},"n":{"value":1,"direction":"higher"}}})");
  EXPECT_EQ(verdict(), "safe: none of 1 metrics regressed");
  EXPECT_THAT(node_.get("/api/v1/upgrades/check?old=v1&new=v2").body, HasSubstr(R"("ungated":[{"metric":"m")"));
}

TEST_F(verdict_cases, nothing_in_common_is_never_safe) {
  put_metric("v1", R"("value":10,"direction":"higher")");
  put("v2", R"({"metrics":{}})");
  for (auto policy : {"&policy=strict", "&policy=threshold"})
    EXPECT_THAT(verdict(policy), HasSubstr("inconclusive: ")) << policy;
  put("v1", R"({"metrics":{}})");
  for (auto policy : {"&policy=strict", "&policy=threshold"})
    EXPECT_THAT(verdict(policy), HasSubstr("inconclusive: ")) << policy;
}

TEST_F(verdict_cases, times_need_the_same_machine_and_ratios_do_not) {
  auto document = [](const char* cpu, const char* unit) {
    return std::string{R"({"environment":{"cpu_model":")"} + cpu +
           R"(","cores":4},"metrics":{"m":{"value":1,"unit":")" + unit + R"(","direction":"lower"}}})";
  };
  for (auto unit : {"ms", "ratio"}) {
    put("v1", document("one", unit));
    put("v2", document("another", unit));
    EXPECT_THAT(verdict(), HasSubstr(unit == std::string{"ms"} ? "cpu_model: one and another" : "safe"));
    put("v2", document("one", unit));
    EXPECT_THAT(verdict(), HasSubstr("safe"));
  }
}

TEST_F(verdict_cases, a_deleted_capture_is_gone_after_kill_9_and_the_one_before_judges) {
  put_metric("v1", R"("value":10,"direction":"higher")");
  put_metric("v2", R"("value":10,"direction":"higher")");
  put_metric("v2", R"("value":1,"direction":"higher")");
  EXPECT_THAT(verdict(), HasSubstr("regressed"));
  auto deleted = node_.request("DELETE", "/api/v1/snapshots/v2/captures/3", R"({"reason":"the disk was\nbusy"})");
  ASSERT_EQ(deleted.status, 200) << deleted.body;
  EXPECT_THAT(deleted.body, HasSubstr(R"("captures":1,"latest":2)"));
  node_.kill();
  EXPECT_THAT(node_.log() + node_.output(),
              HasSubstr("Capture deleted: the disk was / busy. version=v2 capture=3 left=1"));
  hived_process again{{.directory = temp_.path()}};
  again.await_ready();
  EXPECT_THAT(again.get("/api/v1/upgrades/check?old=v1&new=v2").body, HasSubstr(R"("verdict":"safe")"));
  EXPECT_EQ(again.get("/api/v1/snapshots/v2/captures/3").status, 404);
  EXPECT_EQ(again.get("/api/v1/snapshots/v2/captures/2").status, 200);
  EXPECT_EQ(again.remove("/api/v1/snapshots/v2/captures/2?reason=r").status, 200);
  EXPECT_EQ(again.get("/api/v1/snapshots/v2").status, 404);
  EXPECT_THAT(again.get("/api/v1/snapshots/v2/captures").body, HasSubstr(R"("deleted":"r")")) << "it stays visible";
}

TEST_F(verdict_cases, a_capture_with_a_failed_adapter_says_so_in_its_answer) {
  register_script(node_, "broken", "exit 3", temp_.path().filename().string());
  auto answer = node_.post("/api/v1/snapshots", R"({"version":"v1"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.as<wire::Snapshot>()->getAdapterErrors(), 1u);
  EXPECT_THAT(node_.get("/api/v1/snapshots/v1/captures").body, HasSubstr(R"("adapter_errors":1)"));
}

} // namespace
} // namespace hive::cluster
