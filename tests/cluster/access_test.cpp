#include "messages/node.capnp.h"
#include "platform/http_client.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/cluster/raw_http.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <sys/stat.h>

// Who may run commands on a node: web pages, local users without the operator token, and users with it.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string adapters = "/api/v1/benchmarks";
const std::string registration = R"({"name":"x","command":["/bin/true"]})";

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  EXPECT_EQ(::lstat(path.c_str(), &about), 0) << path;
  return about.st_mode & 07777;
}

// -- web pages -----------------------------------------------------------------

class web_page : public testing::Test {
protected:
  /// The status with which the node answers the recorded request.
  int status_of(const std::string& name) const {
    auto text = file_text(fs::path{HIVE_TEST_DATA} / "dns_rebinding" / name);
    for (auto [mark, value] : {std::pair<std::string, std::string>{"{port}", port()}, {"{file}", written.string()}})
      for (auto at = text.find(mark); at != text.npos; at = text.find(mark))
        text.replace(at, mark.size(), value);
    return raw_http_status(node.endpoint(), as_request(text));
  }

  std::string port() const {
    return node.endpoint().substr(node.endpoint().rfind(':') + 1);
  }

  void expect_nothing_ran() const {
    EXPECT_THAT(node.get(adapters).body, Not(HasSubstr("rebind")));
    EXPECT_EQ(node.get(snapshots + "/rebind").status, 404);
    EXPECT_FALSE(fs::exists(written));
  }

  temporary_directory temp;
  fs::path written = temp.path() / "pwned";
  hived_process node{{.directory = temp.path()}};
};

TEST_F(web_page, whose_name_is_rebound_to_the_node_is_refused_and_runs_nothing) {
  node.await_ready();
  for (const char* name : {"rebound-register.http", "rebound-capture.http", "rebound-read.http", "rebound-metrics.http",
                           "rebound-probe.http"})
    EXPECT_EQ(status_of(name), 421) << name;
  expect_nothing_ran();
}

TEST_F(web_page, of_another_site_is_refused_and_runs_nothing) {
  node.await_ready();
  for (const char* name : {"cross-site-register.http", "cross-site-form-capture.http",
                           "cross-site-sandbox-capture.http", "cross-site-preflight.http"})
    EXPECT_EQ(status_of(name), 403) << name;
  expect_nothing_ran();
}

TEST(web_page_of_a_node, whose_host_is_configured_may_ask) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(), .config = "[http]\nhosts = [\"node7.example\"]\n"}};
  node.await_ready();
  auto with = [&](const std::string& fields) {
    return raw_http_status(node.endpoint(),
                           "GET /api/v1/snapshots HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n");
  };
  EXPECT_EQ(with("Host: node7.example\r\nOrigin: https://node7.example\r\n"), 200);
  EXPECT_EQ(with("Host: node8.example\r\n"), 421);
}

// -- local programs ------------------------------------------------------------

TEST(operate, needs_a_credential_and_the_refusal_says_where_one_lies) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  auto file = temp.path() / "data" / "operator.token";
  ASSERT_EQ(node.request("POST", adapters, registration).status, 201);
  for (auto [method, path, body] : std::vector<std::tuple<std::string, std::string, std::string>>{
         {"POST", adapters, R"({"name":"y","command":["/bin/true"]})"},
         {"DELETE", adapters + "/x", ""},
         {"DELETE", "/api/v1/tools/delta/origin", ""}}) {
    auto refused = node.anonymous(method, path, body);
    EXPECT_EQ(refused.status, 403) << path;
    EXPECT_THAT(refused.as<wire::Problem>()->getDetail().cStr(), HasSubstr(file.string()));
  }
  EXPECT_THAT(node.get(adapters).body, HasSubstr(R"("name":"x")"));
  EXPECT_THAT(node.get(adapters).body, Not(HasSubstr(R"("name":"y")")));
  EXPECT_EQ(node.request("DELETE", adapters + "/x").status, 200);
}

TEST(operate, what_records_and_reads_goes_on_without_one) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  EXPECT_EQ(node.anonymous("POST", snapshots, R"({"version":"v"})").status, 201);
  EXPECT_EQ(node.anonymous("PUT", snapshots + "/w", R"({"metrics":{"m":{"value":1,"direction":"lower"}}})").status,
            200);
  EXPECT_EQ(
    node.anonymous("POST", "/api/v1/tasks", R"({"task_type":"t","tool_name":"x","completion_time_s":1,"success":true})")
      .status,
    201);
  for (const char* path : {"/metrics", "/openapi.json", "/api/v1/snapshots/v", "/api/v1/tools/summary"})
    EXPECT_EQ(node.anonymous("GET", path).status, 200) << path;
}

TEST(operate, may_be_opened_and_more_may_be_closed) {
  for (auto [open, read, record, operate] : std::vector<std::tuple<std::string, int, int, int>>{
         {"operate", 200, 201, 201}, {"record", 200, 201, 403}, {"read", 200, 403, 403}, {"none", 403, 403, 403}}) {
    SCOPED_TRACE(open);
    temporary_directory temp;
    hived_process node{{.directory = temp.path(), .config = "[http]\nopen = \"" + open + "\"\n"}};
    node.await_ready();
    EXPECT_EQ(node.anonymous("GET", "/healthz").status, 200);
    EXPECT_EQ(node.anonymous("GET", snapshots).status, read);
    EXPECT_EQ(node.anonymous("POST", snapshots, R"({"version":"v"})").status, record);
    EXPECT_EQ(node.anonymous("POST", adapters, registration).status, operate);
    EXPECT_EQ(node.get(snapshots).status, 200) << "the operator may do everything";
    EXPECT_EQ(node.log().find("may run commands as this user") != std::string::npos, open == "operate");
  }
}

// -- the operator token --------------------------------------------------------

TEST(operator_token_of_a_node, is_another_at_each_start_and_gone_after_it) {
  temporary_directory temp;
  auto file = temp.path() / "data" / "operator.token";
  std::string first;
  {
    hived_process node{{.directory = temp.path()}};
    node.await_ready();
    first = file_text(file);
    EXPECT_EQ(first.size(), 65u);
    EXPECT_EQ(mode_of(file), 0600u);
    EXPECT_THAT(node.log(), HasSubstr("Operator token written. file=" + file.string()));
    EXPECT_THAT(node.log() + node.output(), Not(HasSubstr(first.substr(0, 64))));
    node.kill();
    EXPECT_TRUE(fs::exists(file)) << "a crash leaves it behind";
  }
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  EXPECT_NE(file_text(file), first);
  http::outgoing_request stale;
  stale.method = "DELETE";
  stale.url = "http://" + node.endpoint() + adapters + "/x";
  stale.headers = {"Authorization: Bearer " + first.substr(0, 64)};
  auto answer = http::fetch(stale);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_THAT(answer->body, HasSubstr(file.string()));
  node.send(SIGTERM);
  EXPECT_EQ(node.await_end(), (process_end{0, 0}));
  EXPECT_FALSE(fs::exists(file));
}

TEST(operator_token_of_a_node, lies_where_the_environment_says) {
  temporary_directory temp;
  auto start = [&](const std::string& variables) {
    std::vector<std::string> wrapper{"env", variables};
    auto out = std::make_unique<hived_process>(hived_options{.directory = temp.path(), .wrapper = wrapper});
    out->await_ready();
    return out;
  };
  auto port_of = [](const hived_process& node) { return node.endpoint().substr(node.endpoint().rfind(':') + 1); };
  fs::create_directory(temp.path() / "unit");
  fs::create_directory(temp.path() / "user");
  {
    auto node = start("RUNTIME_DIRECTORY=" + (temp.path() / "unit").string());
    auto file = temp.path() / "unit" / (port_of(*node) + ".token");
    EXPECT_EQ(mode_of(file), 0640u);
    EXPECT_FALSE(fs::exists(temp.path() / "data" / "operator.token"));
    EXPECT_THAT(node->anonymous("DELETE", adapters + "/x").body, HasSubstr(file.string()));
    node->send(SIGINT);
    EXPECT_EQ(node->await_end(), (process_end{0, 0}));
    EXPECT_FALSE(fs::exists(file)); // the note of what was told stays
  }
  {
    auto node = start("XDG_RUNTIME_DIR=" + (temp.path() / "user").string());
    auto file = temp.path() / "user" / "hivemark" / (port_of(*node) + ".token");
    EXPECT_EQ(mode_of(file), 0600u);
    EXPECT_EQ(mode_of(file.parent_path()), 0700u);
    auto hivectl =
      test::hivectl_program({"--url", "http://" + node->endpoint(), "benchmark", "register", "x", "--", "true"});
    hivectl.environment.push_back("XDG_RUNTIME_DIR=" + (temp.path() / "user").string());
    auto done = test::run_program(hivectl);
    EXPECT_EQ(done.status, 0) << done.err;
  }
  auto node = start("XDG_RUNTIME_DIR=/nowhere");
  EXPECT_TRUE(fs::exists(temp.path() / "data" / "operator.token"));
  EXPECT_THAT(node->log(), HasSubstr("/nowhere"));
}

TEST(operator_token_of_a_node, that_can_be_written_nowhere_stops_the_start) {
  temporary_directory temp;
  {
    hived_process first{{.directory = temp.path()}};
    first.await_ready();
    first.send(SIGTERM);
    ASSERT_EQ(first.await_end(), (process_end{0, 0}));
  }
  fs::create_directories(temp.path() / "data" / "operator.token"); // a directory, which a file cannot replace
  put_file(temp.path() / "data" / "operator.token" / "x", "");
  hived_process node{{.directory = temp.path()}};
  EXPECT_EQ(node.await_end(), (process_end{1, 0})) << node.log();
  EXPECT_EQ(node.output(), "");
  EXPECT_THAT(node.log(), HasSubstr((temp.path() / "data" / "operator.token").string()));
}

TEST(operator_token_of_a_node, counts_beside_configured_tokens) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(),
                      .config = "[[http.tokens]]\nrole = \"read\"\n"
                                "sha256 = \"3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30\"\n"}};
  node.await_ready();
  EXPECT_EQ(node.anonymous("GET", snapshots).status, 401);
  EXPECT_THAT(node.anonymous("POST", adapters, registration).body, Not(HasSubstr("operator.token")));
  EXPECT_EQ(node.post(adapters, registration).status, 201);
}

} // namespace
} // namespace hive::cluster
