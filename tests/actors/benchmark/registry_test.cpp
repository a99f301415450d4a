#include "actors/benchmark/registry.hpp"

#include "storage/snapshot_store.hpp"
#include "tests/actors/benchmark/registry_fixture.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>

namespace hive {
namespace {

TEST_F(registry_fixture, the_list_says_what_has_nothing_to_measure_and_why) {
  std::string reason = "nothing is configured";
  add("idle", [](auto) { return measured("latency", 7); });
  adapters.back().unavailable_reason = [&] { return reason; };
  add("measuring", [](auto) { return measured("latency", 7); });
  start();
  auto idle = [&] {
    auto list = ask<wire::BenchmarkList>(msg<wire::BenchmarkQuery>::build([](auto) {}));
    EXPECT_TRUE((*list)->getBenchmarks()[1].getAvailable());
    auto info = (*list)->getBenchmarks()[0];
    return std::string{info.getAvailable() ? "yes " : "no "} + info.getReason().cStr();
  };
  EXPECT_EQ(idle(), "no nothing is configured");
  reason.clear();
  EXPECT_EQ(idle(), "yes ");
}

TEST_F(registry_fixture, a_capture_holds_every_adapter_and_is_stored) {
  add("one", [](auto) { return measured("latency", 7); });
  add("two", [](auto) { return measured("latency", 9); });
  start();
  auto snapshot = capture("v1");
  ASSERT_TRUE(snapshot) << text_of(snapshot.error());
  auto json = to_json(*snapshot);
  EXPECT_NE(json.find(R"("one.latency":{"adapter":"one","value":7)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("two.latency":{"adapter":"two","value":9)"), std::string::npos) << json;
  auto query = *from_json<wire::SnapshotQuery>(R"({"version":"v1"})");
  EXPECT_EQ(ask<wire::Snapshot>(query)->bytes(), snapshot->bytes());
}

TEST_F(registry_fixture, one_that_hangs_one_that_crashes_and_one_that_fails_cost_no_others_result) {
  add("good", [](auto) { return measured("latency", 7); });
  add(
    "hangs",
    [](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
      return actor->make_response_promise<msg<wire::Measurement>>(); // never answered
    },
    200ms);
  add("crashes", [](auto) -> caf::result<msg<wire::Measurement>> { throw std::runtime_error("boom"); });
  add("fails", [](auto) -> caf::result<msg<wire::Measurement>> { return fail(ec::process_failed, "no such file"); });
  add("skips", [](auto) -> caf::result<msg<wire::Measurement>> {
    return msg<wire::Measurement>::build([](auto out) { out.setSkipped("nothing configured"); });
  });
  start();
  for (std::string version : {"v1", "v2"}) { // adapters that hung or crashed for v1 have been replaced before v2
    auto snapshot = capture(version);
    ASSERT_TRUE(snapshot) << text_of(snapshot.error());
    EXPECT_EQ((*snapshot)->getMetrics().size(), 1u);
    EXPECT_EQ(outcome(*snapshot, "good"), "ok:");
    EXPECT_EQ(outcome(*snapshot, "hangs"), "error:did not answer within its 200 ms");
    EXPECT_TRUE(outcome(*snapshot, "crashes").starts_with("error:ended while measuring"));
    EXPECT_EQ(outcome(*snapshot, "fails"), "error:no such file");
    EXPECT_EQ(outcome(*snapshot, "skips"), "skipped:nothing configured");
  }
}

TEST_F(registry_fixture, a_value_that_is_not_finite_is_an_error_of_its_adapter) {
  add("wild", [](auto) { return measured("ratio", std::numeric_limits<double>::quiet_NaN()); });
  start();
  EXPECT_EQ(outcome(*capture("v1"), "wild"), "error:reported a value of ratio that is not finite");
}

TEST_F(registry_fixture, a_version_is_captured_once_at_a_time) {
  add("slow", [](auto) {
    std::this_thread::sleep_for(300ms);
    return measured("latency", 1);
  });
  start();
  auto request = *from_json<wire::CaptureRequest>(R"({"version":"v1"})");
  caf::scoped_actor other{system};
  auto first = other->request(registry, 30s, request);
  EXPECT_EQ(code_of(capture("v1").error()), ec::busy);
  EXPECT_EQ(code_of(import(R"({"version":"v1","metrics":{}})").error()), ec::busy);
  first.receive([](const msg<wire::Snapshot>&) {}, [](caf::error& err) { FAIL() << text_of(err); });
  EXPECT_TRUE(capture("v1")) << "free again after the capture";
}

TEST_F(registry_fixture, the_latest_capture_is_the_versions_and_all_are_kept) {
  double value = 0;
  add("a", [&value](auto) { return measured("latency", ++value); });
  start();
  for (int i = 0; i < 12; ++i)
    ASSERT_TRUE(capture("v1"));
  auto query = *from_json<wire::SnapshotQuery>(R"({"version":"v1"})");
  EXPECT_EQ((*ask<wire::Snapshot>(query))->getMetrics()[0].getValue(), 12);
  auto list = ask<wire::SnapshotList>(msg<wire::PageQuery>{});
  ASSERT_EQ((*list)->getSnapshots().size(), 1u);
  EXPECT_EQ((*list)->getSnapshots()[0].getCaptures(), 12u);
  auto latest = ask<wire::LatestResults>(msg<wire::LatestResultsQuery>{});
  EXPECT_EQ((*latest)->getResults().size(), 1u);
  EXPECT_EQ((*latest)->getResults()[0].getValue(), 12);
  EXPECT_STREQ((*latest)->getResults()[0].getName().cStr(), "a.latency");
}

TEST_F(registry_fixture, the_board_shows_the_newest_results_before_the_capture_is_answered) {
  double value = 0;
  add("a", [&value](auto) { return measured("latency", ++value); });
  start();
  EXPECT_FALSE(board->get());
  auto shown = [&] {
    auto newest = board->get();
    return newest && (*newest)->getResults().size() == 1 ? (*newest)->getResults()[0].getValue() : 0;
  };
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(capture("v" + std::to_string(i % 2)));
    EXPECT_EQ(shown(), i);
  }
  stop();
  board->set({});
  start();
  ASSERT_TRUE(ask<wire::LatestResults>(msg<wire::LatestResultsQuery>{}));
  EXPECT_EQ(shown(), 20) << "a new registry shows what is stored";
}

TEST_F(registry_fixture, a_version_whose_first_capture_runs_says_so) {
  caf::typed_response_promise<msg<wire::Measurement>> held;
  add("held", [&held](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
    held = actor->make_response_promise<msg<wire::Measurement>>();
    return held;
  });
  start();
  caf::scoped_actor other{system};
  auto running = other->request(registry, 30s, *from_json<wire::CaptureRequest>(R"({"version":"v1"})"));
  auto query = *from_json<wire::SnapshotQuery>(R"({"version":"v1"})");
  auto captures = *from_json<wire::CaptureListQuery>(R"({"version":"v1"})");
  auto found = ask<wire::Snapshot>(query);
  EXPECT_EQ(code_of(found.error()), ec::not_found);
  EXPECT_NE(text_of(found.error()).find("its first capture, number 1, is running"), std::string::npos)
    << text_of(found.error());
  auto list = ask<wire::CaptureList>(captures);
  ASSERT_TRUE(list) << text_of(list.error());
  EXPECT_EQ((*list)->getRunning(), 1u);
  EXPECT_EQ((*list)->getCaptures().size(), 0u);
  auto deletion = ask<wire::CaptureDeleted>(*from_json<wire::DeleteCapture>(R"({"version":"v1","n":1,"reason":"r"})"));
  EXPECT_EQ(code_of(deletion.error()), ec::busy);
  while (!held.pending())
    std::this_thread::sleep_for(1ms);
  held.deliver(measured("latency", 1));
  running.receive([](const msg<wire::Snapshot>&) {}, [](caf::error& err) { FAIL() << text_of(err); });
  EXPECT_TRUE(ask<wire::Snapshot>(query));
  EXPECT_EQ((*ask<wire::CaptureList>(captures))->getRunning(), 0u);
}

TEST_F(registry_fixture, a_snapshot_counts_the_adapters_that_failed) {
  add("good", [](auto) { return measured("latency", 7); });
  add("fails", [](auto) -> caf::result<msg<wire::Measurement>> { return fail(ec::process_failed, "no such file"); });
  start();
  EXPECT_EQ((*capture("v1"))->getAdapterErrors(), 1u);
  auto imported =
    import(R"({"version":"v2","adapter_errors":7,"benchmarks":{"a":{"error":"boom"},"b":{"metrics":{}}}})");
  ASSERT_TRUE(imported) << text_of(imported.error());
  EXPECT_EQ((*imported)->getAdapterErrors(), 1u) << "counted here, whatever the caller says";
}

TEST_F(registry_fixture, captures_from_before_errors_were_counted_are_counted_when_read) {
  start();
  auto old = msg<wire::Snapshot>::build([](wire::Snapshot::Builder out) {
    out.setVersion("old");
    out.setCaptureId(1);
    auto adapter = out.initAdapters(1)[0];
    adapter.setName("a");
    adapter.setStatus(wire::AdapterStatus::ERROR);
  });
  ASSERT_FALSE(db->write(*snapshot_store{*db}.keep(old, capture_id{1})));
  auto found = ask<wire::Snapshot>(*from_json<wire::SnapshotQuery>(R"({"version":"old"})"));
  ASSERT_TRUE(found) << text_of(found.error());
  EXPECT_EQ((*found)->getAdapterErrors(), 1u);
}

TEST_F(registry_fixture, builtin_metrics_state_what_they_are_judged_by) {
  auto metric = [](const char* name, const char* unit) {
    return [=](auto) {
      return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
        auto metrics = out.initMetrics(1);
        metrics[0].setName(name);
        metrics[0].setUnit(unit);
      });
    };
  };
  add("regression", metric("test_fail_count", "count"));
  add("world_model", metric("hivemind_queries", "count"));
  add("mine", metric("errors", "ratio"));
  start();
  auto json = to_json(*capture("v1"));
  EXPECT_NE(json.find(R"("test_fail_count":{"adapter":"regression","value":0,"direction":"higher","unit":"count",)"
                      R"("samples":[],"absolute_margin":0,"kind":"count"})"),
            std::string::npos)
    << json;
  EXPECT_NE(json.find(R"("samples":[],"gate":false,"kind":"count"})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("errors":{"adapter":"mine","value":0,"direction":"higher","unit":"ratio","samples":[]})"),
            std::string::npos)
    << json;
}

TEST_F(registry_fixture, a_rule_that_is_none_is_an_error_of_its_adapter) {
  auto with = [](const std::function<void(wire::Metric::Builder)>& set) {
    return [set](auto) {
      return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
        auto metric = out.initMetrics(1)[0];
        metric.setName("m");
        set(metric);
      });
    };
  };
  add("wide", with([](wire::Metric::Builder metric) { metric.setMargin(.96); }));
  add("coarse", with([](wire::Metric::Builder metric) { metric.setResolution(-1); }));
  add("strange", with([](wire::Metric::Builder metric) { metric.initSameEnvironment(1).set(0, "cpu"); }));
  start();
  auto snapshot = capture("v1");
  EXPECT_EQ(outcome(*snapshot, "wide"), "error:reported a margin of m that is not within 0 and 0.95");
  EXPECT_EQ(outcome(*snapshot, "coarse"), "error:reported a resolution of m that is negative or not finite");
  EXPECT_EQ(outcome(*snapshot, "strange"),
            "error:cannot be compared: metric 'm' needs an equal 'cpu', which is no field of an environment: there are "
            "cpu_model, cores, memory_mib, kernel, gpu, driver, governor, cpu_limit, memory_limit");
}

TEST_F(registry_fixture, an_outcome_says_what_else_used_the_machine) {
  add("measures", [this](auto) {
    tally->begin().reset();
    return measured("latency", 1);
  });
  add("says", [](auto) {
    return msg<wire::Measurement>::build([](wire::Measurement::Builder out) {
      out.initMetrics(1)[0].setName("m");
      out.initContention().setLoad(1.5);
      out.getContention().setCaptures(7);
    });
  });
  add("skips", [](auto) {
    return msg<wire::Measurement>::build([](wire::Measurement::Builder out) { out.setSkipped("no GPU"); });
  });
  tally->begin().reset();
  auto other = tally->begin();
  start();
  auto snapshot = capture("v1");
  ASSERT_TRUE(snapshot);
  auto adapters = (*snapshot)->getAdapters();
  ASSERT_EQ(adapters.size(), 3u);
  EXPECT_EQ(adapters[0].getContention().getCaptures(), 2u) << "one ran, and one came and went";
  EXPECT_TRUE(std::isnan(adapters[0].getContention().getLoad()));
  EXPECT_EQ(adapters[1].getContention().getLoad(), 1.5);
  EXPECT_GE(adapters[1].getContention().getCaptures(), 1u) << "the node counts itself";
  EXPECT_LE(adapters[1].getContention().getCaptures(), 2u);
  EXPECT_FALSE(adapters[2].hasContention());
}

TEST_F(registry_fixture, a_margin_that_is_none_is_an_error_of_its_adapter) {
  for (double margin : {-1.0, HUGE_VAL}) {
    adapters.clear();
    add("wild", [margin](auto) {
      return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
        auto metrics = out.initMetrics(1);
        metrics[0].setName("m");
        metrics[0].setAbsoluteMargin(margin);
      });
    });
    start();
    EXPECT_EQ(outcome(*capture("v1"), "wild"), "error:reported an absolute margin of m that is negative or not finite");
    stop();
  }
  registry = nullptr;
}

TEST_F(registry_fixture, a_value_that_is_no_mean_of_its_samples_is_an_error_of_its_adapter) {
  add("odd", [](auto) {
    return from_json<wire::Measurement>(R"({"metrics":{"m":{"value":9.9,"direction":"lower","samples":[1,2,9.9]}}})");
  });
  start();
  EXPECT_THAT(outcome(*capture("v1"), "odd"),
              testing::HasSubstr("disagrees with itself: metric 'm' has the value 9.9"));
}

TEST_F(registry_fixture, capture_numbers_grow_across_restarts) {
  add("a", [](auto) { return measured("latency", 1); });
  uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    start();
    auto snapshot = capture("v1");
    ASSERT_TRUE(snapshot);
    EXPECT_GT((*snapshot)->getCaptureId(), last);
    last = (*snapshot)->getCaptureId();
    stop();
  }
}

TEST_F(registry_fixture, capture_numbers_are_not_reused_when_a_later_one_ended_first) {
  caf::typed_response_promise<msg<wire::Measurement>> held;
  add("held", [&held](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
    held = actor->make_response_promise<msg<wire::Measurement>>();
    return held;
  });
  start();
  auto request = *from_json<wire::CaptureRequest>(R"({"version":"first"})");
  caf::scoped_actor other{system};
  auto first = other->request(registry, 30s, request);
  auto imported = import(R"({"version":"second","metrics":{}})");
  while (imported && !held.pending())
    std::this_thread::sleep_for(1ms);
  ASSERT_TRUE(imported);
  held.deliver(measured("latency", 1));
  first.receive([](const msg<wire::Snapshot>&) {}, [](caf::error& err) { FAIL() << text_of(err); });
  stop();
  start();
  auto third = import(R"({"version":"third","metrics":{}})");
  ASSERT_TRUE(third);
  EXPECT_GT((*third)->getCaptureId(), (*imported)->getCaptureId());
}

TEST_F(registry_fixture, starts_a_capture_without_waiting) {
  add("a", [](auto) { return measured("latency", 1); });
  start();
  auto request = msg<wire::StartCapture>::build([](auto out) { out.initRequest().setVersion("v1"); });
  auto accepted = ask<wire::CaptureAccepted>(request);
  ASSERT_TRUE(accepted);
  EXPECT_STREQ((*accepted)->getLocation().cStr(), "/api/v1/snapshots/v1");
  auto query = *from_json<wire::SnapshotQuery>(R"({"version":"v1"})");
  caf::expected<msg<wire::Snapshot>> found = fail(ec::not_found, "");
  for (int i = 0; i < 500 && !(found = ask<wire::Snapshot>(query)); ++i)
    std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->getCaptureId(), (*accepted)->getCaptureId());
}

TEST_F(registry_fixture, captures_and_imports_are_told_as_events) {
  add("one", [](auto) { return measured("latency", 7); });
  start();
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(import(R"({"version":"v2","metrics":{"latency":{"value":1,"direction":"lower","adapter":"one"}}})"));
  EXPECT_EQ(told(), (std::vector<std::string>{"v1 0 ", "v1 1 ", "v2 3 "}));
}

} // namespace
} // namespace hive
