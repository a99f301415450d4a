// Snapshots that were captured elsewhere, and pages of versions.

#include "tests/actors/benchmark/registry_fixture.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

TEST_F(registry_fixture, pages_through_versions) {
  add("a", [](auto) { return measured("latency", 1); });
  start();
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(import(R"({"version":"v)" + std::to_string(i) + R"(","metrics":{}})"));
  std::string seen, after;
  do {
    auto page = ask<wire::SnapshotList>(msg<wire::PageQuery>::build([&](auto out) {
      out.setLimit(3);
      out.setAfter(after);
    }));
    ASSERT_TRUE(page);
    for (auto summary : (*page)->getSnapshots())
      seen += std::string{summary.getVersion().cStr()} + " ";
    after = (*page)->getNext().cStr();
  } while (!after.empty());
  EXPECT_EQ(seen, "v0 v1 v2 v3 v4 v5 v6 ");
}

TEST_F(registry_fixture, imports_hart_os_nested_form) {
  start();
  auto snapshot = import(R"({"version":"v1","benchmarks":{
    "b0":{"metrics":{"m0":{"value":1,"direction":"lower","unit":"ms"}}},
    "b1":{"metrics":{"m0":{"value":2,"direction":"higher"}}},
    "b2":{"skipped":true,"reason":"not available"}, "b3":{"error":"boom"}}})");
  ASSERT_TRUE(snapshot) << text_of(snapshot.error());
  EXPECT_TRUE((*snapshot)->getImported());
  EXPECT_EQ((*snapshot)->getMetrics().size(), 2u);
  EXPECT_EQ(outcome(*snapshot, "b2"), "skipped:not available");
  EXPECT_EQ(outcome(*snapshot, "b3"), "error:boom");
  auto latest = ask<wire::LatestResults>(msg<wire::LatestResultsQuery>{});
  EXPECT_EQ((*latest)->getResults().size(), 0u) << "what was measured elsewhere is no result of this node";
}

TEST_F(registry_fixture, refuses_an_import_that_contradicts_itself) {
  start();
  EXPECT_EQ(code_of(import(R"({"version":"v1","metrics":{"m":{"value":1,"direction":"lower"}},
    "benchmarks":{"b":{"metrics":{}}}})")
                      .error()),
            ec::invalid);
  EXPECT_EQ(code_of(import(R"({"version":"v1","metrics":{"m":{"value":1,"direction":"lower","adapter":"a"},
    "a.m":{"value":1,"direction":"lower","adapter":"a"}}})")
                      .error()),
            ec::invalid);
  auto disagrees = std::string{R"("m":{"value":9.9,"direction":"lower","samples":[1,2,9.9]})"};
  for (const auto& body : {R"("metrics":{)" + disagrees + "}", R"("benchmarks":{"b":{"metrics":{)" + disagrees + "}}}"})
    EXPECT_THAT(text_of(import(R"({"version":"v1",)" + body + "}").error()),
                testing::HasSubstr("has the value 9.9, but the mean of its samples is 4.3"));
}

} // namespace
} // namespace hive
