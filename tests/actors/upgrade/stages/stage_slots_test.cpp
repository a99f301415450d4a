#include "actors/upgrade/stages/stage_slots.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/packed.hpp"
#include "messages/stage_health.capnp.h"

#include <functional>
#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;

stage_counts some_counts(uint8_t track) {
  stage_counts out{.track = track,
                   .proposal = std::string{"\0\xff proposal", 11},
                   .stage = 2,
                   .block_s = 60,
                   .observed_blocks = 3,
                   .began_at_unix_micros = 123'456'789,
                   .has_benchmarks = true,
                   .regressed_benchmarks = {"regression.failed", "model.latency"}};
  out.blocks.push_back({0, {1, 2}, {3, 4}, {5, 6}, {7, 8}});
  out.blocks.push_back({2, {analysis::most_in_block, 0}, {}, {}, {1, 0}});
  return out;
}

/// A payload as a hostile node may make it.
std::string payload(const std::function<void(wire::StageHealth::Builder)>& fill) {
  return to_packed(msg<wire::StageHealth>::build(fill));
}

std::string payload_of_stage(const std::function<void(wire::StageCounts::Builder)>& fill) {
  return payload([&](wire::StageHealth::Builder out) {
    auto stage = out.initStages(1)[0];
    stage.setProposal(kj::StringPtr{"p"}.asBytes());
    stage.setBlockS(60);
    stage.setObservedBlocks(10);
    fill(stage);
  });
}

void expect_refused(const std::string& bytes, const std::string& why, std::string_view key = "stages") {
  auto read = from_stage_slot(key, bytes);
  ASSERT_FALSE(read) << why;
  EXPECT_THAT(text_of(read.error()), HasSubstr(why));
}

TEST(stage_slots, tell_all_that_was_counted) {
  std::vector<stage_counts> told{some_counts(0), some_counts(3)};
  auto published = stages_to_publish(told);
  EXPECT_EQ(published.kind, stage_health_kind);
  ASSERT_EQ(published.payloads.size(), 1u);
  auto read = from_stage_slot("stages", published.payloads.at("stages"));
  ASSERT_TRUE(read) << text_of(read.error());
  ASSERT_EQ(read->size(), 2u);
  const auto& last = (*read)[1];
  EXPECT_TRUE(last.is_same_stage(told[1]));
  EXPECT_EQ(last.observed_blocks, 3u);
  EXPECT_EQ(last.began_at_unix_micros, 123'456'789);
  EXPECT_TRUE(last.has_benchmarks);
  EXPECT_EQ(last.regressed_benchmarks, told[1].regressed_benchmarks);
  ASSERT_EQ(last.blocks.size(), 2u);
  EXPECT_EQ(last.blocks[0].requests.bad, 4);
  EXPECT_EQ(last.blocks[0].world_model.good, 5);
  EXPECT_EQ(last.blocks[0].guardrail.bad, 8);
  EXPECT_EQ(last.blocks[1].number, 2u);
  EXPECT_EQ(last.blocks[1].tasks.good, analysis::most_in_block);
}

TEST(stage_slots, without_a_stage_there_is_no_slot) {
  EXPECT_TRUE(stages_to_publish({}).payloads.empty());
}

TEST(stage_slots, the_largest_content_fits_a_slot) {
  std::vector<stage_counts> told;
  for (uint8_t track = 0; track < most_tracks; ++track) {
    auto& stage = told.emplace_back(some_counts(track));
    stage.proposal.assign(most_proposal_bytes, '\xff');
    stage.observed_blocks = most_stage_blocks;
    stage.regressed_benchmarks.assign(most_told_benchmarks, std::string(most_benchmark_bytes, 'x'));
    stage.blocks.clear();
    analysis::good_bad many{analysis::most_in_block, analysis::most_in_block};
    for (uint32_t block = 0; block < most_stage_blocks; ++block)
      stage.blocks.push_back({block, many, many, many, many});
  }
  auto published = stages_to_publish(told).payloads.at("stages");
  EXPECT_LE(published.size(), defaults::max_slot_payload_bytes);
  auto read = from_stage_slot("stages", published);
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(read->back().blocks.size(), most_stage_blocks);
}

TEST(stage_slots, refuse_what_no_node_can_have_counted) {
  expect_refused(payload([](auto) {}), "not told in slot other", "other");
  expect_refused("garbage", "");
  expect_refused(payload([](wire::StageHealth::Builder out) { out.initStages(5); }), "stages");
  expect_refused(payload_of_stage([](auto stage) { stage.setTrack(4); }), "track");
  expect_refused(payload_of_stage([](auto stage) { stage.setBlockS(0); }), "block_s");
  expect_refused(payload_of_stage([](auto stage) { stage.setObservedBlocks(65); }), "observed_blocks");
  expect_refused(payload_of_stage([](auto stage) { stage.initBlocks(65); }), "blocks");
  expect_refused(payload_of_stage([](auto stage) { stage.initProposal(65); }), "proposal");
  expect_refused(payload_of_stage([](auto stage) { stage.initRegressedBenchmarks(33); }), "regressed_benchmarks");
}

TEST(stage_slots, refuse_blocks_out_of_order_or_beyond_those_observed) {
  auto with_numbers = [](std::vector<uint32_t> numbers) {
    return payload_of_stage([&](wire::StageCounts::Builder stage) {
      auto blocks = stage.initBlocks(static_cast<uint32_t>(numbers.size()));
      for (uint32_t i = 0; i < blocks.size(); ++i)
        blocks[i].setNumber(numbers[i]);
    });
  };
  EXPECT_TRUE(from_stage_slot("stages", with_numbers({0, 3, 9})));
  expect_refused(with_numbers({0, 10}), "block 10 is told, and 10 are observed");
  expect_refused(with_numbers({3, 2}), "block 2 is told after block 3");
  expect_refused(with_numbers({3, 3}), "block 3 is told after block 3");
}

TEST(stage_slots, refuse_a_track_told_twice) {
  auto bytes = payload([](wire::StageHealth::Builder out) {
    auto stages = out.initStages(2);
    for (uint32_t i = 0; i < 2; ++i) {
      stages[i].setTrack(1);
      stages[i].setProposal(kj::StringPtr{"p"}.asBytes());
      stages[i].setBlockS(60);
    }
  });
  expect_refused(bytes, "track 1 is told after track 1");
}

TEST(stage_slots, are_decoded_by_the_topic) {
  auto rules = stage_health_rules();
  auto published = stages_to_publish(std::vector{some_counts(0)});
  auto content = rules.decode("stages", published.payloads.at("stages"));
  ASSERT_TRUE(content) << text_of(content.error());
  const auto* counts = content_as<std::vector<stage_counts>>(*content);
  ASSERT_NE(counts, nullptr);
  EXPECT_EQ(counts->size(), 1u);
  EXPECT_FALSE(rules.decode("stages", "garbage"));
}

} // namespace
} // namespace hive
