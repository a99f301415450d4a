#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/bad_node.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/cluster/hive_ca.hpp"
#include "tests/support/temporary_directory.hpp"

#include "messages/gossip.capnp.h"
#include "messages/text.hpp"

#include <gmock/gmock.h>
#include <limits>

// A node that is admitted like any other and lies. Three honest nodes keep using each other's figures and, where a lie
// can be recognised, report who sent it.

namespace hive::cluster {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr size_t honest = 3;
constexpr auto task = "porting";

/// One node's statistics of two tools, each measured `n` times.
std::string tools_payload(
  uint64_t n, std::function<void(wire::SharedTool::Builder)> change = [](auto) {}) {
  return to_packed(msg<wire::SharedTools>::build([&](wire::SharedTools::Builder out) {
    auto shared = out.initTasks(1)[0];
    shared.setTaskType(task);
    auto tools = shared.initTools(2);
    for (uint32_t i = 0; i < tools.size(); ++i) {
      tools[i].setToolName(i == 0 ? "aider" : "ruff");
      tools[i].setSampleCount(n);
      auto sums = tools[i].initSums();
      sums.setSuccesses(n);
      sums.setTimeUs(n);
      sums.setTimeUs2Low(n);
      change(tools[i]);
    }
  }));
}

std::string results_payload(double value) {
  return to_packed(msg<wire::SharedResults>::build([&](wire::SharedResults::Builder out) {
    auto metric = out.initMetrics(1)[0];
    metric.setName("latency_ms");
    metric.setValue(value);
  }));
}

slot_name tools_slot() {
  return {tool_stats_kind, tool_bucket_of(task)};
}

slot_name results_slot() {
  return {latest_results_kind, "world_model"};
}

/// What a node shows about another one; empty while it does not know that one.
struct shown_node {
  std::string state;
  std::string reason;
};

class poison : public testing::Test {
protected:
  poison() {
    // The success rates are 60, 70 and 80% for ruff and 50% for aider on every node; each run takes a second.
    for (size_t i = 0; i < honest; ++i) {
      record(hive_.at(i), task, "ruff", 6 + static_cast<int>(i), 4 - static_cast<int>(i));
      record(hive_.at(i), task, "aider", 5, 5);
    }
    EXPECT_TRUE(wait_until([&] { return hive_.is_converged(); }));
    EXPECT_TRUE(wait_until([&] { return every_node([&](auto& node) { return hive_samples(node, task) == 20; }); }));
  }

  template <class Check>
  bool every_node(Check check) {
    for (size_t i = 0; i < honest; ++i)
      if (!check(hive_.at(i)))
        return false;
    return true;
  }

  /// A node of this hive with links to all honest ones.
  std::unique_ptr<bad_node> admit(const std::string& name) {
    std::vector<std::string> doors;
    for (size_t i = 0; i < honest; ++i)
      doors.push_back(hive_.at(i).door());
    auto out = std::make_unique<bad_node>(doors, bad_node::options{.shown = ca_.issue(name)});
    EXPECT_TRUE(wait_until([&] { return every_node([&](auto& node) { return out->is_linked_with(node); }); }));
    return out;
  }

  static shown_node shown(const hived_process& at, const std::string& id) {
    static constexpr const char* names[] = {"active", "suspect", "stale", "dead", "quarantined"};
    auto list = at.get("/api/v1/hive/nodes").as<wire::NodeList>();
    for (auto node : list->getNodes())
      if (as_view(node.getId()) == id)
        return {names[static_cast<size_t>(node.getState())], node.getReason().cStr()};
    return {};
  }

  void expect_quarantined(const std::string& id, const std::string& reason) {
    for (size_t i = 0; i < honest; ++i) {
      auto& node = hive_.at(i);
      EXPECT_TRUE(wait_until([&] { return shown(node, id).state == "quarantined"; }))
        << "node " << i << " shows " << shown(node, id).state << "\n"
        << node.log();
      EXPECT_THAT(shown(node, id).reason, HasSubstr(reason));
      EXPECT_GT(node.lines_with({"Node is quarantined", "node=" + id}), 0U) << node.log();
      auto table = test::hivectl("http://" + node.endpoint(), {"node", "list"}).out;
      auto row = table.substr(std::min(table.find(id), table.size()));
      EXPECT_THAT(row.substr(0, row.find('\n')), AllOf(HasSubstr("quarantined"), HasSubstr(reason))) << table;
    }
  }

  /// Checks that every node's estimate for the hive lies within the range of the honest nodes.
  void expect_honest_figures() {
    for (size_t i = 0; i < honest; ++i) {
      auto best = hive_.at(i).get(std::string{"/api/v1/tools/best?scope=hive&task_type="} + task).as<wire::BestTool>();
      EXPECT_STREQ(best->getToolName().cStr(), "ruff");
      EXPECT_THAT(best->getSuccessRate(), AllOf(Ge(0.6), Le(0.8))) << "on node " << i;
      EXPECT_THAT(best->getAvgTimeS(), AllOf(Ge(0.999), Le(1.001))) << "on node " << i;
      EXPECT_EQ(route(hive_.at(i), task).tool, "ruff");
    }
  }

  /// How many slots the node refused for this reason.
  static uint64_t refused(const hived_process& at, slot_refusal_reason reason) {
    auto status = at.get("/api/v1/hive/status").as<wire::HiveStatus>();
    for (auto each : status->getRefused())
      if (as_view(each.getReason()) == to_string(reason))
        return each.getCount();
    return 0;
  }

  void expect_honest_nodes_agree() {
    EXPECT_TRUE(wait_until([&] { return hive_.is_converged(); }));
    for (size_t i = 0; i < honest; ++i)
      EXPECT_TRUE(hive_.all_see(i, "active")) << "node " << i;
  }

  temporary_directory temp_;
  hive_ca ca_{temp_.path() / "ca"};
  test_hive hive_{temp_.path(), honest, "",
                  [this](size_t i, hived_options& node) { ca_.secure(node, "node" + std::to_string(i)); }};
};

TEST_F(poison, impossible_values_are_refused_and_their_origin_is_quarantined) {
  using tool = wire::SharedTool::Builder;
  struct {
    const char* name;
    slot_name slot;
    std::string payload;
    std::optional<write_stamp> stamp;
    const char* reason;
  } cases[] = {
    {"huge-count", tools_slot(), tools_payload(1, [](tool it) { it.setSampleCount(UINT64_MAX); }), {}, "at most"},
    {"success", tools_slot(), tools_payload(1, [](tool it) { it.getSums().setSuccesses(2); }), {}, "2 successes"},
    {"endless", tools_slot(), tools_payload(1, [](tool it) { it.getSums().setTimeUs(UINT64_MAX); }), {}, "can take"},
    {"negative", tools_slot(), tools_payload(1, [](tool it) { it.getSums().setLogTimePpm(INT64_MIN); }), {}, "log"},
    {"nan", results_slot(), results_payload(std::numeric_limits<double>::quiet_NaN()), {}, "must be finite"},
    {"infinite", results_slot(), results_payload(-std::numeric_limits<double>::infinity()), {}, "must be finite"},
    {"far-epoch", tools_slot(), tools_payload(1), write_stamp{UINT64_MAX, 1}, "stamp"},
  };
  for (const auto& [name, slot, payload, stamp, reason] : cases) {
    SCOPED_TRACE(name);
    auto bad = admit(name);
    for (uint64_t time = 0; time < 3; ++time) {
      auto each = stamp;
      if (each)
        each->version += time;
      auto lie = bad->own_slot(slot, payload, each);
      bad->answer_with(forged_delta{bad->keys().public_part(), {}, {lie}, bad->card()}.make());
      for (size_t i = 0; i < honest; ++i)
        bad->tell(hive_.at(i), {lie});
    }
    expect_quarantined(bad->id(), reason);
    expect_honest_figures();
  }
  expect_honest_nodes_agree();
}

TEST_F(poison, possible_lies_stay_within_the_honest_range) {
  auto bad = admit("liar");
  auto lie = bad->own_slot(tools_slot(), tools_payload(4'294'967'296));
  for (size_t i = 0; i < honest; ++i)
    ASSERT_TRUE(bad->tell(hive_.at(i), {bad->card(), lie}));
  ASSERT_TRUE(
    wait_until([&] { return every_node([&](auto& node) { return hive_samples(node, task) == 20 + 4'294'967'296; }); }))
    << "it counts";
  expect_honest_figures();
  expect_honest_nodes_agree();
}

TEST_F(poison, two_payloads_for_one_version_are_proof_for_all_and_for_ever) {
  auto bad = admit("two-faced");
  write_stamp stamp{1, 50};
  ASSERT_TRUE(bad->tell(hive_.at(0), {bad->own_slot(tools_slot(), tools_payload(10), stamp)}));
  ASSERT_TRUE(bad->tell(hive_.at(1), {bad->own_slot(tools_slot(), tools_payload(11), stamp)}));
  expect_quarantined(bad->id(), "two different slots for epoch 1, version 50");
  expect_honest_figures();
  expect_honest_nodes_agree();

  hive_.kill(2);
  hive_.restart(2);
  ASSERT_TRUE(wait_until([&] { return bad->is_linked_with(hive_.at(2)); }));
  EXPECT_EQ(shown(hive_.at(2), bad->id()).state, "quarantined") << "it comes back as if nothing had been";
  bad->tell(hive_.at(2), {bad->own_slot(tools_slot(), tools_payload(4'294'967'296), write_stamp{2, 1})});
  expect_honest_figures();
  expect_honest_nodes_agree();
}

TEST_F(poison, a_delta_that_quarantines_and_releases_its_origin_at_once_stops_nobody) {
  auto bad = admit("twice");
  std::vector<slot_ptr> slots;
  for (int i = 0; i < 3; ++i)
    slots.push_back(bad->own_slot(tools_slot(), "nonsense"));
  slots.push_back(bad->own_slot(note("k"), "fine", write_stamp{2, 1}));
  auto killing = bad_node::question_with(forged_delta::one_part_each(bad->keys().public_part(), slots));
  for (size_t i = 0; i < honest; ++i) {
    ASSERT_TRUE(bad->tell(hive_.at(i), {bad->card()}));
    for (int time = 0; time < 3; ++time)
      EXPECT_TRUE(bad->ask(hive_.at(i), killing)) << "node " << i << " does not answer any more";
    EXPECT_GE(refused(hive_.at(i), slot_refusal_reason::malformed), 3U) << "node " << i;
  }
  expect_quarantined(bad->id(), "twice");
  expect_honest_figures();
  expect_honest_nodes_agree();
}

TEST_F(poison, a_proof_too_large_to_be_passed_on_silences_nobody) {
  auto bad = admit("large");
  ASSERT_TRUE(bad->tell(hive_.at(0), {bad->card()}));
  // The proof just fits the poisoner's own message, but would not fit another node's, which also contains a digest.
  constexpr size_t half = 524'024;
  auto slot_with = [&](char filling) {
    return bad->own_slot(note("k"), std::string(half, filling), write_stamp{1, 99});
  };
  auto proof = forged_delta::with_proof(bad->keys().public_part(), slot_with('a'), slot_with('b'));
  ASSERT_TRUE(bad->ask(hive_.at(0), bad_node::question_with(proof)));
  EXPECT_EQ(refused(hive_.at(0), slot_refusal_reason::too_large), 1U);
  record(hive_.at(0), task, "ruff", 1, 0);
  for (size_t i : {1, 2})
    EXPECT_TRUE(wait_until([&] { return hive_samples(hive_.at(i), task) == 21; })) << "node " << i << " hears nothing";
  expect_honest_figures();
  expect_honest_nodes_agree();
}

TEST_F(poison, who_forges_the_slots_of_others_is_blamed_itself) {
  auto bad = admit("forger");
  for (size_t i = 0; i < honest; ++i)
    ASSERT_TRUE(bad->tell(hive_.at(i), {bad->card()}));
  for (size_t i = 0; i < honest; ++i) {
    const auto& victim = hive_.at((i + 1) % honest);
    auto forged = forged_delta{
      bad->key_of(victim), {}, {bad->own_slot(tools_slot(), tools_payload(1'000), write_stamp{2, 1'000})}, nullptr};
    for (int time = 0; time < 300; ++time)
      bad->ask(hive_.at(i), bad_node::question_with(forged.make()));
  }
  expect_quarantined(bad->id(), "it altered what it passed on");
  expect_honest_figures();
  expect_honest_nodes_agree();
  for (size_t i = 0; i < honest; ++i) {
    auto lines = hive_.at(i).lines_with({"Slot rejected"});
    EXPECT_THAT(lines, AllOf(Ge(1U), Le(100U))) << "a liar must not fill the disk with what is said of it";
  }
}

} // namespace
} // namespace hive::cluster
