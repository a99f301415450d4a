#include "messages/hartos.capnp.h"
#include "messages/tracker.capnp.h"
#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/hartos_files.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <cstdlib>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>

// HART OS → node → HART OS → another node, with real processes. HIVE_SOAK=1 uses a million rows.

namespace hive::cluster {
namespace {

using test::program_result;
using testing::HasSubstr;

size_t row_count() {
  constexpr size_t normally = 5'000;
  constexpr size_t when_soaking = 1'000'000;
  return is_soak() ? when_soaking : normally;
}

class hartos_bridge : public testing::Test {
protected:
  hartos_bridge() {
    std::cout << "seed " << seed << '\n';
  }

  /// Starts a node in its own folder of this name.
  std::unique_ptr<hived_process> start(const std::string& name) const {
    auto directory = folder.path() / name;
    std::filesystem::create_directories(directory);
    auto node = std::make_unique<hived_process>(hived_options{.directory = directory});
    node->await_ready();
    return node;
  }

  static std::string url(const hived_process& node) {
    return "http://" + node.endpoint();
  }

  static msg<wire::HartosImport> import(const hived_process& node, const std::filesystem::path& from, int status = 0) {
    auto result = test::hivectl(url(node), {"--json", "import", "hartos", from});
    EXPECT_EQ(result.status, status) << result.err << result.out;
    auto report = from_json<wire::HartosImport>(result.out);
    if (!report)
      throw std::runtime_error(result.err + text_of(report.error()));
    return *report;
  }

  static msg<wire::HartosExport> export_to(const hived_process& node, const std::filesystem::path& to) {
    auto result = test::hivectl(url(node), {"--json", "export", "hartos", to});
    EXPECT_EQ(result.status, 0) << result.err;
    return reply{result.status, {}, result.out}.as<wire::HartosExport>();
  }

  static std::string summary(const hived_process& node) {
    return node.get("/api/v1/tools/summary").body;
  }

  static uint64_t total(const hived_process& node) {
    return node.get("/api/v1/tools/summary").as<wire::ToolSummary>()->getTotalBenchmarks();
  }

  /// Everything in a delta except its origin and time: rates, means and the exact sums.
  static std::string figures(const hived_process& node, const std::string& scope = "local") {
    auto delta = node.get("/api/v1/tools/delta?scope=" + scope).as<wire::LearningDelta>();
    return to_json(msg<wire::LearningDelta>::build(
      [&](wire::LearningDelta::Builder out) { out.setCodingBenchmarks(delta->getCodingBenchmarks()); }));
  }

  temporary_directory folder;
  std::filesystem::path hartos = folder.path() / "hart-os";
  std::filesystem::path database = hartos / "agent_data" / "coding_benchmarks.db";
  uint32_t seed = random_seed();
  std::mt19937 random{seed};
};

/// Prints how long a step took.
class stopwatch {
public:
  void tell(const std::string& step, size_t rows) const {
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start_;
    std::cout << step << ": " << rows << " rows in " << took.count() << " s, "
              << static_cast<double>(rows) / took.count() << " rows/s\n";
  }

private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

constexpr auto snapshot_file = R"({"version": "v1", "git_sha": "abc", "timestamp": 1771934400.25, "tier": "fast",
  "benchmarks": {"regression": {"metrics": {"pass_rate": {"value": 0.333333333333333314, "direction": "higher",
  "unit": "ratio"}}}, "quantiphy": {"skipped": true, "reason": "not available"},
  "guardrail": {"metrics": {}, "error": "no manifest"}}})";

/// Results that HART OS computes from an exported database with its own queries, for every row that it counts.
constexpr auto hartos_queries = R"py(
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
by_task = db.execute('''SELECT task_type, tool_name, COUNT(*), AVG(success), AVG(completion_time_s) FROM benchmarks
  WHERE success_rule = 2 GROUP BY task_type, tool_name ORDER BY task_type, tool_name''').fetchall()
db.execute("INSERT INTO benchmarks (task_type, tool_name, model_name, user_id, completion_time_s, success, offloaded, "
           "timestamp, success_rule) VALUES ('t', 'x', '', '', 1.0, 1, 0, 1.0, 2)")
routing = db.execute('SELECT task_type, best_tool, success_rate, avg_time_s, sample_count FROM hive_routing').fetchall()
print(json.dumps([[r[0], r[1], r[2], round(r[3], 3), round(r[4], 2)] for r in by_task]))
print(json.dumps(routing))
print(db.execute('PRAGMA integrity_check').fetchone()[0])
)py";

/// A script that prints the same results, taken from the node's summary.
std::string expected_by_task(const msg<wire::ToolSummary>& summary) {
  std::string script = "import json\nprint(json.dumps(sorted([";
  for (auto line : summary->getByTaskType())
    script += "[" + json_string(line.getTaskType().cStr()) + "," + json_string(line.getTool().cStr()) + "," +
              std::to_string(line.getTotal()) + "," + std::to_string(line.getSuccessRate()) + "," +
              std::to_string(line.getAvgTimeS()) + "],";
  return script + "])))";
}

program_result python(const std::string& script, const std::vector<std::string>& arguments = {}) {
  test::program run;
  run.command = {"/usr/bin/python3", "-c", script};
  run.command.insert(run.command.end(), arguments.begin(), arguments.end());
  run.environment = {"PATH=/usr/bin:/bin", "PYTHONIOENCODING=utf-8"};
  return test::run_program(run);
}

TEST_F(hartos_bridge, what_goes_in_comes_out_and_goes_in_elsewhere) {
  auto rows = row_count();
  hartos_source source{database};
  source.add_random(rows, random);
  source.run(
    "INSERT INTO hive_routing VALUES ('fix', 'aider', 0.882, 23.26, 306, 1771934400.5), ('b', 'x', 0.5, 1, 7, 1)");
  put_file(hartos / "agent_data" / "benchmarks" / "v1.json", snapshot_file);
  put_file(hartos / "agent_data" / "benchmarks" / "v2.json", R"({"metrics":{"m":{"value":1,"direction":"lower",
    "adapter":"a","samples":[0.5,1.5]}},"adapters":{"a":{"status":"ok"}}})");
  auto original = file_text(database);
  auto first = start("first");

  stopwatch importing;
  auto taken = import(*first, hartos);
  importing.tell("import", rows);
  EXPECT_EQ(taken->getRecorded(), rows);
  EXPECT_EQ(taken->getRoutes(), 2u);
  EXPECT_EQ(taken->getSnapshots(), 2u);
  EXPECT_EQ(total(*first), rows);
  auto again = import(*first, hartos / "agent_data");
  EXPECT_EQ(again->getRecorded(), 0u);
  EXPECT_EQ(again->getAlreadyTaken(), rows);
  EXPECT_EQ(again->getSnapshots(), 0u);
  EXPECT_EQ(again->getUnchangedSnapshots(), 2u);
  EXPECT_EQ(total(*first), rows);
  EXPECT_EQ(file_text(database), original) << "the import changed the database";

  stopwatch exporting;
  auto exported = folder.path() / "exported";
  auto written = export_to(*first, exported);
  exporting.tell("export", rows);
  EXPECT_EQ(written->getRecords(), rows);
  EXPECT_EQ(written->getErased(), 0u);
  EXPECT_EQ(written->getRoutes(), 2u);
  EXPECT_EQ(written->getSnapshots(), 2u);
  auto into_itself = import(*first, exported);
  EXPECT_EQ(into_itself->getRecorded(), 0u) << "a node has its own records";
  EXPECT_EQ(into_itself->getUnchangedSnapshots(), 2u);

  auto second = start("second");
  stopwatch elsewhere;
  auto moved = import(*second, exported);
  elsewhere.tell("import elsewhere", rows);
  EXPECT_EQ(moved->getRecorded(), rows);
  EXPECT_EQ(moved->getLeftOut(), 0u);
  EXPECT_EQ(summary(*second), summary(*first));
  EXPECT_EQ(figures(*second), figures(*first));
  EXPECT_THAT(figures(*first), HasSubstr("time_us2_low")) << "the exact sums were not compared";
  EXPECT_EQ(figures(*second, "hive"), figures(*first, "hive"));

  auto theirs = python(hartos_queries, {exported / "agent_data" / "coding_benchmarks.db"});
  auto ours = python(expected_by_task(first->get("/api/v1/tools/summary").as<wire::ToolSummary>()));
  EXPECT_EQ(theirs.err + ours.err, "");
  EXPECT_THAT(theirs.out, testing::StartsWith(ours.out)) << "as HART OS computes it";
  EXPECT_THAT(theirs.out, HasSubstr(R"([["b", "x", 0.5, 1.0, 7], ["fix", "aider", 0.882, 23.26, 306]])"));
  EXPECT_THAT(theirs.out, testing::EndsWith("\nok\n"));
}

TEST_F(hartos_bridge, an_import_takes_what_was_added_since) {
  hartos_source source{database};
  source.add_random(2'500, random);
  auto node = start("node");
  EXPECT_EQ(import(*node, hartos)->getRecorded(), 2'500u);
  source.add_random(2'001, random);
  EXPECT_EQ(import(*node, hartos)->getRecorded(), 2'001u);
  // A node that is killed after answering still has the rows, and knows that it has them.
  node->kill();
  node = start("node");
  EXPECT_EQ(import(*node, hartos)->getRecorded(), 0u);
  EXPECT_EQ(total(*node), 4'501u);

  // HART OS adds rows to the database that was exported to it.
  auto exported = folder.path() / "exported";
  export_to(*node, exported);
  auto other = start("other");
  EXPECT_EQ(import(*other, exported)->getRecorded(), 4'501u);
  auto written = sqlite::connection::open(exported / "agent_data" / "coding_benchmarks.db", sqlite::access::create);
  ASSERT_TRUE(written && written->run("INSERT INTO benchmarks (task_type, tool_name, completion_time_s, success, "
                                      "timestamp, success_rule) VALUES ('t', 'x', 1, 1, 1, 2)"));
  ASSERT_TRUE(
    written->run("INSERT INTO benchmarks (task_type, tool_name, completion_time_s, success, timestamp) VALUES "
                 "('t', 'x', 1, 1, 1)"))
    << "as an older HART OS does";
  EXPECT_EQ(import(*other, exported)->getRecorded(), 2u);
  EXPECT_EQ(import(*node, exported)->getRecorded(), 2u);
  // The node also records more, which a second export includes.
  ASSERT_EQ(
    node->post("/api/v1/tasks", R"({"task_type":"t","tool_name":"x","completion_time_s":1,"success":true})").status,
    201);
  auto later = folder.path() / "later";
  export_to(*node, later);
  EXPECT_EQ(import(*other, later)->getRecorded(), 3u) << "the rows of HART OS are records of the node now";
}

TEST_F(hartos_bridge, an_import_that_is_killed_goes_on_where_it_was) {
  auto rows = std::max<size_t>(row_count(), 20'000);
  hartos_source{database}.add_random(rows, random);
  auto node = start("node");
  auto run = test::hivectl_program({"--url", url(*node), "import", "hartos", hartos});
  std::promise<int> started;
  run.on_start = [&](int pid) { started.set_value(pid); };
  auto killed = std::async(std::launch::async, [&] { return test::run_program(run); });
  auto pid = started.get_future().get();
  ASSERT_TRUE(wait_until([&] { return total(*node) > rows / 10; }));
  ::kill(pid, SIGKILL);
  EXPECT_EQ(killed.get().status, -1) << "it was faster than the signal: the test shows nothing";
  auto before = total(*node); // requests still in flight when it was killed may yet arrive; their rows count as
                              // imported
  auto rest = import(*node, hartos);
  EXPECT_LE(rest->getRecorded(), rows - before);
  EXPECT_GT(rest->getRecorded(), 0u);
  EXPECT_EQ(total(*node), rows);
}

TEST_F(hartos_bridge, two_imports_at_once_take_each_row_once) {
  size_t rows = 20'000;
  hartos_source{database}.add_random(rows, random);
  auto node = start("node");
  auto other = std::async(std::launch::async, [&] { return import(*node, hartos); });
  auto mine = import(*node, hartos);
  EXPECT_EQ(mine->getRecorded() + other.get()->getRecorded(), rows);
  EXPECT_EQ(total(*node), rows);
}

TEST_F(hartos_bridge, bad_rows_and_files_are_named_and_the_rest_goes_in) {
  hartos_source source{database};
  source.add("'t', 'x', '', '', 1, 1, 0, 1771934400.25");
  source.add("'t', 'x', '', '', -1, 1, 0, 1");
  source.add("'t', printf('%.*c', 129, 'x'), '', '', 1, 1, 0, 1");
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  source.add("'t', 'x', '', '', 1, 'no', 0, 1");
  source.run("INSERT INTO hive_routing VALUES ('fix', 'x', 7, 1, 5, 1)");
  auto benchmarks = hartos / "agent_data" / "benchmarks";
  put_file(benchmarks / "v1.json", snapshot_file);
  put_file(benchmarks / "torn.json", "{\"version\": \"v");
  put_file(benchmarks / "notes.txt", "not looked at");
  auto node = start("node");
  auto report = import(*node, hartos, 65);
  EXPECT_EQ(report->getRecorded(), 2u);
  EXPECT_EQ(report->getSnapshots(), 1u);
  EXPECT_EQ(report->getLeftOut(), 5u);
  std::string places;
  for (auto fault : report->getFaults())
    places += std::string{fault.getPlace().cStr()} + ": " + fault.getReason().cStr() + "\n";
  EXPECT_THAT(places, HasSubstr("benchmarks row 2: completion_time_s must be at least 0"));
  EXPECT_THAT(places, HasSubstr("benchmarks row 3: tool_name"));
  EXPECT_THAT(places, HasSubstr("benchmarks row 5: success is text"));
  EXPECT_THAT(places, HasSubstr("hive_routing row 1: "));
  EXPECT_THAT(places, HasSubstr((benchmarks / "torn.json").string() + ": "));
  EXPECT_THAT(node->get("/api/v1/tasks").body, HasSubstr(R"("timestamp":"2026-02-24T12:00:00.250000Z")"));
  std::filesystem::remove(benchmarks / "torn.json");
  source.run("DELETE FROM hive_routing");
  auto again = import(*node, hartos, 0);
  EXPECT_EQ(again->getLeftOut(), 0u) << "also bad rows at the end are told once";
  EXPECT_EQ(again->getAlreadyTaken(), 5u);

  source.add("'t', 'x', '', '', -1, 1, 0, 1"); // none of the new rows is valid
  EXPECT_EQ(import(*node, hartos, 65)->getLeftOut(), 1u);
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  auto behind = import(*node, hartos, 0);
  EXPECT_EQ(behind->getRecorded(), 1u);
  EXPECT_EQ(behind->getAlreadyTaken(), 6u);
}

TEST_F(hartos_bridge, what_cannot_be_read_or_written_is_named) {
  auto node = start("node");
  auto refusal = [&](std::vector<std::string> arguments) {
    auto result = test::hivectl(url(*node), std::move(arguments));
    EXPECT_EQ(result.status, 65) << result.out;
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_THAT(refusal({"import", "hartos", folder.path()}), HasSubstr("agent_data"));
  put_file(database, std::string(4'096, 'x'));
  EXPECT_THAT(refusal({"import", "hartos", hartos}), HasSubstr(database.string() + ": file is not a database"));
  EXPECT_THAT(refusal({"export", "hartos", hartos}), HasSubstr(database.string() + " is there already"));
  EXPECT_EQ(file_text(database), std::string(4'096, 'x'));
  std::filesystem::remove(database);
  hartos_source source{database};
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  source.run("BEGIN EXCLUSIVE");
  EXPECT_THAT(refusal({"import", "hartos", hartos}), HasSubstr(database.string() + ": another process has locked it"));
  source.run("COMMIT");
  EXPECT_EQ(total(*node), 0u);
  auto forced = test::hivectl(url(*node), {"export", "hartos", hartos, "--force"});
  EXPECT_EQ(forced.status, 0) << forced.err;
  EXPECT_THAT(forced.out, HasSubstr("Wrote 0 task records"));
}

// -- agents' baselines ------------------------------------------------------------

std::string hartos_baseline_file(uint32_t version, double rate, const std::string& trigger = "prompt_change") {
  return R"({"version": )" + std::to_string(version) + R"(, "prompt_id": "71", "flow_id": 0, "trigger": ")" + trigger +
         R"(", "timestamp": 1771934400.25, "metadata": {"git_sha": "abc"}, "lightning_metrics": {}, "benchmark_metrics":
         {"regression": {"pass_rate": 0.97}}, "recipe_metrics": {"action_count": 1, "per_action": {"1": {"success_rate": )" +
         std::to_string(rate) + R"(}}}, "trust_evolution_metrics": {"composite_trust": 2.5}})";
}

TEST_F(hartos_bridge, baselines_go_in_come_out_and_go_in_elsewhere) {
  auto files = hartos / "agent_data" / "baselines";
  put_file(files / "71_0" / "v1.json", hartos_baseline_file(1, 0.9));
  put_file(files / "71_0" / "v9.json", hartos_baseline_file(9, 0.8, "autoresearch_baseline"));
  put_file(files / "71_0" / "v10.json", R"({"recipe_metrics": {"per_action": {"1": {"success_rate": 0.7}}}})");
  put_file(files / "71_0" / "v11.json", "{");
  put_file(files / "71_0" / "v12.json.tmp", "{}");
  put_file(files / "no-agent" / "v1.json", "{}");
  auto first = start("first");
  auto taken = import(*first, hartos, 65);
  EXPECT_EQ(taken->getBaselines(), 3u);
  ASSERT_EQ(taken->getLeftOut(), 2u);
  EXPECT_THAT(taken->getFaults()[0].getPlace().cStr(), HasSubstr("71_0/v11.json"));
  EXPECT_THAT(taken->getFaults()[1].getPlace().cStr(), HasSubstr("no-agent"));
  auto again = import(*first, hartos, 65);
  EXPECT_EQ(again->getBaselines(), 0u);
  EXPECT_EQ(again->getUnchangedBaselines(), 3u);

  // One of the node's own, with what only it has.
  auto captured =
    first->post("/api/v1/agents/71/0/baselines",
                R"({"trigger": "prompt_change", "benchmark_metrics": {"regression": {"test_pass_rate": 0.9}}})");
  ASSERT_EQ(captured.status, 201) << captured.body;
  EXPECT_THAT(captured.body, HasSubstr(R"("version":11)")) << "gaps stay, and the next number is behind the highest";
  auto exported = folder.path() / "exported";
  EXPECT_EQ(export_to(*first, exported)->getBaselines(), 4u);
  auto theirs =
    python("import json,sys\nd=json.load(open(sys.argv[1]))\nprint(d['version'],d['flow_id'],d['timestamp'] > 1.7e9,"
           "d['benchmark_metrics']['regression']['pass_rate'],d['trust_evolution_metrics'])",
           {exported / "agent_data" / "baselines" / "71_0" / "v11.json"});
  EXPECT_EQ(theirs.out, "11 0 True 0.9 {}\n") << theirs.err;
  EXPECT_EQ(import(*first, exported)->getUnchangedBaselines(), 4u);
  auto second = start("second");
  EXPECT_EQ(import(*second, exported)->getBaselines(), 4u);
  for (const auto* path : {"/baselines/1", "/baselines/9", "/baselines/10", "/trend"})
    EXPECT_EQ(first->get(std::string{"/api/v1/agents/71/0"} + path).body,
              second->get(std::string{"/api/v1/agents/71/0"} + path).body);
}

TEST_F(hartos_bridge, a_baseline_that_another_one_s_number_has_is_refused_or_appended_once) {
  auto file = hartos / "agent_data" / "baselines" / "71_0" / "v1.json";
  put_file(file, hartos_baseline_file(1, 0.9));
  auto node = start("node");
  import(*node, hartos);
  put_file(file, hartos_baseline_file(1, 0.5));
  auto refused = import(*node, hartos, 65);
  EXPECT_EQ(refused->getBaselines() + refused->getUnchangedBaselines(), 0u);
  EXPECT_THAT(refused->getFaults()[0].getReason().cStr(), HasSubstr("has another baseline 1"));
  for (int i = 0; i < 2; ++i) {
    auto result = test::hivectl(url(*node), {"--json", "import", "hartos", hartos, "--append"});
    EXPECT_EQ(result.status, 0) << result.err;
  }
  auto listed = node->get("/api/v1/agents/71/0/baselines").body;
  EXPECT_THAT(listed, testing::Not(HasSubstr(R"("version":3)"))) << "appended twice";
  auto second = node->get("/api/v1/agents/71/0/baselines/2").body;
  EXPECT_THAT(second, HasSubstr(R"("imported_version":1)"));
  EXPECT_THAT(second, HasSubstr(R"("success_rate":0.5)"));
}

} // namespace
} // namespace hive::cluster
