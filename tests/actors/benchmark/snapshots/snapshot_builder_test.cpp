#include "actors/benchmark/snapshots/snapshot_builder.hpp"

#include "messages/json.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(snapshot_builder, an_outcome_keeps_the_evidence_of_a_measurement_under_a_lease) {
  auto outcome_of = [](const std::string& name, const char* measured) {
    adapter_outcome out;
    out.name = name;
    out.status = wire::AdapterStatus::OK;
    out.is_leased = name == "heavy";
    out.measurement = *from_json<wire::Measurement>(measured);
    return out;
  };
  capture_facts facts;
  facts.version = "v1";
  auto snapshot = build_snapshot(facts, {outcome_of("fast", R"({"metrics":{"m":{"value":1,"direction":"lower"}},
                                  "evidence":{"quality":"clean"}})"), // no lease of the node's

                                         outcome_of("heavy", R"({"metrics":{"n":{"value":1,"direction":"lower"}},
                                   "evidence":{"quality":"disturbed","reasons":["throttled"]}})")});
  EXPECT_FALSE(snapshot->getAdapters()[0].hasEvidence());
  auto evidence = snapshot->getAdapters()[1].getEvidence();
  EXPECT_EQ(evidence.getQuality(), wire::RunQuality::DISTURBED);
  EXPECT_STREQ(evidence.getReasons()[0].cStr(), "throttled");
}

} // namespace
} // namespace hive
