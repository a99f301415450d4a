#include "actors/monitoring/metric_page.hpp"

#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

namespace hive {
namespace {

using testing::HasSubstr;
using testing::Not;

readings quiet_node() {
  readings out;
  out.node.id = "0123";
  out.node.name = "a";
  out.node.tier = "flat";
  out.node.version = "1.2";
  return out;
}

std::string page(const readings& from, const metric_bounds& bounds = {}) {
  return prometheus::TextSerializer{}.Serialize(describe_metrics(from, bounds, 1'000));
}

msg<wire::LatestResults> results(size_t count) {
  return msg<wire::LatestResults>::build([&](wire::LatestResults::Builder out) {
    auto list = out.initResults(static_cast<uint32_t>(count));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setName("bench.metric" + std::to_string(i));
      list[i].setValue(i + 0.5);
      list[i].setUnit("ms");
      list[i].setDirection(wire::Direction::LOWER);
      list[i].setCapturedAt(7'000'000 + i);
    }
  });
}

TEST(metric_page, of_a_node_whose_services_do_not_answer) {
  auto from = quiet_node();
  from.missing = {"federation", "gate"};
  from.node.not_ready = "the disk is full";
  auto text = page(from);
  EXPECT_THAT(text, HasSubstr("hive_node_info{node=\"0123\",name=\"a\",tier=\"flat\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hive_build_info{version=\"1.2\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hive_ready 0\n"));
  EXPECT_THAT(text, HasSubstr("hive_metrics_missing 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("hive_members")));
  EXPECT_THAT(text, Not(HasSubstr("hive_metric_value")));
}

TEST(metric_page, writes_of_the_store_are_a_histogram) {
  auto from = quiet_node();
  write_progress writes;
  for (int i = 0; i < 3; ++i) {
    writes.begin(1);
    writes.end();
  }
  from.node.writes = writes.durations();
  from.node.writes.counts.back() = 2; // beyond the last bound
  auto text = page(from);
  EXPECT_THAT(text, HasSubstr("hive_commit_duration_seconds_count 5\n"));
  EXPECT_THAT(text, HasSubstr("hive_commit_duration_seconds_bucket{le=\"5\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("hive_commit_duration_seconds_bucket{le=\"+Inf\"} 5\n"));
}

TEST(metric_page, of_metrics_that_moved_and_of_backups) {
  auto from = quiet_node();
  from.moved = msg<wire::MetricList>::build([](wire::MetricList::Builder out) {
    auto lines = out.initMetrics(2);
    for (uint32_t i = 0; i < 2; ++i) {
      lines[i].setAdapter("bench");
      lines[i].setName("metric" + std::to_string(i));
      lines[i].setLevel(10 + i);
      lines[i].initChange().setWorse(i == 0);
      lines[i].getChange().setChangePct(25);
    }
    out.setMoved(2);
  });
  EXPECT_THAT(page(from), Not(HasSubstr("hive_backup")));
  from.backups = msg<wire::Backups>::build([](wire::Backups::Builder out) {
    out.setDirectory("/backups");
    out.setCount(3);
    out.setLastSuccess(5'000'000);
  });
  auto text = page(from);
  EXPECT_THAT(text, HasSubstr("hive_metric_regressed{adapter=\"bench\",metric=\"metric0\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hive_metric_regressed{adapter=\"bench\",metric=\"metric1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("hive_metric_level{adapter=\"bench\",metric=\"metric1\"} 11\n"));
  EXPECT_THAT(text, HasSubstr("hive_metric_change_ratio{adapter=\"bench\",metric=\"metric0\"} 0.25\n"));
  EXPECT_THAT(text, HasSubstr("hive_backup_last_success_timestamp_seconds 5\n"));
  EXPECT_THAT(text, HasSubstr("hive_backup_failed 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("last_verified")));
}

TEST(metric_page, each_state_of_members_has_a_series_and_few_peers_have_one) {
  auto from = quiet_node();
  from.nodes = msg<wire::NodeList>::build([](wire::NodeList::Builder out) {
    auto nodes = out.initNodes(5);
    for (uint32_t i = 0; i < 5; ++i) {
      nodes[i].setId("n" + std::to_string(i));
      nodes[i].setLinked(i > 0);
      nodes[i].setRoundTripMs(i);
      nodes[i].setState(i == 4 ? wire::MemberState::DEAD : wire::MemberState::ACTIVE);
    }
  });
  auto text = page(from, {.peers = 2});
  EXPECT_THAT(text, HasSubstr("hive_members{state=\"active\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("hive_members{state=\"dead\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hive_members{state=\"quarantined\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("hive_link_round_trip_seconds{peer=\"n2\"} 0.002\n"));
  EXPECT_THAT(text, Not(HasSubstr("peer=\"n3\"")));
}

TEST(metric_page, measured_metrics_are_bounded_and_the_rest_is_counted) {
  auto from = quiet_node();
  from.results = results(10);
  auto text = page(from, {.series = 4});
  EXPECT_THAT(
    text, HasSubstr("hive_metric_value{adapter=\"bench\",metric=\"metric3\",unit=\"ms\",direction=\"lower\"} 3.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("metric4")));
  EXPECT_THAT(text, HasSubstr("hive_metric_series_left_out 6\n"));
  EXPECT_THAT(text, HasSubstr("hive_capture_last_success_timestamp_seconds 7.000009"));
}

TEST(metric_page, names_of_others_cannot_break_a_line) {
  auto from = quiet_node();
  from.node.name = "a\"\\\nhive_ready 1";
  EXPECT_THAT(page(from), HasSubstr("name=\"a\\\"\\\\\\nhive_ready 1\",tier"));
}

TEST(metric_page, the_oldest_open_upgrade_of_each_decision) {
  auto from = quiet_node();
  from.upgrades = msg<wire::ClusterUpgradeList>::build([](wire::ClusterUpgradeList::Builder out) {
    auto list = out.initUpgrades(3);
    for (uint32_t i = 0; i < 3; ++i) {
      list[i].setTrack("main");
      list[i].setDecision(wire::UpgradeDecision::HELD);
      list[i].setAnnouncedAt((100 + i) * 1'000'000);
      list[i].setFinal(i == 0);
    }
  });
  EXPECT_THAT(page(from), HasSubstr("hive_upgrade_open_seconds{track=\"main\",decision=\"held\"} 899\n"));
}

TEST(metric_page, runs_of_adapters) {
  auto from = quiet_node();
  from.node.runs = {{"bench", "error", 2, 3.5, 50}, {"bench", "ok", 5, 10, 60}};
  auto text = page(from);
  EXPECT_THAT(text, HasSubstr("hive_adapter_runs_total{adapter=\"bench\",result=\"error\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("hive_adapter_duration_seconds_total{adapter=\"bench\",result=\"ok\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("hive_adapter_last_success_timestamp_seconds{adapter=\"bench\"} 60\n"));
}

TEST(process_usage, of_this_process) {
  auto usage = read_process_usage();
  EXPECT_GT(usage.resident_bytes, 1u << 20);
  EXPECT_GT(usage.virtual_bytes, usage.resident_bytes);
  EXPECT_GE(usage.threads, 1u);
  EXPECT_GT(usage.open_descriptors, 3u);
  EXPECT_GE(usage.max_descriptors, usage.open_descriptors);
  EXPECT_GT(usage.start_time, 1.7e9);
}

} // namespace
} // namespace hive
