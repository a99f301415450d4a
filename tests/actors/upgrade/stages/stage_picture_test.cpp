#include "actors/upgrade/stages/stage_picture.hpp"

#include "messages/ec.hpp"
#include "messages/msg.hpp"
#include "messages/timestamp.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

watch_stage stage_of_three() {
  return {.track = 1,
          .proposal = "p",
          .stage = 1,
          .members = {{"n1"}, {"n2"}, {"n3"}},
          .canaries = {{"n2"}},
          .duration_s = 600};
}

stage_counts counts_of(uint32_t observed, int64_t failures) {
  auto out = begin_counts(stage_of_three(), 1);
  for (uint32_t i = 0; i < observed; ++i)
    out.add(analysis::health_block{.number = i, .tasks = {100, failures}});
  return out;
}

TEST(stage_picture, takes_only_stages_that_can_be_judged) {
  EXPECT_FALSE(problem_of(stage_of_three()));
  auto refused = [](auto change, const std::string& why) {
    auto what = stage_of_three();
    change(what);
    auto problem = problem_of(what);
    EXPECT_EQ(code_of(problem), ec::invalid);
    EXPECT_THAT(text_of(problem), HasSubstr(why));
  };
  refused([](watch_stage& what) { what.track = 4; }, "no track 4");
  refused([](watch_stage& what) { what.proposal.clear(); }, "proposal has 0 bytes");
  refused([](watch_stage& what) { what.proposal.assign(65, 'p'); }, "proposal has 65 bytes");
  refused([](watch_stage& what) { what.duration_s = 0; }, "duration is 0 s");
  refused([](watch_stage& what) { what.duration_s = most_stage_s + 1; }, "duration is");
  refused([](watch_stage& what) { what.canaries.clear(); }, "no canary");
  refused([](watch_stage& what) { what.canaries.push_back({"n4"}); }, "n4 is a canary and no member");
  refused([](watch_stage& what) { what.members.push_back({"n1"}); }, "a member is listed twice");
  refused([](watch_stage& what) { what.members.resize(65); }, "65 members");
}

TEST(stage_picture, tells_for_how_long_nodes_are_silent) {
  constexpr int64_t now = 1'000'000'000'000;
  auto nodes = msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
    auto list = out.initNodes(6);
    const char* ids[] = {"self", "active", "late", "gone", "never", "ahead"};
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setId(ids[i]);
      list[i].setState(wire::MemberState::SUSPECT);
    }
    list[0].setSelf(true);
    list[1].setState(wire::MemberState::ACTIVE);
    list[1].setLastSeen(1);
    list[2].setLastSeen(now - 30 * micros_per_s);
    list[3].setLastSeen(1);
    list[5].setLastSeen(now + micros_per_s);
  });
  EXPECT_THAT(silences_of(*nodes, now),
              ElementsAre(Pair(node_id{"active"}, 0u), Pair(node_id{"ahead"}, 0u), Pair(node_id{"gone"}, 999'999u),
                          Pair(node_id{"late"}, 30u), Pair(node_id{"self"}, 0u)));
}

TEST(stage_picture, has_what_each_member_counted) {
  analysis::canary_options options;
  options.responding_grace_s = 45;
  auto own = counts_of(3, 1);
  told_counts told{{{"n2"}, {counts_of(2, 7)}}, {{"stranger"}, {counts_of(2, 0)}}};
  auto view = view_of(stage_of_three(), options, {"n1"}, own, told, {{{"n1"}, 0}, {{"n2"}, 20}});
  EXPECT_EQ(view.judge, "n1");
  EXPECT_EQ(view.observed_s, 180u);
  EXPECT_EQ(view.options.duration_s, 600u);
  EXPECT_EQ(view.options.block_s, 60u);
  EXPECT_EQ(view.options.responding_grace_s, 45u);
  ASSERT_THAT(view.nodes, SizeIs(3));
  EXPECT_FALSE(view.nodes[0].is_canary);
  EXPECT_THAT(view.nodes[0].blocks, SizeIs(3));
  EXPECT_EQ(view.nodes[0].silent_s, 0u);
  EXPECT_TRUE(view.nodes[1].is_canary);
  ASSERT_THAT(view.nodes[1].blocks, SizeIs(2));
  EXPECT_EQ(view.nodes[1].blocks[0].tasks.bad, 7);
  EXPECT_EQ(view.nodes[1].silent_s, 20u);
  EXPECT_THAT(view.nodes[2].blocks, SizeIs(0));
  EXPECT_EQ(view.nodes[2].silent_s, std::nullopt);
  EXPECT_FALSE(analysis::problem_of(view));
}

TEST(stage_picture, leaves_out_what_is_told_of_other_stages) {
  auto told_as = [](auto change) {
    auto counts = counts_of(2, 0);
    counts.has_benchmarks = true;
    change(counts);
    told_counts told{{{"n2"}, {counts}}};
    auto view = view_of(stage_of_three(), {}, {"n1"}, counts_of(3, 0), told, {});
    EXPECT_EQ(view.nodes[1].has_benchmarks, !view.nodes[1].blocks.empty());
    return view.nodes[1].blocks.size();
  };
  EXPECT_EQ(told_as([](stage_counts&) {}), 2u);
  EXPECT_EQ(told_as([](stage_counts& counts) { counts.proposal = "other"; }), 0u);
  EXPECT_EQ(told_as([](stage_counts& counts) { counts.stage = 2; }), 0u);
  EXPECT_EQ(told_as([](stage_counts& counts) { counts.track = 0; }), 0u);
  EXPECT_EQ(told_as([](stage_counts& counts) { counts.block_s = 1; }), 0u);
}

TEST(stage_picture, a_single_member_is_not_compared) {
  auto alone = stage_of_three();
  alone.members = {{"n2"}};
  auto view = view_of(alone, {}, {"n2"}, counts_of(10, 1), {}, {{{"n2"}, 0}});
  EXPECT_FALSE(view.options.success_rate.is_on || view.options.error_rate.is_on || view.options.world_model.is_on);
  EXPECT_TRUE(view.options.responding);
  EXPECT_TRUE(view_of(stage_of_three(), {}, {"n2"}, counts_of(10, 1), {}, {}).options.success_rate.is_on);
}

TEST(stage_picture, takes_no_block_after_twice_the_duration) {
  auto what = stage_of_three();
  ASSERT_EQ(last_block(what.duration_s), 20u);
  told_counts told{{{"n2"}, {counts_of(40, 0)}}};
  auto view = view_of(what, {}, {"n1"}, counts_of(20, 0), told, {});
  EXPECT_THAT(view.nodes[1].blocks, SizeIs(20));
}

} // namespace
} // namespace hive
