#include "actors/benchmark/worker_pool.hpp"

#include "tests/actors/benchmark/registry_fixture.hpp"

#include <gmock/gmock.h>

// Workers, the pool and the registry together.

namespace hive {
namespace {

using testing::HasSubstr;

struct worker_pool_test : registry_fixture {
  std::string register_worker(const std::string& adapters) {
    auto added = try_register(adapters);
    EXPECT_TRUE(added) << text_of(added.error());
    return (*added)->getWorker().cStr();
  }

  caf::expected<msg<wire::WorkerRegistered>> try_register(const std::string& adapters) {
    return ask<wire::WorkerRegistered>(*from_json<wire::RegisterWorker>(R"({"adapters":)" + adapters + "}"));
  }

  caf::expected<msg<wire::WorkOffer>> poll(const std::string& worker, const std::string& wait = "30") {
    return ask_of<wire::WorkOffer>(
      workers, *from_json<wire::WorkQuery>(R"({"worker":")" + worker + R"(","wait":)" + wait + "}"));
  }

  /// Reports the result of one work that the worker gets; what it was, as "adapter run/repeats".
  std::string work_once(const std::string& worker, const std::string& result) {
    auto offer = poll(worker);
    EXPECT_TRUE(offer && (*offer)->hasWork());
    auto work = (*offer)->getWork();
    auto answer = report(work.getId().cStr(), result);
    EXPECT_TRUE(answer) << text_of(answer.error());
    return std::string{work.getAdapter().cStr()} + " " + std::to_string(work.getRun()) + "/" +
           std::to_string(work.getRepeats());
  }

  caf::expected<msg<wire::Recorded>> report(const std::string& id, std::string result) {
    result.insert(1, R"("id":")" + id + "\",");
    return ask_of<wire::Recorded>(workers, *from_json<wire::WorkResult>(result));
  }

  /// A capture of v1 that runs while the test does something else.
  auto begin_capture(uint32_t repeats = 1) {
    return capturing->request(
      registry, 30s, *from_json<wire::CaptureRequest>(R"({"version":"v1","repeats":)" + std::to_string(repeats) + "}"));
  }

  template <class Handle>
  static msg<wire::Snapshot> end_of(Handle& running) {
    msg<wire::Snapshot> out;
    running.receive([&](const msg<wire::Snapshot>& snapshot) { out = snapshot; },
                    [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  }

  std::string listed(const std::string& name) {
    auto list = *ask<wire::BenchmarkList>(msg<wire::BenchmarkQuery>{});
    for (auto each : list->getBenchmarks())
      if (name == each.getName().cStr())
        return std::string{each.getSource().cStr()} + (each.getAvailable() ? " yes" : " no: ") +
               each.getReason().cStr();
    return "absent";
  }

  caf::scoped_actor capturing{system};
};

const std::string good = R"({"metrics":{"score":{"value":0.5,"direction":"higher","unit":"ratio"}}})";

TEST_F(worker_pool_test, a_worker_measures_for_a_capture) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  EXPECT_EQ(listed("judge"), "worker yes");
  auto running = begin_capture();
  EXPECT_EQ(work_once(worker, good), "judge 1/1");
  auto snapshot = end_of(running);
  EXPECT_EQ(outcome(snapshot, "judge"), "ok:");
  EXPECT_THAT(to_json(snapshot), HasSubstr(R"("score":{"adapter":"judge","value":0.5)"));
}

TEST_F(worker_pool_test, repeats_are_runs_of_their_own_and_are_merged) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  auto running = begin_capture(2);
  EXPECT_EQ(work_once(worker, good), "judge 1/2");
  EXPECT_EQ(work_once(worker, R"({"metrics":{"score":{"value":1.5,"direction":"higher","unit":"ratio"}}})"),
            "judge 2/2");
  EXPECT_THAT(to_json(end_of(running)),
              HasSubstr(R"("value":1,"direction":"higher","unit":"ratio","samples":[0.5,1.5])"));
}

TEST_F(worker_pool_test, a_worker_skips_or_fails_with_its_own_words) {
  start();
  auto worker = register_worker(R"({"judge":{},"probe":{}})");
  auto running = begin_capture(3);
  std::set<std::string> done;
  done.insert(work_once(worker, R"({"error":"no such model"})"));
  done.insert(work_once(worker, R"({"error":"no such model"})"));
  EXPECT_EQ(done, (std::set<std::string>{"judge 1/3", "probe 1/3"})) << "an error ends all runs";
  EXPECT_EQ(outcome(end_of(running), "judge"), "error:no such model");
  auto again = begin_capture();
  work_once(worker, R"({"skipped":true,"reason":"no questions"})");
  work_once(worker, R"({"skipped":true})");
  auto snapshot = end_of(again);
  EXPECT_EQ((std::set<std::string>{outcome(snapshot, "judge"), outcome(snapshot, "probe")}),
            (std::set<std::string>{"skipped:no questions", "skipped:it gives no reason"}));
}

TEST_F(worker_pool_test, without_a_worker_the_adapter_is_listed_and_skipped_also_after_a_restart) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  EXPECT_TRUE(ask_of<wire::WorkerName>(workers, *from_json<wire::WorkerName>(R"({"worker":")" + worker + "\"}")));
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_EQ(listed("judge"), "worker no: no worker for judge");
    EXPECT_EQ(outcome(*capture("v1"), "judge"), "skipped:no worker for judge");
    EXPECT_EQ(code_of(poll(worker).error()), ec::not_found);
    stop();
    start();
  }
  register_worker(R"({"judge":{}})");
  EXPECT_EQ(listed("judge"), "worker yes");
  EXPECT_TRUE(ask<wire::BenchmarkInfo>(*from_json<wire::BenchmarkName>(R"({"name":"judge"})")));
  EXPECT_EQ(listed("judge"), "absent");
  stop();
  start();
  EXPECT_EQ(listed("judge"), "absent") << "removed for good";
}

TEST_F(worker_pool_test, a_name_belongs_to_workers_or_to_others_but_not_to_both) {
  add("builtin", [](auto) { return msg<wire::Measurement>{}; });
  start();
  EXPECT_TRUE(ask<wire::BenchmarkInfo>(*from_json<wire::CommandSpec>(R"({"name":"command","command":["x"]})")));
  for (const char* name : {"builtin", "command"})
    EXPECT_EQ(code_of(try_register(R"({")" + std::string{name} + R"(":{}})").error()), ec::already_exists) << name;
  register_worker(R"({"judge":{"timeout_s":60}})");
  register_worker(R"({"judge":{"timeout_s":90,"tier":"heavy"},"probe":{}})");
  auto list = to_json(*ask<wire::BenchmarkList>(msg<wire::BenchmarkQuery>{}));
  EXPECT_THAT(list, HasSubstr(R"("name":"judge","tier":"heavy")")) << "the later worker defines it anew";
  EXPECT_EQ(code_of(try_register(R"({"late":{"tier":"all"}})").error()), ec::invalid);
  EXPECT_EQ(listed("late"), "absent");
}

TEST_F(worker_pool_test, a_result_without_a_lease_or_a_form_is_refused) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  EXPECT_EQ(code_of(report("ff", good).error()), ec::not_found);
  auto running = begin_capture();
  auto offer = poll(worker);
  ASSERT_TRUE(offer && (*offer)->hasWork());
  std::string id = (*offer)->getWork().getId().cStr();
  EXPECT_EQ(code_of(report(id, R"({"metrics":{},"error":"no"})").error()), ec::invalid);
  auto renewed = ask_of<wire::WorkRenewed>(workers, *from_json<wire::WorkId>(R"({"id":")" + id + "\"}"));
  EXPECT_TRUE(renewed) << "the lease is as it was";
  EXPECT_TRUE(report(id, good));
  EXPECT_EQ(code_of(report(id, good).error()), ec::not_found) << "once only";
  EXPECT_EQ(outcome(end_of(running), "judge"), "ok:");
}

TEST_F(worker_pool_test, a_question_without_work_ends_after_its_wait) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  auto nothing = poll(worker, "0");
  ASSERT_TRUE(nothing) << text_of(nothing.error());
  EXPECT_FALSE((*nothing)->hasWork());
  EXPECT_EQ(to_json(*poll(worker, "0.05")), "{}");
}

TEST_F(worker_pool_test, a_pool_that_ends_leaves_nobody_waiting) {
  start();
  auto worker = register_worker(R"({"judge":{}})");
  caf::scoped_actor asking{system};
  auto waits = asking->request(workers, 30s, *from_json<wire::WorkQuery>(R"({"worker":")" + worker + "\"}"));
  auto running = begin_capture();
  ec polled = ec::none;
  waits.receive([&](const msg<wire::WorkOffer>&) {}, [&](const caf::error& error) { polled = code_of(error); });
  auto next = asking->request(workers, 30s, *from_json<wire::WorkQuery>(R"({"worker":")" + worker + "\"}"));
  caf::anon_send_exit(workers, caf::exit_reason::user_shutdown);
  next.receive([&](const msg<wire::WorkOffer>&) { ADD_FAILURE(); },
               [&](const caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable) << text_of(error); });
  EXPECT_THAT(outcome(end_of(running), "judge"), HasSubstr("error:"));
  EXPECT_EQ(listed("judge"), "worker no: no worker for judge");
}

} // namespace
} // namespace hive
