#include "actors/http/history_routes.hpp"

#include "messages/history.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/http/fake_node.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

/// Answers from the request alone; adapter `gone` has no metrics.
historian_actor::behavior_type run_historian() {
  return {[](const msg<wire::MetricHistoryQuery>& query) -> caf::result<msg<wire::MetricHistory>> {
            if (as_view(query->getAdapter()) == "gone")
              return fail(ec::not_found, "no capture has the metric gone.m; did you mean a.m?");
            return msg<wire::MetricHistory>::build([&](wire::MetricHistory::Builder out) {
              out.setAdapter(query->getAdapter());
              out.setName(query->getName());
              out.setNext(query->getBefore() + query->getAfter());
              out.initPoints(1)[0].setCaptureId(query->getLimit());
              out.setAnalysed(query->getSamples() ? 1 : 0);
            });
          },
          [](const msg<wire::ChangesQuery>& query) {
            return msg<wire::ChangeList>::build([&](wire::ChangeList::Builder out) {
              auto change = out.initChanges(1)[0];
              change.setCaptureId(query->getLimit());
              change.setWorse(query->getWorse());
              change.setChangePct(std::numeric_limits<double>::quiet_NaN());
              out.setNext(query->getAfter());
            });
          },
          [](const msg<wire::MetricsQuery>& query) {
            return msg<wire::MetricList>::build([&](wire::MetricList::Builder out) {
              out.setTotal(query->getLimit());
              out.initMetrics(1)[0].setAdapter(std::string{as_view(query->getAdapter())});
            });
          }};
}

class history_routes_test : public testing::Test {
protected:
  ~history_routes_test() override {
    caf::anon_send_exit(historian, caf::exit_reason::kill);
  }

  std::string get(const std::string& path, int status = 200) {
    auto answer = node.request("GET", path);
    EXPECT_EQ(answer.status, status) << path << ": " << answer.body;
    return answer.body;
  }

  test_system actors;
  historian_actor historian = actors.system().spawn(run_historian);
  fake_node node{{}, [this](const fake_services&) { return history_routes(historian); }};
};

TEST_F(history_routes_test, histories_are_asked_for_by_adapter_and_name) {
  EXPECT_THAT(get("/api/v1/metrics/a/m/history"), HasSubstr(R"("adapter":"a","name":"m")"));
  EXPECT_THAT(get("/api/v1/metrics/a/m/history"), HasSubstr(R"("points":[{"capture_id":1000,)"));
  EXPECT_THAT(get("/api/v1/metrics/a/m/history"), HasSubstr(R"("analysed":0})"));
  EXPECT_THAT(get("/api/v1/metrics/-/meta%2Fllama%3A7b_latency_ms/history?limit=10000&before=7&samples=true"),
              HasSubstr(R"("adapter":"-","name":"meta/llama:7b_latency_ms")"));
  EXPECT_THAT(get("/api/v1/metrics/a/m/history?after=9&samples=true"), HasSubstr(R"("analysed":1,"next":9})"));
}

TEST_F(history_routes_test, what_is_out_of_bounds_or_unknown_is_refused) {
  for (const auto* query : {"limit=0", "limit=10001", "limit=x", "since=1", "before=-1"})
    get(std::string{"/api/v1/metrics/a/m/history?"} + query, 400);
  for (const auto* query : {"limit=0", "limit=1001", "worse=perhaps", "after=%20"})
    get(std::string{"/api/v1/changes?"} + query, 400);
  EXPECT_THAT(get("/api/v1/metrics/gone/m/history", 404), HasSubstr("did you mean a.m?"));
}

TEST_F(history_routes_test, metrics_are_listed) {
  EXPECT_THAT(get("/api/v1/metrics?adapter=b&limit=7"), HasSubstr(R"("metrics":[{"adapter":"b")"));
  EXPECT_THAT(get("/api/v1/metrics?limit=7"), HasSubstr(R"("total":7)"));
  for (const auto* query : {"limit=0", "limit=1001", "days=0", "moved=perhaps", "since=1"})
    get(std::string{"/api/v1/metrics?"} + query, 400);
}

TEST_F(history_routes_test, an_overview_is_asked_for_by_times) {
  get("/api/v1/metrics/a/m/history?points=2000&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z");
  for (const auto* query : {"points=2001", "points=-1", "from=yesterday"})
    get(std::string{"/api/v1/metrics/a/m/history?"} + query, 400);
}

TEST_F(history_routes_test, changes_are_listed) {
  auto all = get("/api/v1/changes");
  EXPECT_THAT(all, HasSubstr(R"("capture_id":100,)"));
  EXPECT_THAT(all, HasSubstr(R"("change_pct":null)"));
  EXPECT_THAT(all, HasSubstr(R"("worse":false)"));
  auto some = get("/api/v1/changes?limit=3&worse=true&after=5-4-0");
  EXPECT_THAT(some, HasSubstr(R"("capture_id":3,)"));
  EXPECT_THAT(some, HasSubstr(R"("worse":true)"));
  EXPECT_THAT(some, HasSubstr(R"("next":"5-4-0")"));
}

} // namespace
} // namespace hive::http
