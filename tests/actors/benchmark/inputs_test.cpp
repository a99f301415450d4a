#include "actors/benchmark/inputs.hpp"

#include "actors/benchmark/input_ledger.hpp"
#include "actors/defaults.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <gmock/gmock.h>
#include <mutex>
#include <variant>

namespace hive {
namespace {

using ::testing::HasSubstr;

msg<wire::ObserveModel> observe(const std::string& id, std::initializer_list<double> latencies_ms) {
  return msg<wire::ObserveModel>::build([&](wire::ObserveModel::Builder out) {
    out.setId(id);
    auto list = out.initObservations(static_cast<uint32_t>(latencies_ms.size()));
    uint32_t i = 0;
    for (auto latency : latencies_ms)
      list[i++].setLatencyMs(latency);
  });
}

msg<wire::WorldModelStats> stats(uint64_t recorded, uint64_t queries, const std::string& process = {}) {
  return msg<wire::WorldModelStats>::build([&](wire::WorldModelStats::Builder out) {
    out.setRecorded(recorded);
    out.setFlushed(recorded);
    out.setCorrections(recorded);
    out.setHivemindQueries(queries);
    out.setProcess(process);
  });
}

std::vector<double> latencies(const msg<wire::ModelInput>& input) {
  std::vector<double> out;
  for (auto observation : input->getObservations())
    out.push_back(observation.getLatencyMs());
  return out;
}

// -- input_ledger --------------------------------------------------------------

TEST(input_ledger, keeps_the_newest_observations_in_order) {
  input_ledger ledger;
  for (int i = 0; i < 250; ++i)
    ASSERT_TRUE(ledger.observe(observe("m", {double(i)}), 1));
  auto kept = latencies(ledger.models().at("m"));
  ASSERT_EQ(kept.size(), defaults::max_observations);
  EXPECT_EQ(kept.front(), 150);
  EXPECT_EQ(kept.back(), 249);
}

TEST(input_ledger, one_long_push_keeps_its_own_newest) {
  input_ledger ledger;
  ASSERT_TRUE(ledger.observe(observe("m", {-1, -2}), 1));
  auto many = msg<wire::ObserveModel>::build([](wire::ObserveModel::Builder out) {
    out.setId("m");
    auto list = out.initObservations(1'000);
    for (uint32_t i = 0; i < list.size(); ++i)
      list[i].setAccuracy(i / 1'000.0);
  });
  ASSERT_TRUE(ledger.observe(many, 1));
  auto kept = ledger.models().at("m")->getObservations();
  ASSERT_EQ(kept.size(), defaults::max_observations);
  EXPECT_EQ(kept[0].getAccuracy(), 0.9);
}

TEST(input_ledger, refuses_observations_without_any_value_whole) {
  input_ledger ledger;
  auto half = msg<wire::ObserveModel>::build([](wire::ObserveModel::Builder out) {
    out.setId("m");
    out.initObservations(2)[0].setLatencyMs(1);
  });
  auto error = ledger.observe(half, 1).error();
  EXPECT_EQ(code_of(error), ec::invalid);
  EXPECT_THAT(text_of(error), HasSubstr("/observations/1"));
  EXPECT_TRUE(ledger.models().empty());
}

TEST(input_ledger, takes_ids_as_model_hubs_and_servers_write_them) {
  auto with = [](const std::string& id) {
    input_ledger ledger;
    auto taken = ledger.observe(observe(id, {1}), 1);
    return taken ? std::string{} : text_of(taken.error());
  };
  for (const std::string id : {"gpt-4o", "meta-llama/Llama-3-8B", "llama3:8b-instruct-q4_0", "a/b/c:1.0"})
    EXPECT_EQ(with(id), "") << id;
  for (const auto& id : std::vector<std::string>{"", "/a", "a b", "a\nb", "a%2Fb", "\xc3\xa4", std::string(129, 'a')})
    EXPECT_THAT(with(id), HasSubstr("/id must start with a letter or digit")) << id;
}

TEST(input_ledger, above_the_bound_the_model_observed_longest_ago_gives_way) {
  input_ledger ledger;
  auto gave_way_to = [&](const std::string& id, double latency_ms, int64_t now) {
    return ledger.observe(observe(id, {latency_ms}), now)->value_or("nobody");
  };
  for (size_t i = 0; i < defaults::max_models; ++i)
    ASSERT_EQ(gave_way_to("m" + std::to_string(i), 1, 100 + int64_t(i)), "nobody");
  EXPECT_EQ(gave_way_to("m0", 2, 5'000), "nobody") << "a known one needs no place";
  EXPECT_EQ(gave_way_to("new", 3, 5'001), "m1");
  EXPECT_EQ(ledger.models().size(), defaults::max_models);
  EXPECT_FALSE(ledger.models().contains("m1"));
  EXPECT_EQ(latencies(ledger.models().at("m0")), (std::vector<double>{1, 2}));
  EXPECT_EQ(latencies(ledger.models().at("new")), (std::vector<double>{3}));
  EXPECT_EQ(gave_way_to("m1", 4, 5'002), "m2") << "one that gave way may come back";
  EXPECT_EQ(latencies(ledger.models().at("m1")), (std::vector<double>{4}));
}

TEST(input_ledger, counts_restarts) {
  input_ledger ledger;
  auto after = [&](const msg<wire::WorldModelStats>& next) {
    ledger.update(next, 1);
    return (*ledger.world_model())->getRestarts();
  };
  EXPECT_EQ(after(stats(10, 5)), 0u) << "the first sight is no restart";
  EXPECT_EQ(after(stats(10, 5)), 0u);
  EXPECT_EQ(after(stats(20, 6)), 0u);
  EXPECT_EQ(after(stats(20, 5)), 1u) << "one counter shrank";
  EXPECT_EQ(after(stats(25, 6)), 1u);
  EXPECT_EQ(after(stats(30, 7, "a")), 2u) << "a process got a name: not known to be the same";
  EXPECT_EQ(after(stats(31, 8, "a")), 2u);
  EXPECT_EQ(after(stats(29, 7, "a")), 2u) << "the name decides";
  EXPECT_EQ(after(stats(100, 100, "b")), 3u) << "counters grew, but of another process";
  EXPECT_EQ(after(stats(200, 200)), 4u);
}

TEST(input_ledger, counts_requests_and_checks_of_the_world_model) {
  input_ledger ledger;
  ledger.begin_totals(7);
  ASSERT_TRUE(ledger.observe(msg<wire::ObserveModel>::build([](wire::ObserveModel::Builder out) {
                               out.setId("m");
                               auto list = out.initObservations(5);
                               for (uint32_t i = 0; i < list.size(); ++i)
                                 list[i].setLatencyMs(1);
                               for (uint32_t i = 0; i < 4; ++i)
                                 list[i].setAccuracy(i / 4.);
                             }),
                             1));
  auto counters = [&](uint64_t recorded, uint64_t flushed, const char* process) {
    ledger.update(msg<wire::WorldModelStats>::build([&](wire::WorldModelStats::Builder out) {
                    out.setRecorded(recorded);
                    out.setFlushed(flushed);
                    out.setProcess(process);
                  }),
                  1);
  };
  counters(10, 10, "a"); // nothing to compare with
  counters(20, 20, "a");
  counters(20, 20, "a"); // idle
  counters(30, 20, "a"); // nothing flushed
  counters(90, 0, "b");  // of another process
  auto totals = ledger.totals();
  EXPECT_EQ(totals->getRequests(), 4u) << "one has no accuracy";
  EXPECT_EQ(totals->getFailedRequests(), 2u) << "0 and 1/4";
  EXPECT_EQ(totals->getWorldModelChecks(), 3u);
  EXPECT_EQ(totals->getFailedWorldModelChecks(), 1u);
  ledger.begin_totals(7);
  EXPECT_EQ(ledger.totals()->getRun(), totals->getRun() + 1);
  EXPECT_EQ(ledger.totals()->getRequests(), 0u);
}

// -- inputs --------------------------------------------------------------------

/// What a committer does with a write set, and how it answers.
using decision = std::function<caf::error(database&, const write_set&)>;

caf::error write_it(database& db, const write_set& writes) {
  return db.write(writes);
}

decision refuse_with(ec code) {
  return [code](database&, const write_set&) { return fail(code, "as the test wants it"); };
}

/// Shared by a test and its committer, which holds every write set until the test decides about it.
struct held_commits {
  void decide(decision next) {
    std::lock_guard lock{mutex};
    decisions.push_back(std::move(next));
    changed.notify_all();
  }

  /// Waits until a write set is held and returns it.
  write_set wait_for_one() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return current.has_value(); });
    return *current;
  }

  caf::error hold(database& db, write_set writes) {
    std::unique_lock lock{mutex};
    current = std::move(writes);
    changed.notify_all();
    changed.wait(lock, [&] { return !decisions.empty(); });
    auto next = std::move(decisions.front());
    decisions.pop_front();
    auto held = std::move(*current);
    current.reset();
    return next(db, held);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<write_set> current;
  std::deque<decision> decisions;
};

/// Blocks while it holds a write set, so it must be spawned detached.
committer_actor::behavior_type holding_committer(committer_actor::pointer, held_commits* commits, database* db) {
  return {[commits, db](write_set& writes) -> caf::result<committed> {
    if (auto error = commits->hold(*db, std::move(writes)))
      return error;
    return committed{};
  }};
}

class inputs_test : public ::testing::Test {
protected:
  inputs_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    committer = tests.system().spawn<caf::detached>(holding_committer, &commits, db.get());
    start();
  }

  void start() {
    actor = spawn_inputs(tests.system(), {db, committer});
  }

  void stop() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    tests.client()->wait_for(actor);
  }

  void TearDown() override {
    stop();
    caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
  }

  template <class Message>
  auto push(const Message& message) {
    return tests.client()->request(actor, answer_timeout, message);
  }

  /// The number recorded, or the error's code.
  template <class Response>
  std::variant<uint32_t, ec> outcome(Response&& response) {
    std::variant<uint32_t, ec> out;
    response.receive([&](msg<wire::Recorded>& answer) { out = answer->getRecorded(); },
                     [&](caf::error& error) { out = code_of(error); });
    return out;
  }

  std::vector<double> stored(const std::string& id) {
    auto input = input_store{*db}.model(id);
    return input && *input ? latencies(**input) : std::vector<double>{};
  }

  using answered = std::variant<uint32_t, ec>;

  temporary_directory temp;
  std::shared_ptr<database> db;
  held_commits commits;
  test_system tests;
  committer_actor committer;
  inputs_actor actor;
};

TEST_F(inputs_test, answers_after_the_committer) {
  auto response = push(observe("m", {1, 2, 3}));
  commits.wait_for_one();
  EXPECT_TRUE(stored("m").empty());
  commits.decide(write_it);
  EXPECT_EQ(outcome(response), answered{3u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 2, 3}));
}

TEST_F(inputs_test, gathers_what_arrives_while_the_disk_is_busy) {
  auto first = push(observe("m", {1}));
  commits.wait_for_one();
  auto second = push(observe("m", {2}));
  auto third = push(stats(1, 1));
  auto fourth = push(observe("n", {4}));
  // All three are in the actor's mailbox before the committer can answer.
  commits.decide(write_it);
  EXPECT_EQ(outcome(first), answered{1u});
  EXPECT_EQ(commits.wait_for_one().writes().size(), 3u) << "both models and the counters, once each";
  commits.decide(write_it);
  EXPECT_EQ(outcome(second), answered{1u});
  EXPECT_EQ(outcome(third), answered{1u});
  EXPECT_EQ(outcome(fourth), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 2}));
}

TEST_F(inputs_test, a_failed_write_leaves_no_trace) {
  auto first = push(observe("m", {1}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(first), answered{1u});
  auto second = push(observe("m", {2}));
  commits.decide(refuse_with(ec::storage_failed));
  EXPECT_EQ(outcome(second), answered{ec::storage_failed});
  auto third = push(observe("m", {3}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(third), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 3}));
}

TEST_F(inputs_test, a_failed_write_takes_along_what_came_meanwhile) {
  auto first = push(observe("m", {1}));
  commits.wait_for_one();
  auto second = push(observe("m", {2}));
  auto third = push(stats(1, 1));
  // Both are in the actor's mailbox before the committer can answer.
  commits.decide(refuse_with(ec::storage_failed));
  EXPECT_EQ(outcome(first), answered{ec::storage_failed});
  EXPECT_EQ(outcome(second), answered{ec::storage_failed});
  EXPECT_EQ(outcome(third), answered{ec::storage_failed});
  auto fourth = push(observe("m", {4}));
  EXPECT_EQ(commits.wait_for_one().writes().size(), 1u) << "the model alone";
  commits.decide(write_it);
  EXPECT_EQ(outcome(fourth), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{4}));
}

TEST_F(inputs_test, after_an_unknown_outcome_the_store_decides) {
  auto first = push(observe("m", {1}));
  commits.wait_for_one();
  commits.decide([](database& to, const write_set& writes) {
    EXPECT_FALSE(to.write(writes));
    return fail(ec::outcome_unknown, "written, but nobody knows");
  });
  EXPECT_EQ(outcome(first), answered{ec::outcome_unknown});
  auto second = push(observe("m", {2}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(second), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 2}));
}

TEST_F(inputs_test, starts_from_what_is_stored) {
  auto first = push(observe("m", {1}));
  commits.decide(write_it);
  outcome(first);
  auto world = push(stats(10, 10));
  commits.decide(write_it);
  outcome(world);
  stop();
  start();
  auto second = push(observe("m", {2}));
  commits.decide(write_it);
  outcome(second);
  auto shrunk = push(stats(1, 1));
  commits.decide(write_it);
  EXPECT_EQ(outcome(shrunk), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 2}));
  EXPECT_EQ((**input_store{*db}.world_model())->getRestarts(), 1u);
}

TEST_F(inputs_test, a_refused_one_does_not_cost_the_others) {
  auto first = push(observe("m", {1}));
  commits.wait_for_one();
  auto empty = push(msg<wire::ObserveModel>::build([](wire::ObserveModel::Builder out) {
    out.setId("m");
    out.initObservations(1);
  }));
  auto good = push(observe("m", {2}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(first), answered{1u});
  EXPECT_EQ(outcome(empty), answered{ec::invalid});
  commits.decide(write_it);
  EXPECT_EQ(outcome(good), answered{1u});
  EXPECT_EQ(stored("m"), (std::vector<double>{1, 2}));
}

TEST_F(inputs_test, a_model_that_gave_way_is_erased_in_the_write_that_stores_the_new_one) {
  stop();
  write_set writes;
  for (size_t i = 0; i < defaults::max_models; ++i)
    input_store::put_model(writes, "m" + std::to_string(i), msg<wire::ModelInput>::build([&](auto out) {
                             out.setObservedAt(int64_t(i) + 1);
                             out.initObservations(1)[0].setLatencyMs(1);
                           }));
  ASSERT_FALSE(db->write(writes));
  start();
  auto response = push(observe("new", {7}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(response), answered{1u});
  EXPECT_TRUE(stored("m0").empty());
  EXPECT_EQ(stored("m1"), (std::vector<double>{1}));
  EXPECT_EQ(stored("new"), (std::vector<double>{7}));
  stop();
  start();
  auto again = push(observe("m0", {8}));
  commits.decide(write_it);
  EXPECT_EQ(outcome(again), answered{1u});
  EXPECT_TRUE(stored("m1").empty());
}

TEST_F(inputs_test, tells_the_totals_and_begins_anew_after_a_failed_write) {
  auto totals = [&] {
    auto response = push(msg<wire::InputTotalsQuery>{}); // nothing is to be written
    msg<wire::InputTotals> out;
    response.receive([&](const msg<wire::InputTotals>& answer) { out = answer; },
                     [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  };
  auto known = push(stats(1, 1, "p"));
  commits.decide(write_it);
  EXPECT_EQ(outcome(known), answered{1u});
  auto more = push(stats(2, 2, "p"));
  commits.decide(write_it);
  EXPECT_EQ(outcome(more), answered{1u});
  auto before = totals();
  EXPECT_EQ(before->getWorldModelChecks(), 1u);
  auto lost = push(stats(3, 3, "p"));
  commits.decide(refuse_with(ec::storage_failed));
  EXPECT_EQ(outcome(lost), answered{ec::storage_failed});
  auto after = totals();
  EXPECT_EQ(after->getWorldModelChecks(), 0u);
  EXPECT_NE(after->getRun(), before->getRun());
}

TEST_F(inputs_test, its_end_is_an_answer_to_all_who_wait) {
  auto written = push(observe("m", {1}));
  commits.wait_for_one();
  auto waiting = push(observe("m", {2}));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  EXPECT_EQ(outcome(written), answered{ec::outcome_unknown});
  EXPECT_EQ(outcome(waiting), answered{ec::unavailable});
  commits.decide(write_it);
}

TEST_F(inputs_test, a_damaged_store_ends_the_actor_with_the_reason) {
  stop();
  write_set writes;
  writes.put(column::inputs, keys::model("odd"), "12345678");
  ASSERT_FALSE(db->write(writes));
  start();
  caf::error reason;
  tests.client()->monitor(actor);
  tests.client()->receive([&](caf::down_msg& down) { reason = down.reason; });
  EXPECT_EQ(code_of(reason), ec::corrupt);
}

} // namespace
} // namespace hive
