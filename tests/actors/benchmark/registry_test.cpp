#include "actors/benchmark/registry.hpp"

#include "actors/store/committer.hpp"
#include "messages/json.hpp"
#include "storage/snapshot_store.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

namespace hive {
namespace {

using namespace std::chrono_literals;

using answer = std::function<caf::result<msg<wire::Measurement>>(adapter_actor::pointer)>;

msg<wire::Measurement> measured(const std::string& metric, double value) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto metrics = out.initMetrics(1);
    metrics[0].setName(metric);
    metrics[0].setValue(value);
    metrics[0].setUnit("ms");
  });
}

/// A registry over a real store, with adapters that do what a test says.
struct registry_fixture : testing::Test {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  committer_actor committer = spawn_committer(system, db);
  std::vector<adapter_definition> adapters;
  std::map<std::string, answer> commands; ///< what a registered command does, by its first word
  registry_actor registry;
  events_actor log = system.spawn(events, events_options{});

  /// What the registry told: version, step and reason.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    self->request(log, 30s, read_events{0, {}, 30s})
      .receive(
        [&](const event_log::page& page) {
          for (const auto& event : page.events) {
            auto capture = event->getCapture();
            out.push_back(std::string{capture.getVersion().cStr()} + " " +
                          std::to_string(static_cast<int>(capture.getStep())) + " " + capture.getReason().cStr());
          }
        },
        [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  }

  void add(const std::string& name, answer how, std::chrono::milliseconds timeout = 5s) {
    adapter_definition definition;
    definition.name = name;
    definition.timeout = timeout;
    definition.spawn = [this, how] {
      return system.spawn([how](adapter_actor::pointer actor) -> adapter_actor::behavior_type {
        return {[actor, how](const msg<wire::MeasureRequest>&) { return how(actor); }};
      });
    };
    adapters.push_back(std::move(definition));
  }

  void start() {
    registry_options options;
    options.node = "test-node";
    options.builtin = adapters;
    options.events = log;
    options.command_adapter = [this](const msg<wire::CommandSpec>& spec) {
      adapter_definition definition;
      definition.name = spec->getName().cStr();
      definition.source = "command";
      auto known = commands.find(spec->getCommand()[0].cStr());
      auto how = known == commands.end() ? answer{[](auto) { return measured("registered", 1); }} : known->second;
      definition.spawn = [this, how] {
        return system.spawn([how](adapter_actor::pointer actor) -> adapter_actor::behavior_type {
          return {[actor, how](const msg<wire::MeasureRequest>&) { return how(actor); }};
        });
      };
      return definition;
    };
    registry = spawn_registry(system, db, committer, options);
  }

  void stop() {
    self->send_exit(registry, caf::exit_reason::user_shutdown);
    self->wait_for(registry);
  }

  ~registry_fixture() override {
    if (registry)
      stop();
    self->send_exit(committer, caf::exit_reason::user_shutdown);
    self->send_exit(log, caf::exit_reason::user_shutdown);
    self->wait_for(committer, log);
  }

  template <class Answer, class Question>
  caf::expected<msg<Answer>> ask(msg<Question> question) {
    caf::expected<msg<Answer>> out = fail(ec::internal, "no answer");
    self->request(registry, 30s, std::move(question))
      .receive([&](const msg<Answer>& m) { out = m; }, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  caf::expected<msg<wire::Snapshot>> capture(const std::string& version) {
    return ask<wire::Snapshot>(*from_json<wire::CaptureRequest>(R"({"version":")" + version + R"("})"));
  }

  caf::expected<msg<wire::Snapshot>> import(const std::string& json) {
    auto snapshot = from_json<wire::Snapshot>(json);
    EXPECT_TRUE(snapshot) << text_of(snapshot.error());
    return ask<wire::Snapshot>(msg<wire::ImportSnapshot>::build([&](wire::ImportSnapshot::Builder out) {
      out.setVersion((*snapshot)->getVersion());
      out.setSnapshot(**snapshot);
    }));
  }

  static std::string outcome(const msg<wire::Snapshot>& snapshot, std::string_view adapter) {
    for (auto found : snapshot->getAdapters())
      if (found.getName() == kj::StringPtr{std::string{adapter}.c_str()}) {
        std::string status = found.getStatus() == wire::AdapterStatus::OK      ? "ok"
                             : found.getStatus() == wire::AdapterStatus::ERROR ? "error"
                                                                               : "skipped";
        return status + ":" + found.getReason().cStr();
      }
    return "absent";
  }
};

TEST_F(registry_fixture, TheListSaysWhatHasNothingToMeasureAndWhy) {
  std::string reason = "nothing is configured";
  add("idle", [](auto) { return measured("latency", 7); });
  adapters.back().why_idle = [&] { return reason; };
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

TEST_F(registry_fixture, ACaptureHoldsEveryAdapterAndIsStored) {
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

TEST_F(registry_fixture, OneThatHangsOneThatCrashesAndOneThatFailsCostNoOthersResult) {
  add("good", [](auto) { return measured("latency", 7); });
  add(
    "hangs",
    [](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
      return actor->make_response_promise<msg<wire::Measurement>>(); // and never answers
    },
    200ms);
  add("crashes", [](auto) -> caf::result<msg<wire::Measurement>> { throw std::runtime_error("boom"); });
  add("fails", [](auto) -> caf::result<msg<wire::Measurement>> { return fail(ec::process_failed, "no such file"); });
  add("skips", [](auto) -> caf::result<msg<wire::Measurement>> {
    return msg<wire::Measurement>::build([](auto out) { out.setSkipped("nothing configured"); });
  });
  start();
  for (std::string version : {"v1", "v2"}) { // the second time those that hung or crashed have been replaced
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

TEST_F(registry_fixture, AValueThatIsNotFiniteIsAnErrorOfItsAdapter) {
  add("wild", [](auto) { return measured("ratio", std::numeric_limits<double>::quiet_NaN()); });
  start();
  EXPECT_EQ(outcome(*capture("v1"), "wild"), "error:reported a value of ratio that is not finite");
}

TEST_F(registry_fixture, AVersionIsCapturedOnceAtATime) {
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

TEST_F(registry_fixture, TheLatestCaptureIsTheVersionsAndAllAreKept) {
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

// -- captures of a version ----------------------------------------------------------

/// A registry whose one adapter counts its measurements, so that captures differ.
struct captures_fixture : registry_fixture {
  double value = 0;

  captures_fixture() {
    add("a", [this](auto) { return measured("latency", ++value); });
    start();
  }

  caf::expected<msg<wire::CaptureList>> list(const std::string& version, uint32_t limit = 100, uint64_t after = 0) {
    return ask<wire::CaptureList>(msg<wire::CaptureListQuery>::build([&](wire::CaptureListQuery::Builder out) {
      out.setVersion(version);
      out.setLimit(limit);
      out.setAfter(after);
    }));
  }

  caf::expected<msg<wire::CaptureDeleted>> erase(const std::string& version, uint64_t id) {
    return ask<wire::CaptureDeleted>(msg<wire::DeleteCapture>::build([&](wire::DeleteCapture::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
      out.setReason("a backup ran");
    }));
  }

  caf::expected<msg<wire::Snapshot>> show(const std::string& version, uint64_t id = 0) {
    if (id == 0)
      return ask<wire::Snapshot>(
        msg<wire::SnapshotQuery>::build([&](wire::SnapshotQuery::Builder out) { out.setVersion(version); }));
    return ask<wire::Snapshot>(msg<wire::CaptureQuery>::build([&](wire::CaptureQuery::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
    }));
  }

  /// The newest value of the one metric; nothing without any.
  std::optional<double> newest_result() {
    auto latest = ask<wire::LatestResults>(msg<wire::LatestResultsQuery>{});
    if ((*latest)->getResults().size() == 0)
      return std::nullopt;
    return (*latest)->getResults()[0].getValue();
  }
};

TEST_F(captures_fixture, AreListedPageByPageAndShown) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(capture("v10")) << "whose name begins alike";
  std::vector<uint64_t> seen;
  uint64_t after = 0;
  do {
    auto page = list("v1", 2, after);
    ASSERT_TRUE(page) << text_of(page.error());
    EXPECT_LE((*page)->getCaptures().size(), 2u);
    EXPECT_EQ((*page)->getRunning(), 0u);
    for (auto each : (*page)->getCaptures()) {
      seen.push_back(each.getCaptureId());
      EXPECT_EQ(each.getMetricCount(), 1u);
    }
    after = (*page)->getNext();
  } while (after != 0);
  EXPECT_EQ(seen, (std::vector<uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ((*show("v1", 2))->getMetrics()[0].getValue(), 2);
  EXPECT_EQ(code_of(show("v1", 6).error()), ec::not_found) << "that is v10's";
  EXPECT_EQ(code_of(list("v2").error()), ec::not_found);
}

TEST_F(captures_fixture, TheNewestDeletedLeavesTheOneBeforeAsTheSnapshot) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 3);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getCaptures(), 2u);
  EXPECT_EQ((*deleted)->getLatest(), 2u);
  EXPECT_EQ((*show("v1"))->getMetrics()[0].getValue(), 2);
  EXPECT_EQ(newest_result(), 2);
  auto versions = ask<wire::SnapshotList>(msg<wire::PageQuery>{});
  EXPECT_EQ((*versions)->getSnapshots()[0].getCaptures(), 2u);
  EXPECT_EQ((*versions)->getSnapshots()[0].getCaptureId(), 2u);
  EXPECT_EQ(code_of(erase("v1", 3).error()), ec::not_found);
  EXPECT_EQ((*capture("v1"))->getCaptureId(), 4u) << "numbers are never used again";
}

TEST_F(captures_fixture, AnOlderOneDeletedLeavesTheSnapshotAsItIs) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 1);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getLatest(), 3u);
  EXPECT_EQ((*show("v1"))->getMetrics()[0].getValue(), 3);
  EXPECT_EQ(newest_result(), 3);
}

TEST_F(captures_fixture, TheLastOneDeletedMakesTheVersionUnknownAlsoAfterARestart) {
  ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 1);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getCaptures(), 0u);
  for (bool restarted : {false, true}) {
    if (restarted) {
      stop();
      start();
    }
    EXPECT_EQ(code_of(show("v1").error()), ec::not_found);
    EXPECT_EQ(code_of(list("v1").error()), ec::not_found);
    EXPECT_EQ((*ask<wire::SnapshotList>(msg<wire::PageQuery>{}))->getSnapshots().size(), 0u);
    EXPECT_EQ(newest_result(), std::nullopt) << "its points are gone from the history";
  }
  EXPECT_EQ((*capture("v1"))->getCaptureId(), 2u);
}

TEST_F(captures_fixture, AnImportDeletedTakesNoPointsOfThisNodeAlong) {
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(import(R"({"version":"v1","metrics":{"latency":{"value":9,"direction":"higher","adapter":"a"}}})"));
  EXPECT_TRUE((*list("v1"))->getCaptures()[1].getImported());
  ASSERT_TRUE(erase("v1", 2));
  EXPECT_EQ(newest_result(), 1);
}

TEST_F(captures_fixture, ADeletionIsToldAsAnEvent) {
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(erase("v1", 1));
  EXPECT_EQ(told(), (std::vector<std::string>{"v1 0 ", "v1 1 ", "v1 4 a backup ran"}));
}

TEST_F(registry_fixture, AVersionWhoseFirstCaptureRunsSaysSo) {
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

TEST_F(registry_fixture, ASnapshotCountsTheAdaptersThatFailed) {
  add("good", [](auto) { return measured("latency", 7); });
  add("fails", [](auto) -> caf::result<msg<wire::Measurement>> { return fail(ec::process_failed, "no such file"); });
  start();
  EXPECT_EQ((*capture("v1"))->getAdapterErrors(), 1u);
  auto imported =
    import(R"({"version":"v2","adapter_errors":7,"benchmarks":{"a":{"error":"boom"},"b":{"metrics":{}}}})");
  ASSERT_TRUE(imported) << text_of(imported.error());
  EXPECT_EQ((*imported)->getAdapterErrors(), 1u) << "counted here, whatever the caller says";
}

TEST_F(registry_fixture, CapturesFromBeforeErrorsWereCountedAreCountedWhenRead) {
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

TEST_F(registry_fixture, BuiltinMetricsStateWhatTheyAreJudgedBy) {
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
                      R"("samples":[],"absolute_margin":0})"),
            std::string::npos)
    << json;
  EXPECT_NE(json.find(R"("samples":[],"gate":false})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("errors":{"adapter":"mine","value":0,"direction":"higher","unit":"ratio","samples":[]})"),
            std::string::npos)
    << json;
}

TEST_F(registry_fixture, AMarginThatIsNoneIsAnErrorOfItsAdapter) {
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

TEST_F(registry_fixture, PagesThroughVersions) {
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

TEST_F(registry_fixture, ImportsHartOsNestedForm) {
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

TEST_F(registry_fixture, RefusesAnImportThatContradictsItself) {
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

TEST_F(registry_fixture, AValueThatIsNoMeanOfItsSamplesIsAnErrorOfItsAdapter) {
  add("odd", [](auto) {
    return from_json<wire::Measurement>(R"({"metrics":{"m":{"value":9.9,"direction":"lower","samples":[1,2,9.9]}}})");
  });
  start();
  EXPECT_THAT(outcome(*capture("v1"), "odd"),
              testing::HasSubstr("disagrees with itself: metric 'm' has the value 9.9"));
}

TEST_F(registry_fixture, RegisteredCommandsSurviveARestart) {
  add("builtin", [](auto) { return measured("latency", 1); });
  start();
  auto spec = *from_json<wire::CommandSpec>(R"({"name":"mine","command":["true"]})");
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(spec));
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(spec).error()), ec::already_exists);
  stop();
  start();
  EXPECT_EQ(outcome(*capture("v1"), "mine"), "ok:");
  auto name = *from_json<wire::BenchmarkName>(R"({"name":"mine"})");
  EXPECT_TRUE(ask<wire::BenchmarkInfo>(name));
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(name).error()), ec::not_found);
  auto builtin = *from_json<wire::BenchmarkName>(R"({"name":"builtin"})");
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(builtin).error()), ec::forbidden);
  stop();
  start();
  EXPECT_EQ(outcome(*capture("v2"), "mine"), "absent");
}

TEST_F(registry_fixture, ReplacesACommandWhileACaptureGoesOnWithTheEarlierOne) {
  caf::typed_response_promise<msg<wire::Measurement>> held;
  commands["hold"] = [&held](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
    held = actor->make_response_promise<msg<wire::Measurement>>();
    return held;
  };
  commands["two"] = [](auto) { return measured("registered", 2); };
  auto value = [](const msg<wire::Snapshot>& snapshot) { return snapshot->getMetrics()[0].getValue(); };
  start();
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(*from_json<wire::CommandSpec>(R"({"name":"mine","command":["hold"]})")));
  caf::scoped_actor other{system};
  auto first = other->request(registry, 30s, *from_json<wire::CaptureRequest>(R"({"version":"first"})"));
  while (!held.pending())
    std::this_thread::sleep_for(1ms);

  auto replacement = *from_json<wire::CommandSpec>(R"({"name":"mine","command":["two"],"replace":true})");
  auto replaced = ask<wire::BenchmarkInfo>(replacement);
  ASSERT_TRUE(replaced) << text_of(replaced.error());
  auto second = capture("second");
  ASSERT_TRUE(second);
  EXPECT_EQ(value(*second), 2) << "there is no window without the adapter";
  held.deliver(measured("registered", 1));
  first.receive(
    [&](const msg<wire::Snapshot>& snapshot) {
      EXPECT_EQ(outcome(snapshot, "mine"), "ok:");
      EXPECT_EQ(value(snapshot), 1);
    },
    [](caf::error& err) { FAIL() << text_of(err); });

  stop();
  start();
  auto third = capture("third");
  ASSERT_TRUE(third);
  EXPECT_EQ(value(*third), 2) << "what is stored was replaced too";
}

TEST_F(registry_fixture, ReplacesNoBuiltInAdapterAndRegistersWhatIsNotThere) {
  add("builtin", [](auto) { return measured("latency", 1); });
  start();
  auto builtin = *from_json<wire::CommandSpec>(R"({"name":"builtin","command":["x"],"replace":true})");
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(builtin).error()), ec::forbidden);
  auto fresh = *from_json<wire::CommandSpec>(R"({"name":"fresh","command":["x"],"replace":true})");
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(fresh));
  EXPECT_EQ(outcome(*capture("v1"), "fresh"), "ok:");
}

TEST_F(registry_fixture, CaptureNumbersGrowAcrossRestarts) {
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

TEST_F(registry_fixture, CaptureNumbersAreNotReusedWhenALaterOneEndedFirst) {
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

TEST_F(registry_fixture, StartsACaptureWithoutWaiting) {
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

TEST_F(registry_fixture, CapturesAndImportsAreToldAsEvents) {
  add("one", [](auto) { return measured("latency", 7); });
  start();
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(import(R"({"version":"v2","metrics":{"latency":{"value":1,"direction":"lower","adapter":"one"}}})"));
  EXPECT_EQ(told(), (std::vector<std::string>{"v1 0 ", "v1 1 ", "v2 3 "}));
}

} // namespace
} // namespace hive
