#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr auto snapshot_json = R"({"version":"v2","git_sha":"0123abcd","captured_at":"2026-02-24T12:00:00Z",
  "tier":"fast","node":"alpha","environment":{"cpu_model":"Chip","cores":8,"memory_mib":1024,"kernel":"6.1",
  "gpu":"none","fingerprint":"f"},"metrics":{
    "world_model.flush_rate":{"value":0.875,"direction":"higher","unit":"ratio","adapter":"world_model",
      "samples":[0.75,1.0]},
    "lost":{"value":null,"direction":"lower","adapter":"a"}},
  "adapters":{"world_model":{"status":"ok","duration_s":1.5},
    "guardrail":{"status":"skipped","reason":"no manifest\nis configured \u001b[31m"}}})";

/// A file with this content that is removed after the test.
class temporary_file {
public:
  explicit temporary_file(std::string_view content) : path_{put_file(folder_.path() / "snapshot.json", content)} {
  }
  const std::string& path() const {
    return path_;
  }
  std::string content() const {
    return file_text(path_);
  }

private:
  temporary_directory folder_;
  std::string path_;
};

TEST(snapshot_show, prints_facts_metrics_and_adapters) {
  auto node = answering(snapshot_json);
  auto result = hivectl(node.url(), {"snapshot", "show", "v2"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(node.requests().back().method, "GET");
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v2");
  EXPECT_EQ(result.out, "Version      v2\n"
                        "Git sha      0123abcd\n"
                        "Captured at  2026-02-24T12:00:00Z\n"
                        "Tier         fast\n"
                        "Node         alpha\n"
                        "Machine      Chip, 8 cores, 1024 MiB, 6.1, GPU: none\n"
                        "\n"
                        "METRIC                  VALUE  UNIT   BETTER  SAMPLES  ADAPTER\n"
                        "──────────────────────  ─────  ─────  ──────  ───────  ───────────\n"
                        "world_model.flush_rate  0.875  ratio  higher        2  world_model\n"
                        "lost                        -  -      lower         0  a\n"
                        "\n"
                        "ADAPTER      STATUS   SECONDS  REASON\n"
                        "───────────  ───────  ───────  ───────────────────────────────────\n"
                        "world_model  ok         1.500  -\n"
                        "guardrail    skipped    0.000  no manifest\\nis configured \\x1b[31m\n");
}

TEST(snapshot_show, tells_how_adapters_measured_on_gpus) {
  auto node = answering(R"({"version":"v2","adapters":{"regression":{"status":"ok"},
    "embodied":{"status":"ok","evidence":{"quality":"clean"}},
    "qwen":{"status":"ok","evidence":{"quality":"disturbed","reasons":["throttled for 3.0 s of 9.0 s","cold"]}},
    "quantiphy":{"status":"ok","reason":"note","evidence":{"quality":"simulated"}}}})");
  auto result = hivectl(node.url(), {"snapshot", "show", "v2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("ADAPTER     STATUS  SECONDS  MEASURED                                       REASON"));
  EXPECT_THAT(result.out, HasSubstr("qwen        ok        0.000  disturbed: throttled for 3.0 s of 9.0 s; cold  -\n"));
  EXPECT_THAT(result.out,
              HasSubstr("quantiphy   ok        0.000  simulated                                      note\n"));
  EXPECT_THAT(result.out, HasSubstr("embodied    ok        0.000  clean                                          -\n"));
  EXPECT_THAT(result.out, HasSubstr("regression  ok        0.000  -                                              -\n"));
}

TEST(snapshot_show, is_ascii_in_an_ascii_locale) {
  auto node =
    answering(R"({"version":"v2","node":"Zürich","metrics":{"x":{"value":1,"direction":"lower","unit":"µs"}}})");
  auto run = hivectl_program({"--url", node.url(), "snapshot", "show", "v2"});
  run.environment = {"LC_ALL=C"};
  auto result = run_program(run);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("Node         Z?rich\n"));
  EXPECT_THAT(result.out, HasSubstr("------  -----"));
  for (char c : result.out)
    ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(snapshot_show, as_json_is_the_snapshot) {
  auto node = answering(snapshot_json);
  auto result = hivectl(node.url(), {"--json", "snapshot", "show", "v2"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(to_json(parse<wire::Snapshot>(result.out)), to_json(parse<wire::Snapshot>(snapshot_json)));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST(snapshot_show, tells_what_was_beside_a_measurement_where_that_is_notable) {
  auto node = answering(R"({"version":"v2","metrics":{},"environment":{"cpu_model":"Chip","cores":8,"driver":"550.1",
    "governor":"none","cpu_limit":"2.5"},"adapters":{
    "busy":{"status":"ok","contention":{"steal":0.12,"load":1.5,"captures":2}},
    "quiet":{"status":"ok","contention":{"steal":0.01,"pressure":0.9,"load":0.1}},"old":{"status":"ok"}}})");
  auto shown = hivectl(node.url(), {"snapshot", "show", "v2"}).out;
  EXPECT_THAT(shown, HasSubstr("driver 550.1, CPU limit 2.5\n"));
  EXPECT_THAT(shown, HasSubstr("BESIDE"));
  EXPECT_THAT(shown, HasSubstr("steal 12%, load of others 1.5, 2 other captures"));
  auto calm =
    answering(R"({"version":"v2","metrics":{},"adapters":{"quiet":{"status":"ok","contention":{"load":0}}}})");
  EXPECT_THAT(hivectl(calm.url(), {"snapshot", "show", "v2"}).out, Not(HasSubstr("BESIDE")));
}

TEST(snapshot_show, asks_for_one_capture) {
  auto node = answering(R"({"version":"v2","capture_id":7,"adapter_errors":1,"metrics":{}})");
  auto result = hivectl(node.url(), {"snapshot", "show", "v2", "--capture", "7"});
  EXPECT_EQ(result.status, 0) << "shown is done, whatever failed then";
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v2/captures/7");
  EXPECT_THAT(result.out, HasSubstr("Capture      7\n"));
  EXPECT_THAT(result.out, HasSubstr("Errors       1 of its adapters failed\n"));
  for (const char* wrong : {"0", "-1", "x", "1.5"})
    EXPECT_EQ(hivectl(node.url(), {"snapshot", "show", "v2", "--capture", wrong}).status, 64) << wrong;
}

TEST(snapshot_capture, with_a_failed_adapter_ends_with2_and_says_which_and_why) {
  auto node = answering(R"({"version":"v2","adapter_errors":2,"metrics":{},"adapters":{
    "good":{"status":"ok"},"tests":{"status":"error","reason":"no tests ran"},
    "probe":{"status":"error","reason":"timed out"}}})",
                        201);
  for (std::vector<std::string> form : {std::vector<std::string>{}, {"--json"}}) {
    std::vector<std::string> arguments{"snapshot", "capture", "v2"};
    arguments.insert(arguments.end(), form.begin(), form.end());
    auto result = hivectl(node.url(), arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "hivectl: 2 of 3 adapters failed: tests: no tests ran; probe: timed out\n");
    EXPECT_THAT(result.out, HasSubstr("no tests ran"));
  }
}

TEST(snapshot_capture, sends_what_was_asked_for) {
  auto node = answering(snapshot_json, 201);
  auto result =
    hivectl(node.url(), {"snapshot", "capture", "v2", "--tier", "all", "--repeats", "7", "--git-sha", "abc"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "") << "no progress where nobody watches";
  auto request = node.requests().back();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/snapshots");
  EXPECT_THAT(request.headers, HasSubstr("Content-Type: application/json"));
  auto sent = parse<wire::CaptureRequest>(request.body);
  EXPECT_EQ(sent->getVersion(), "v2");
  EXPECT_EQ(sent->getGitSha(), "abc");
  EXPECT_EQ(sent->getTier(), wire::Tier::ALL);
  EXPECT_EQ(sent->getRepeats(), 7U);
}

TEST(snapshot_capture, is_fast_unless_told_otherwise) {
  auto node = answering(snapshot_json, 201);
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "capture", "v2"}).status, 0);
  auto sent = parse<wire::CaptureRequest>(node.requests().back().body);
  EXPECT_EQ(sent->getTier(), wire::Tier::FAST);
  EXPECT_EQ(sent->getRepeats(), 0U);
  EXPECT_FALSE(sent->hasGitSha() && sent->getGitSha().size() > 0);
}

TEST(snapshot_capture, names_the_adapters_that_measure) {
  auto node = answering(snapshot_json, 201);
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "capture", "--adapter", "a", "--adapter", "b", "v2"}).status, 0);
  auto named = parse<wire::CaptureRequest>(node.requests().back().body);
  ASSERT_EQ(named->getAdapters().size(), 2U);
  EXPECT_EQ(named->getVersion(), "v2");
  EXPECT_STREQ(named->getAdapters()[0].cStr(), "a");
  EXPECT_STREQ(named->getAdapters()[1].cStr(), "b");
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "capture", "v2"}).status, 0);
  EXPECT_FALSE(parse<wire::CaptureRequest>(node.requests().back().body)->hasAdapters()) << "absent means all of them";
}

TEST(snapshot_capture, without_waiting_says_where_the_result_will_be) {
  auto node = answering(R"({"version":"v2","capture_id":12,"location":"/api/v1/snapshots/v2"})", 202);
  auto result = hivectl(node.url(), {"snapshot", "capture", "v2", "--no-wait"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(node.requests().back().target, HasSubstr("?wait=false"));
  EXPECT_THAT(result.out, HasSubstr("Capture 12 of v2 has begun"));
}

TEST(snapshot_capture, of_a_version_that_is_being_captured_is_refused) {
  fake_node node{[](const fake_request&) {
    return problem(409, R"({"title":"Busy","detail":"version v2 is being captured","code":"busy"})");
  }};
  auto result = hivectl(node.url(), {"snapshot", "capture", "v2"});
  EXPECT_EQ(result.status, 65);
  EXPECT_EQ(result.err, "hivectl: version v2 is being captured\n");
}

TEST(snapshot_capture, shows_progress_on_a_terminal) {
  std::promise<void> seen;
  bool told = false;
  fake_node node{[&](const fake_request&) {
    seen.get_future().wait(); // the capture ends only after its progress was shown
    return fake_response{201, snapshot_json};
  }};
  auto run = hivectl_program({"--url", node.url(), "snapshot", "capture", "v2"});
  run.terminal = true;
  run.on_error_output = [&](const std::string& text) {
    if (!told && text.find(" s") != std::string::npos) {
      told = true;
      seen.set_value();
    }
  };
  auto result = run_program(run);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("Capturing v2 (fast)… 0 s"));
  EXPECT_TRUE(result.err.ends_with("\r\x1b[K")) << "the line is wiped in the end";
  EXPECT_THAT(result.out, HasSubstr("Version      v2\n"));
}

TEST(snapshot_list, joins_all_pages) {
  fake_node node{[](const fake_request& request) -> fake_response {
    if (request.target.find("after=") == std::string::npos)
      return {200, R"({"snapshots":[{"version":"v1","metric_count":3,"captures":1}],"next":"v1 &x"})"};
    return {200,
            R"({"snapshots":[{"version":"v2","git_sha":"abc","metric_count":12,"adapter_errors":1,"captures":4}]})"};
  }};
  auto result = hivectl(node.url(), {"snapshot", "list"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(node.requests().at(1).target, "/api/v1/snapshots?limit=1000&after=v1%20%26x");
  EXPECT_EQ(result.out, "VERSION  CAPTURED  TIER  GIT SHA  METRICS  ERRORS  CAPTURES  NODE\n"
                        "───────  ────────  ────  ───────  ───────  ──────  ────────  ────\n"
                        "v1       -         fast  -              3       0         1  -\n"
                        "v2       -         fast  abc           12       1         4  -\n");
  auto as_json = parse<wire::SnapshotList>(hivectl(node.url(), {"snapshot", "list", "--json"}).out);
  ASSERT_EQ(as_json->getSnapshots().size(), 2U);
  EXPECT_EQ(as_json->getSnapshots()[1].getVersion(), "v2");
  EXPECT_FALSE(as_json->hasNext() && as_json->getNext().size() > 0);
}

TEST(snapshot_list, stops_at_a_node_that_repeats_itself) {
  auto node = answering(R"({"snapshots":[{"version":"v1"}],"next":"v1"})");
  auto result = hivectl(node.url(), {"snapshot", "list"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("does not end"));
  EXPECT_LE(node.requests().size(), 3U);
}

TEST(snapshot_list, says_when_there_are_none) {
  auto node = answering(R"({"snapshots":[]})");
  EXPECT_THAT(hivectl(node.url(), {"snapshot", "list"}).out, HasSubstr("No snapshots yet"));
}

TEST(snapshot_latest, prints_the_newest_values) {
  auto node = answering(R"({"node":"alpha","results":{"a.m":{"value":12345678,"direction":"lower","unit":"ms",
    "version":"v2","captured_at":"2026-02-24T12:00:00Z"}}})");
  auto result = hivectl(node.url(), {"snapshot", "latest", "--wide"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/results/latest");
  EXPECT_THAT(result.out, HasSubstr("a.m     1.23457e+07  ms    lower   v2       2026-02-24T12:00:00Z\n"));
}

TEST(snapshot_import, sends_the_file_under_its_own_version) {
  auto node = answering(snapshot_json, 201);
  const std::string nested = R"({"version": "v2", "benchmarks": {"a": {"metrics": {"m": {"value": 1.50}}}}})";
  temporary_file file{nested};
  auto result = hivectl(node.url(), {"snapshot", "import", file.path()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "PUT");
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v2");
  EXPECT_EQ(node.requests().back().body, nested) << "the node judges the document, byte for byte";
}

TEST(snapshot_import, reads_a_file_of_hart_os_as_it_lies_on_the_disk) {
  auto node = answering(snapshot_json, 201);
  temporary_file file{R"({
  "version": "v2", "git_sha": "", "timestamp": 1771934400.25, "tier": "fast",
  "benchmarks": {
    "world_model": {"metrics": {"hivemind_queries": {"value": 7, "direction": "higher", "unit": "count", "gate": false}}},
    "regression": {"metrics": {}, "error": "pytest collected no tests", "output_tail": "..."},
    "deployed": {"metrics": {}, "skipped": "no test suite"},
    "foreign": {"metrics": {"machine_info": {"cpu": 8}, "ms": {"value": 3, "direction": "lower"}}}}})"};
  auto result = hivectl(node.url(), {"snapshot", "import", file.path()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "hivectl: " + file.path() +
                          ": left out: /benchmarks/foreign/metrics/machine_info has no value "
                          "that is a number\n");
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v2");
  auto sent = parse<wire::Snapshot>(node.requests().back().body);
  EXPECT_EQ(sent->getCapturedAt(), 1'771'934'400'250'000);
  ASSERT_EQ(sent->getBenchmarks().size(), 4u);
  EXPECT_EQ(sent->getBenchmarks()[0].getMetrics()[0].getValue(), 7);
  EXPECT_EQ(sent->getBenchmarks()[2].getReason(), "no test suite");

  EXPECT_EQ(hivectl(node.url(), {"snapshot", "import", file.path(), "--version", "v9"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v9");
  EXPECT_EQ(parse<wire::Snapshot>(node.requests().back().body)->getVersion(), "v9");
}

TEST(snapshot_import, a_file_of_hart_os_without_version_has_that_of_its_name) {
  auto node = answering(snapshot_json, 201);
  temporary_file file{R"({"timestamp": 1.5, "benchmarks": {"a": {"metrics": {"m": {"value": 1}}}}})"};
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "import", file.path()}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/snapshot");
}

TEST(snapshot_import, under_another_version_changes_the_document) {
  auto node = answering(snapshot_json, 201);
  temporary_file file{R"({"version":"v2","benchmarks":{}})"};
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "import", file.path(), "--version", "v3"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v3");
  EXPECT_EQ(node.requests().back().body, R"({"version":"v3","benchmarks":{}})");
}

TEST(snapshot_import, reads_standard_input) {
  auto node = answering(snapshot_json, 201);
  auto run = hivectl_program({"--url", node.url(), "snapshot", "import", "-"});
  run.input = R"({"version":"v2"})";
  EXPECT_EQ(run_program(run).status, 0);
  EXPECT_EQ(node.requests().back().body, run.input);
}

TEST(snapshot_import, refuses_what_cannot_be_a_snapshot_before_it_asks) {
  auto node = answering(snapshot_json, 201);
  for (const std::string& content :
       {std::string{}, std::string{"[]"}, std::string{"{\"version\":"}, std::string{R"({"metrics":{}})"},
        std::string{R"({"version":"../x"})"}, std::string{R"({"version":7})"}, std::string((8U << 20U) + 1, ' ')}) {
    temporary_file file{content};
    auto result = hivectl(node.url(), {"snapshot", "import", file.path()});
    EXPECT_EQ(result.status, 65) << content.substr(0, 40);
    EXPECT_THAT(result.err, HasSubstr(file.path()));
  }
  EXPECT_TRUE(node.requests().empty());
}

TEST(snapshot_import, of_a_large_document_arrives_whole) {
  auto node = answering(snapshot_json, 201);
  const std::string large = R"({"version":"v2","node":")" + std::string(3U << 20U, 'n') + "\"}";
  temporary_file file{large};
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "import", file.path()}).status, 0);
  EXPECT_EQ(node.requests().back().body, large);
}

TEST(snapshot_export, writes_what_import_reads) {
  auto node = answering(snapshot_json);
  temporary_file file{""};
  auto result = hivectl(node.url(), {"snapshot", "export", "v2", "--out", file.path()});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "Wrote " + file.path() + ".\n");
  EXPECT_EQ(to_json(parse<wire::Snapshot>(file.content())), to_json(parse<wire::Snapshot>(snapshot_json)));
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "import", file.path()}).status, 0);
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "export", "v2"}).out, file.content());
}

TEST(snapshot_export, reports_a_file_that_cannot_be_written) {
  auto node = answering(snapshot_json);
  auto result = hivectl(node.url(), {"snapshot", "export", "v2", "--out", "/no/such/folder/f"});
  EXPECT_EQ(result.status, 74);
  EXPECT_EQ(result.err, "hivectl: cannot write /no/such/folder/f: No such file or directory\n");
}

} // namespace
} // namespace hive::test
