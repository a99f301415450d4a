#include "actors/upgrade/stages/stage_watcher.hpp"

#include "actors/benchmark/api.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/tracker/api.hpp"
#include "actors/upgrade/api.hpp"
#include "actors/upgrade/stages/stage_slots.hpp"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "tests/support/deterministic_system.hpp"

#include <gmock/gmock.h>
#include <map>
#include <type_traits>

// The services of the node are stubs, and time passes when a test says so.

namespace hive {
namespace {

using namespace std::chrono_literals;
using analysis::canary_criterion;
using analysis::verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using tasks_actor = decltype(stage_watcher_services::tasks);
using totals_actor = decltype(stage_watcher_services::inputs);
using benchmarks_actor = decltype(stage_watcher_services::benchmarks);
using checks_actor = decltype(stage_watcher_services::checker);

// The services of a node are such actors.
static_assert(std::is_convertible_v<tracker_actor, tasks_actor>);
static_assert(std::is_convertible_v<inputs_actor, totals_actor>);
static_assert(std::is_convertible_v<registry_actor, benchmarks_actor>);
static_assert(std::is_convertible_v<upgrade_checker_actor, checks_actor>);
static_assert(std::is_convertible_v<federation_actor, node_directory_actor>);
static_assert(std::is_convertible_v<stage_watcher_actor, slot_consumer_actor>);
static_assert(std::is_convertible_v<stage_watcher_actor, slot_producer_actor>);

/// What the stubs answer, and what they got.
struct stub_node {
  running_total tasks{1, 0, 0};
  running_total requests{1, 0, 0};
  running_total world_model{1, 0, 0};
  bool counts_tasks = true;
  std::map<std::string, wire::AdapterStatus> adapters;
  double integrity = 1;
  int64_t captured_at = 0; ///< of the new version; 0: not captured
  wire::Verdict checked = wire::Verdict::SAFE;
  std::vector<std::string> regressions;
  std::map<std::string, int64_t> silent_s; ///< of nodes that are not active
  std::vector<std::string> measured;       ///< adapters that were asked

  std::vector<stage_judged> judged;
  std::vector<publish_slots> published;
  int admitted = 0;
};

tasks_actor::behavior_type run_tasks(tasks_actor::pointer, stub_node* node) {
  return {[node](const msg<wire::TaskTotalsQuery>&) -> caf::result<msg<wire::TaskTotals>> {
    if (!node->counts_tasks)
      return fail(ec::storage_failed, "as the test wants it");
    return msg<wire::TaskTotals>::build([&](wire::TaskTotals::Builder out) {
      out.setRun(node->tasks.run);
      out.setRecords(node->tasks.all);
      out.setFailures(node->tasks.bad);
    });
  }};
}

totals_actor::behavior_type run_inputs(totals_actor::pointer, stub_node* node) {
  return {[node](const msg<wire::InputTotalsQuery>&) {
    return msg<wire::InputTotals>::build([&](wire::InputTotals::Builder out) {
      out.setRun(node->requests.run);
      out.setRequests(node->requests.all);
      out.setFailedRequests(node->requests.bad);
      out.setWorldModelChecks(node->world_model.all);
      out.setFailedWorldModelChecks(node->world_model.bad);
    });
  }};
}

benchmarks_actor::behavior_type run_benchmarks(benchmarks_actor::pointer, stub_node* node) {
  return {
    [node](const measure_once& asked) {
      node->measured.push_back(asked.adapter);
      adapter_outcome outcome;
      outcome.status = node->adapters.contains(asked.adapter) ? node->adapters[asked.adapter] : wire::AdapterStatus::OK;
      outcome.measurement = msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
        out.initMetrics(1)[0].setName(asked.adapter);
        out.getMetrics()[0].setValue(node->integrity);
      });
      return measured_once{std::move(outcome)};
    },
    [node](const msg<wire::SnapshotQuery>&) -> caf::result<msg<wire::Snapshot>> {
      if (node->captured_at == 0)
        return fail(ec::not_found, "no snapshot");
      return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) { out.setCapturedAt(node->captured_at); });
    }};
}

checks_actor::behavior_type run_checks(checks_actor::pointer, stub_node* node) {
  return {[node](const msg<wire::UpgradeQuery>& query) {
    EXPECT_EQ(as_view(query->getOld()), "v1");
    EXPECT_EQ(as_view(query->getNew()), "v2");
    return msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
      out.setVerdict(node->checked);
      auto list = out.initRegressions(static_cast<uint32_t>(node->regressions.size()));
      for (uint32_t i = 0; i < list.size(); ++i) {
        list[i].setAdapter("a");
        list[i].setMetric(node->regressions[i]);
      }
    });
  }};
}

node_directory_actor::behavior_type run_nodes(node_directory_actor::pointer, stub_node* node) {
  return {[node](const msg<wire::NodeQuery>&) {
    return msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
      auto list = out.initNodes(5);
      for (uint32_t i = 0; i < list.size(); ++i) {
        auto id = "n" + std::to_string(i + 1);
        auto silent = node->silent_s.find(id);
        list[i].setId(id);
        list[i].setSelf(i == 0);
        list[i].setState(silent == node->silent_s.end() ? wire::MemberState::ACTIVE : wire::MemberState::STALE);
        list[i].setLastSeen(now_unix_micros() - (silent == node->silent_s.end() ? 0 : silent->second * micros_per_s));
      }
    });
  }};
}

stage_listener_actor::behavior_type run_listener(stage_listener_actor::pointer, stub_node* node) {
  return {[node](const stage_judged& judged) { node->judged.push_back(judged); }};
}

slot_sharing_actor::behavior_type run_federation(slot_sharing_actor::pointer, stub_node* node) {
  return {[node](const publish_slots& slots) { node->published.push_back(slots); },
          [node](const slots_admitted&) { ++node->admitted; }, [](const slot_readers&) {},
          [](const publish_together&) {}};
}

class stage_watcher : public testing::Test {
protected:
  stage_watcher() {
    health.error_rate.is_on = health.world_model.is_on = health.benchmarks = false;
    auto& system = actors.system();
    tasks = system.spawn(run_tasks, &node);
    inputs = system.spawn(run_inputs, &node);
    benchmarks = system.spawn(run_benchmarks, &node);
    checks = system.spawn(run_checks, &node);
    nodes = system.spawn(run_nodes, &node);
    listener = system.spawn(run_listener, &node);
    federation = system.spawn(run_federation, &node);
  }

  ~stage_watcher() override {
    if (watcher)
      actors.end(watcher);
    for (const auto& each : {caf::actor_cast<caf::actor>(tasks), caf::actor_cast<caf::actor>(inputs),
                             caf::actor_cast<caf::actor>(benchmarks), caf::actor_cast<caf::actor>(checks),
                             caf::actor_cast<caf::actor>(nodes), caf::actor_cast<caf::actor>(listener),
                             caf::actor_cast<caf::actor>(federation)})
      actors.end(each);
  }

  void spawn() {
    watcher = spawn_stage_watcher(actors.system(), {tasks, inputs, benchmarks, checks, listener}, {{"n1"}, health});
    actors.run();
  }

  /// The federation starts.
  void share() {
    send(sharing_started{stage_health_kind, slot_publisher_actor{federation}, federation, nodes});
  }

  void start() {
    spawn();
    share();
  }

  template <class Message>
  void send(const Message& message) {
    caf::anon_send(watcher, message);
    actors.run();
  }

  /// Ten blocks of ten seconds; n2 is the canary.
  static watch_stage stage(const std::string& proposal = "p", uint8_t track = 1) {
    return {.track = track,
            .proposal = proposal,
            .stage = 1,
            .members = {{"n1"}, {"n2"}, {"n3"}, {"n4"}, {"n5"}},
            .canaries = {{"n2"}},
            .duration_s = 100,
            .from = "v1",
            .to = "v2"};
  }

  /// Blocks pass in each of which this node counts so many tasks.
  void pass_blocks(int count, uint64_t records = 200, uint64_t failures = 2) {
    for (int i = 0; i < count; ++i) {
      node.tasks.all += records;
      node.tasks.bad += failures;
      actors.pass(10s);
    }
  }

  /// What a node tells of the stage after twice its duration.
  static stage_counts counts_of(int64_t failures, const std::string& proposal = "p") {
    stage_counts out{.track = 1, .proposal = proposal, .stage = 1, .block_s = 10};
    for (uint32_t i = 0; i < 20; ++i)
      out.add(analysis::health_block{.number = i, .tasks = {200 - failures, failures}, .guardrail = {1, 0}});
    return out;
  }

  /// As the federation delivers it: through the slot's bytes.
  void tell(const std::string& origin, const std::vector<stage_counts>& counts) {
    auto published = stages_to_publish(counts);
    auto content = stage_health_rules().decode("stages", published.payloads.at("stages"));
    ASSERT_TRUE(content) << text_of(content.error());
    send(slots_accepted{stage_health_kind, {origin}, {{"stages", *content}}});
  }

  void tell_healthy(std::initializer_list<const char*> origins) {
    for (const auto* origin : origins)
      tell(origin, {counts_of(2)});
  }

  /// What the node told last.
  std::vector<stage_counts> told() const {
    if (node.published.empty() || node.published.back().payloads.empty())
      return {};
    auto read = from_stage_slot("stages", node.published.back().payloads.at("stages"));
    EXPECT_TRUE(read) << text_of(read.error());
    return read ? *read : std::vector<stage_counts>{};
  }

  const stage_judged& last() const {
    return node.judged.back();
  }

  /// What the last judgement says of the criterion.
  analysis::criterion_judgement judged_of(canary_criterion criterion) const {
    for (const auto& each : last().what.criteria)
      if (each.criterion == criterion)
        return each;
    ADD_FAILURE() << "not judged";
    return {};
  }

  deterministic_system actors;
  stub_node node;
  analysis::canary_options health;
  tasks_actor tasks;
  totals_actor inputs;
  benchmarks_actor benchmarks;
  checks_actor checks;
  node_directory_actor nodes;
  stage_listener_actor listener;
  slot_sharing_actor federation;
  stage_watcher_actor watcher;
};

// -- judgements -------------------------------------------------------------------

TEST_F(stage_watcher, judges_after_every_block) {
  start();
  send(stage());
  EXPECT_THAT(node.judged, IsEmpty());
  pass_blocks(3);
  ASSERT_THAT(node.judged, SizeIs(3));
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(node.judged[i].track, 1);
    EXPECT_EQ(node.judged[i].proposal, "p");
    EXPECT_EQ(node.judged[i].stage, 1);
    EXPECT_EQ(node.judged[i].observed_s, 10 * (i + 1));
    EXPECT_FALSE(node.judged[i].is_last_look);
    EXPECT_EQ(node.judged[i].what.decided, verdict::inconclusive);
  }
}

TEST_F(stage_watcher, a_healthy_stage_is_safe_when_its_duration_is_observed) {
  start();
  send(stage());
  tell_healthy({"n2", "n3", "n4", "n5"});
  pass_blocks(9);
  EXPECT_EQ(last().what.decided, verdict::inconclusive);
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::safe) << last().what.reason;
  EXPECT_EQ(last().observed_s, 100u);
}

TEST_F(stage_watcher, a_canary_that_fails_its_tasks_is_regressed) {
  start();
  send(stage());
  tell_healthy({"n3", "n4", "n5"});
  tell("n2", {counts_of(40)});
  pass_blocks(10);
  EXPECT_EQ(last().what.decided, verdict::regressed);
  EXPECT_THAT(last().what.reason, HasSubstr("success_rate"));
}

TEST_F(stage_watcher, own_failures_count_when_it_is_the_canary) {
  start();
  auto what = stage();
  what.canaries = {{"n1"}};
  send(what);
  tell_healthy({"n2", "n3", "n4", "n5"});
  pass_blocks(10, 200, 40);
  EXPECT_EQ(last().what.decided, verdict::regressed);
}

TEST_F(stage_watcher, a_stage_without_traffic_is_inconclusive_also_at_the_last_look) {
  start();
  send(stage());
  pass_blocks(19, 0, 0);
  EXPECT_FALSE(last().is_last_look);
  pass_blocks(1, 0, 0);
  EXPECT_TRUE(last().is_last_look);
  EXPECT_EQ(last().what.decided, verdict::inconclusive);
  EXPECT_THAT(last().what.reason, HasSubstr("success_rate"));
}

TEST_F(stage_watcher, a_silent_canary_is_regressed) {
  start();
  send(stage());
  tell_healthy({"n2", "n3", "n4", "n5"});
  node.silent_s = {{"n2", 59}};
  pass_blocks(1);
  EXPECT_NE(last().what.decided, verdict::regressed);
  node.silent_s = {{"n2", 60}};
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::regressed);
  EXPECT_THAT(last().what.reason, HasSubstr("n2 is silent for 60 s"));
  node.silent_s = {{"n2", 60}, {"n3", 60}, {"n4", 60}};
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::inconclusive) << "it may be this node that hears nothing";
}

TEST_F(stage_watcher, judges_nothing_before_it_knows_who_is_heard) {
  spawn();
  send(sharing_started{stage_health_kind, slot_publisher_actor{federation}, federation});
  send(stage());
  pass_blocks(2);
  EXPECT_THAT(node.judged, IsEmpty());
  EXPECT_EQ(told().at(0).observed_blocks, 2u) << "it counts meanwhile";
  share();
  pass_blocks(1);
  EXPECT_THAT(node.judged, SizeIs(1));
}

TEST_F(stage_watcher, a_federation_that_does_not_answer_makes_nobody_silent) {
  start();
  send(stage());
  actors.end(nodes);
  pass_blocks(3);
  EXPECT_THAT(node.judged, IsEmpty());
}

TEST_F(stage_watcher, a_violated_guardrail_is_regressed_and_one_without_a_result_no_check) {
  start();
  auto what = stage();
  what.canaries = {{"n1"}};
  send(what);
  node.adapters["guardrail"] = wire::AdapterStatus::SKIPPED;
  pass_blocks(1);
  node.adapters["guardrail"] = wire::AdapterStatus::ERROR;
  pass_blocks(1);
  EXPECT_THAT(judged_of(canary_criterion::guardrail).reason, HasSubstr("no check"));
  node.adapters["guardrail"] = wire::AdapterStatus::OK;
  node.integrity = 0;
  pass_blocks(1);
  EXPECT_EQ(judged_of(canary_criterion::guardrail).decided, verdict::regressed);
}

TEST_F(stage_watcher, asks_only_for_criteria_that_are_on) {
  health.guardrail = false;
  start();
  send(stage());
  pass_blocks(1);
  EXPECT_THAT(node.measured, IsEmpty());
  EXPECT_THAT(last().what.criteria, SizeIs(2));
}

TEST_F(stage_watcher, counts_requests_and_checks_of_the_world_model) {
  health.error_rate.is_on = health.world_model.is_on = true;
  start();
  send(stage());
  node.requests = {1, 30, 3};
  node.world_model = {1, 5, 1};
  pass_blocks(1);
  EXPECT_THAT(node.measured, testing::Contains("world_model"));
  node.adapters["world_model"] = wire::AdapterStatus::ERROR;
  pass_blocks(1);
  auto blocks = told().at(0).blocks;
  ASSERT_THAT(blocks, SizeIs(2));
  EXPECT_EQ(blocks[0].requests.good, 27);
  EXPECT_EQ(blocks[0].requests.bad, 3);
  EXPECT_EQ(blocks[0].world_model.good, 4);
  EXPECT_EQ(blocks[0].world_model.bad, 1);
  EXPECT_EQ(blocks[1].requests.all(), 0);
  EXPECT_EQ(blocks[1].world_model.bad, 1) << "its counters cannot be read";
}

TEST_F(stage_watcher, benchmarks_count_if_they_were_captured_in_the_stage) {
  health.benchmarks = true;
  start();
  auto what = stage();
  what.canaries = {{"n1"}};
  send(what);
  node.regressions = {"latency"};
  node.checked = wire::Verdict::REGRESSED;
  pass_blocks(1);
  EXPECT_THAT(judged_of(canary_criterion::benchmarks).reason, HasSubstr("no judged benchmarks on n1"));
  node.captured_at = 1; // long ago
  pass_blocks(1);
  EXPECT_THAT(judged_of(canary_criterion::benchmarks).reason, HasSubstr("no judged benchmarks on n1"));
  node.captured_at = now_unix_micros() + micros_per_s;
  pass_blocks(1);
  EXPECT_EQ(judged_of(canary_criterion::benchmarks).decided, verdict::regressed);
  EXPECT_THAT(told().at(0).regressed_benchmarks, ElementsAre("a.latency"));
  node.regressions.clear();
  node.checked = wire::Verdict::INCONCLUSIVE;
  pass_blocks(1);
  EXPECT_FALSE(told().at(0).has_benchmarks);
  node.checked = wire::Verdict::SAFE;
  pass_blocks(1);
  EXPECT_TRUE(told().at(0).has_benchmarks);
}

// -- blocks -----------------------------------------------------------------------

TEST_F(stage_watcher, tells_each_block_and_no_more_than_twice_the_duration) {
  start();
  send(stage());
  node.tasks = {1, 1'000, 500}; // after the window began
  actors.pass(10s);
  pass_blocks(24);
  ASSERT_THAT(told(), SizeIs(1));
  const auto counts = told()[0];
  EXPECT_EQ(counts.observed_blocks, 20u);
  ASSERT_THAT(counts.blocks, SizeIs(20));
  EXPECT_EQ(counts.blocks[0].tasks.all(), 1'000);
  EXPECT_EQ(counts.blocks[19].tasks.bad, 2);
  EXPECT_EQ(counts.blocks[19].guardrail.good, 1);
  EXPECT_THAT(node.judged, SizeIs(25)) << "others may still tell more";
  EXPECT_TRUE(last().is_last_look);
  EXPECT_EQ(last().observed_s, 200u);
  EXPECT_EQ(node.admitted, 1);
}

TEST_F(stage_watcher, what_was_before_the_window_does_not_count) {
  node.tasks = {1, 5'000, 5'000};
  start();
  send(stage());
  pass_blocks(1);
  EXPECT_EQ(told().at(0).blocks.at(0).tasks.bad, 2);
}

TEST_F(stage_watcher, a_block_that_could_not_be_counted_is_not_told) {
  start();
  send(stage());
  pass_blocks(1);
  node.counts_tasks = false;
  pass_blocks(1);
  node.counts_tasks = true;
  pass_blocks(1); // its beginning is not known
  pass_blocks(1);
  node.tasks.run = 2; // the tracker was restarted
  node.tasks.all = node.tasks.bad = 0;
  pass_blocks(2);
  auto counts = told().at(0);
  std::vector<uint32_t> numbers;
  for (const auto& block : counts.blocks)
    numbers.push_back(block.number);
  EXPECT_THAT(numbers, ElementsAre(0u, 3u, 5u));
  EXPECT_EQ(counts.observed_blocks, 6u);
}

TEST_F(stage_watcher, the_window_begins_with_the_federation) {
  spawn();
  send(stage());
  pass_blocks(3);
  EXPECT_THAT(node.published, IsEmpty());
  share();
  pass_blocks(1);
  EXPECT_EQ(told().at(0).observed_blocks, 1u);
  EXPECT_EQ(told()[0].blocks.at(0).tasks.all(), 200);
}

// -- what is watched --------------------------------------------------------------

TEST_F(stage_watcher, the_same_stage_goes_on_and_another_begins_anew) {
  start();
  send(stage());
  pass_blocks(2);
  send(stage());
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 30u);
  send(stage("q"));
  pass_blocks(1);
  EXPECT_THAT(node.judged, SizeIs(4)) << "the timer of the first one is void";
  EXPECT_EQ(last().proposal, "q");
  EXPECT_EQ(last().observed_s, 10u);
  EXPECT_THAT(told(), SizeIs(1));
}

TEST_F(stage_watcher, tracks_do_not_disturb_each_other) {
  start();
  send(stage("p", 1));
  pass_blocks(1);
  send(stage("q", 3));
  pass_blocks(1);
  ASSERT_THAT(told(), SizeIs(2));
  EXPECT_EQ(told()[0].observed_blocks, 2u);
  EXPECT_EQ(told()[1].observed_blocks, 1u);
  send(end_watch{1});
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].proposal, "q");
}

TEST_F(stage_watcher, nothing_is_told_or_judged_after_the_end) {
  start();
  send(stage());
  pass_blocks(2);
  send(end_watch{1});
  auto judged = node.judged.size();
  auto published = node.published.size();
  EXPECT_TRUE(node.published.back().payloads.empty());
  pass_blocks(3);
  EXPECT_EQ(node.judged.size(), judged);
  EXPECT_EQ(node.published.size(), published);
  EXPECT_FALSE(actors.has_pending_timeout());
  send(end_watch{1});
  EXPECT_EQ(node.published.size(), published) << "there was nothing to end";
}

TEST_F(stage_watcher, ignores_a_stage_that_cannot_be_judged) {
  start();
  auto what = stage();
  what.canaries.clear();
  send(what);
  pass_blocks(2);
  EXPECT_THAT(node.judged, IsEmpty());
  EXPECT_TRUE(actors.is_alive(watcher));
}

// -- other nodes ------------------------------------------------------------------

TEST_F(stage_watcher, what_is_told_of_another_proposal_does_not_count) {
  start();
  send(stage());
  tell_healthy({"n3", "n4", "n5"});
  tell("n2", {counts_of(200, "other")});
  pass_blocks(10);
  EXPECT_EQ(last().what.decided, verdict::inconclusive);
  EXPECT_THAT(judged_of(canary_criterion::guardrail).reason, HasSubstr("no check of the guardrail on n2"));
}

TEST_F(stage_watcher, what_a_node_told_is_replaced_and_withdrawn) {
  start();
  send(stage());
  tell_healthy({"n3", "n4", "n5"});
  tell("n2", {counts_of(100)});
  tell_healthy({"n2"});
  pass_blocks(10);
  EXPECT_EQ(last().what.decided, verdict::safe) << last().what.reason;
  send(slots_withdrawn{stage_health_kind, {"n2"}});
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::inconclusive);
  tell_healthy({"n2"});
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::safe);
  send(slots_accepted{stage_health_kind, {"n2"}, {{"stages", slot_content{}}}});
  pass_blocks(1);
  EXPECT_EQ(last().what.decided, verdict::inconclusive) << "it erased its slot";
}

// -- restarts ---------------------------------------------------------------------

TEST_F(stage_watcher, observed_time_is_kept_over_a_restart_and_the_gap_is_not_observed) {
  start();
  send(stage());
  pass_blocks(4);
  auto before = told();
  ASSERT_EQ(before.at(0).observed_blocks, 4u);
  actors.end(watcher);
  node.tasks = {2, 0, 0};
  actors.pass(1h);
  spawn();
  tell("n1", before); // stored
  share();
  send(stage());
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 50u);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].observed_blocks, 5u);
  EXPECT_THAT(told()[0].blocks, SizeIs(5));
  EXPECT_EQ(told()[0].blocks.back().tasks.all(), 200);
  EXPECT_EQ(told()[0].began_at_unix_micros, before[0].began_at_unix_micros);
}

TEST_F(stage_watcher, what_others_return_of_its_own_is_taken_if_it_is_more) {
  start();
  send(stage());
  pass_blocks(1);
  auto more = counts_of(3);
  more.blocks.resize(6);
  more.observed_blocks = 6;
  tell("n1", {more});
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 70u);
  auto less = told();
  less[0].blocks.resize(2);
  less[0].observed_blocks = 2;
  tell("n1", less);
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 80u);
}

TEST_F(stage_watcher, keeps_telling_of_a_stage_that_is_not_watched_again_yet) {
  spawn();
  tell("n1", {counts_of(2)});
  share();
  EXPECT_THAT(node.published, IsEmpty()) << "what is stored stays";
  send(stage("q", 2));
  pass_blocks(1);
  ASSERT_THAT(told(), SizeIs(2));
  EXPECT_EQ(told()[0].observed_blocks, 20u);
  send(end_watch{1});
  EXPECT_THAT(told(), SizeIs(1));
}

TEST_F(stage_watcher, the_slot_of_another_proposal_is_not_continued) {
  spawn();
  tell("n1", {counts_of(2, "older")});
  share();
  send(stage());
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 10u);
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].proposal, "p");
}

TEST_F(stage_watcher, tells_a_federation_that_started_again) {
  start();
  send(stage());
  pass_blocks(2);
  node.published.clear();
  share();
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].observed_blocks, 2u);
  EXPECT_EQ(node.admitted, 2);
  pass_blocks(1);
  EXPECT_EQ(last().observed_s, 30u) << "one timer";
  EXPECT_THAT(node.judged, SizeIs(3));
}

// -- options ----------------------------------------------------------------------

TEST(stage_watcher_options, name_what_is_wrong) {
  auto refused = [](auto change, const std::string& why) {
    stage_watcher_options options{{"n1"}, {}};
    change(options);
    auto error = options.validate();
    EXPECT_EQ(code_of(error), ec::invalid);
    EXPECT_THAT(text_of(error), HasSubstr(why));
  };
  EXPECT_FALSE((stage_watcher_options{{"n1"}, {}}.validate()));
  refused([](stage_watcher_options& options) { options.self = {}; }, "id of this node");
  refused([](stage_watcher_options& options) { options.health.success_rate.margin = 0; }, "margin of success_rate");
  refused([](stage_watcher_options& options) { options.health.responding_grace_s = 0; }, "responding_grace");
}

} // namespace
} // namespace hive
