#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <unistd.h>

// A node that cannot run as configured does not run partially: it reports what is wrong, prints no ready line, and ends
// with a status other than 0.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void expect_refused(const hived_options& options, int status, const std::vector<std::string>& named) {
  hived_process node{options};
  EXPECT_EQ(node.await_end(), (process_end{status, 0})) << node.log();
  EXPECT_EQ(node.output(), "");
  for (const auto& name : named)
    EXPECT_THAT(node.log(), HasSubstr(name));
}

// -- ports and directories -----------------------------------------------------

TEST(refused_start, a_port_in_use) {
  temporary_directory first, second;
  hived_process node{{.directory = first.path()}};
  node.await_ready();
  expect_refused({.directory = second.path(), .http = node.endpoint()}, failed, {node.endpoint()});
  EXPECT_EQ(node.get("/readyz").status, 200);
}

TEST(refused_start, a_second_node_on_the_same_data) {
  temporary_directory temp, other;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  expect_refused({.directory = other.path(), .data = temp.path() / "data"}, failed,
                 {(temp.path() / "data").string(), "in use"});
  EXPECT_EQ(node.put(snapshots + "/v", "{}").status, 200); // the first node is unaffected
}

TEST(refused_start, a_directory_that_holds_something_else) {
  temporary_directory temp;
  auto letter = put_file(temp.path() / "data" / "letter.txt", "dear hive");
  expect_refused({.directory = temp.path()}, failed, {(temp.path() / "data").string(), "something else"});
  EXPECT_EQ(file_text(letter), "dear hive");
  EXPECT_FALSE(fs::exists(temp.path() / "data" / "store"));
  expect_refused({.directory = temp.path(), .data = letter}, failed, {letter.string(), "not a directory"});
}

TEST(refused_start, a_directory_that_cannot_be_written) {
  temporary_directory temp;
  auto data = temp.path() / "data";
  fs::create_directory(data);
  fs::permissions(data, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                          fs::perms::others_exec | fs::perms::group_read | fs::perms::group_exec);
  fs::permissions(temp.path(), fs::perms::all);
  std::vector<std::string> wrapper;
  if (::geteuid() == 0) { // root can write everywhere, so run as another user
    wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    hived_process probe{{.directory = temp.path(), .wrapper = wrapper, .arguments = {"--version"}}};
    if (probe.await_end() != process_end{0, 0})
      GTEST_SKIP() << "another user cannot run hived here: " << probe.log();
  }
  expect_refused({.directory = temp.path(), .wrapper = wrapper}, failed, {data.string(), "cannot be written"});
  EXPECT_TRUE(fs::is_empty(data));
  expect_refused({.directory = temp.path(), .data = data / "deeper", .wrapper = wrapper}, failed,
                 {(data / "deeper").string()});
}

// -- configuration -------------------------------------------------------------

struct wrong_file {
  std::string text;
  std::vector<std::string> named; ///< if the first one begins with a colon, it is the line number
};

void expect_wrong(const std::vector<wrong_file>& files) {
  temporary_directory temp;
  for (const auto& file : files) {
    SCOPED_TRACE(file.text);
    auto named = file.named;
    if (named.front().starts_with(':'))
      named.front() = (temp.path() / "hived.toml").string() + named.front();
    expect_refused({.directory = temp.path(), .config = file.text, .http = ""}, wrong_configuration, named);
    EXPECT_FALSE(fs::exists(temp.path() / "data"));
  }
}

const std::string probe = "[[benchmarks.model_registry.probe]]\nmodel = ";

TEST(refused_start, a_configuration_that_says_something_wrong) {
  expect_wrong({
    {"[node]\nname = \"n\"\ncolour = \"red\"\n", {":3:", "node.colour", "not a known key"}},
    {"\n[nood]\nname = \"n\"\n", {":2:", "nood"}},
    {"[http]\nlisten = 7420\n", {":2:", "http.listen", "string"}},
    {"[http]\nmax_body_mib = 0\n", {":2:", "http.max_body_mib", "between"}},
    {"[http]\nmax_body_mib = 1.5\n", {":2:", "http.max_body_mib", "integer"}},
    {"[http]\nlisten = \"nowhere\"\n", {":2:", "http.listen", "ADDRESS:PORT"}},
    {"[store]\nmin_free_mib = -1\n", {":2:", "store.min_free_mib"}},
    {"[benchmarks]\nrepeats = \"3\"\n", {":2:", "benchmarks.repeats", "integer"}},
    {"[benchmarks.regression]\ntimeout_s = nan\n", {":2:", "benchmarks.regression.timeout_s", "between"}},
    {"[benchmarks.regression]\nformat = \"xml\"\n", {":2:", "benchmarks.regression.format", "junit"}},
    {"[benchmarks.regression]\nformat = \"tap\"\n", {":2:", "benchmarks.regression.format needs a command"}},
    {"[benchmarks.regression]\ncommand = [\"a\", 1]\n", {":2:", "benchmarks.regression.command", "strings"}},
    {"[benchmarks.world_model]\nurl = \"x\"\n", {":2:", "benchmarks.world_model.url must start"}},
    {"[[benchmarks.model_registry.probe]]\nname = \"p\"\nbase_uri = \"x\"\n", {":3:", "base_uri"}},
    {"\n[[benchmarks.model_registry.probe]]\nbase_url = \"http://x\"\n",
     {":2:", "model_registry.probe.model is required"}},
    {probe + "\"a\"\nbase_url = \"x\"\n", {":3:", "benchmarks.model_registry.probe.base_url must start"}},
    {probe + "\"a b\"\n", {"benchmarks.model_registry.probe.model cannot stand in a metric's name"}},
    {"[tracker]\nmax_records = -1\n", {":2:", "tracker.max_records"}},
    {"[federation]\nmesh_limit = 1\n", {":2:", "federation.mesh_limit"}},
    {"[engines]\ncommands = [\"/bin/true\", \"measure\"]\n", {":2:", "engines.commands must each", "not \"measure\""}},
    {"[http]\nlisten = \"\"\n", {":2:", "http.listen", "ADDRESS:PORT"}},
    {"[[http.tokens]]\nrol = \"read\"\n", {":2:", "http.tokens.rol is not a known key"}},
    {"[[http.tokens]]\nrole = \"boss\"\nsha256 = \"\"\n", {":2:", "http.tokens.role", "not \"boss\""}},
    {"[[http.tokens]]\nrole = \"read\"\nsha256 = \"1\"\n", {":3:", "http.tokens.sha256", "64"}},
    {"[http]\n\ntokens_file = \"none.toml\"\n", {":3:", "http.tokens_file", "none.toml: "}},
    {"[http]\n\ntokens_file = \"/dev/null\"\n", {":3:", "http.tokens_file", "holds no [[tokens]]"}},
    {"[http]\nopen = \"all\"\n", {":2:", "http.open must be none, read, record or operate", "\"all\""}},
    {"[http]\nopen = true\n", {":2:", "http.open", "string"}},
    {"[http]\nhosts = \"node7\"\n", {":2:", "http.hosts", "array"}},
    {"[http]\nhosts = [\"node7\", \"node7:7420\"]\n", {":2:", "http.hosts", "\"node7:7420\"", "port"}},
    {"[tracker.heuristics]\nfeature = 1\n", {"tracker.heuristics", "table of strings"}},
    {"[daemon]\ntick_s = 0\n", {":2:", "daemon.tick_s", "between"}},
    {"benchmarks = 1\n", {":1:", "benchmarks", "section"}},
    {"[node]\ndata = \"\"\n", {":2:", "node.data must not be empty"}},
    {"[node]\nname = \"../n\"\n", {":2:", "node.name", "../n"}},
    {"[node]\nlog_level = \"loud\"\n", {":2:", "node.log_level", "loud"}},
    {"[node]\nname = \"unclosed\n", {":2:"}},
    {"[node]\nname = \"a\"\nname = \"b\"\n", {":3:", "name"}},
    {"\xff\xfe", {":1:"}},
  });
}

TEST(refused_start, settings_that_do_not_go_together_name_one_that_is_in_the_file) {
  const auto good = probe + "\"a\"\nbase_url = \"http://x\"\n";
  expect_wrong({
    {"[benchmarks.regression]\nformat = \"ctest\"\nresults_file = \"r\"\n",
     {":3:", "regression.results_file", "junit"}},
    {"[benchmarks.guardrail]\nmanifest = \"m.json\"\n", {":2:", "benchmarks.guardrail.manifest", "public_key"}},
    {"[benchmarks.world_model]\nurl = \"http://x\"\nfile = \"f\"\n",
     {":3:", "world_model.file and url are both given"}},
    {good + good, {":1:", "benchmarks.model_registry.probe a: the name is used twice"}},
    {"[federation]\nmesh_limit = 4\nactive_links = 5\n", {":3:", "federation.active_links", "mesh_limit = 4"}},
    {"[federation]\nmesh_limit = 4\n", {":2:", "federation.mesh_limit", "active_links = 8 (the default)"}},
    {"[federation]\nactive_links = 40\n", {":2:", "federation.active_links", "mesh_limit = 32 (the default)"}},
    {"[door]\nheartbeat_ms = 3000\n", {":2:", "door.heartbeat_ms", "timeout_ms = 2000 (the default)"}},
    {"[door]\nheartbeat_ms = 3000\ntimeout = 9000\n", {":3:", "door.timeout is not a known key"}},
    {"[door]\nheartbeat_ms = 300\ntimeout_ms = 400\n", {":3:", "door.timeout_ms", "heartbeat_ms = 300"}},
    {"[door]\njoin = [\"127.0.0.1:1\"]\n", {":2:", "door.join", "--door"}},
    {"[door]\nlisten = \"0.0.0.0:0\"\n", {":2:", "door.listen", "mutual TLS"}},
    {"[door]\nlisten = \"127.0.0.1:0\"\ntls = \"none\"\n", {":3:", "door.tls: none/ca.pem"}},
    {"[http]\nopen = \"read\"\n[[http.tokens]]\nrole = \"read\"\nsha256 = \"" + std::string(64, '0') + "\"\n",
     {":2:", "http.open", "beside tokens"}},
    {"[http]\nlisten = \"0.0.0.0:0\"\n", {":2:", "http.listen", "[[http.tokens]]", "insecure = true", "proxy"}},
  });
}

TEST(refused_start, a_file_of_tokens_that_says_something_wrong) {
  temporary_directory temp;
  auto tokens = put_file(temp.path() / "tokens.toml", "\n[[tokens]]\nrole = \"boss\"\n").string();
  auto config = "[http]\ntokens_file = \"" + tokens + "\"\n";
  expect_refused({.directory = temp.path(), .config = config}, wrong_configuration,
                 {tokens + ":3: tokens.role", "\"boss\""});
  put_file(tokens, "[[token]]\n");
  expect_refused({.directory = temp.path(), .config = config}, wrong_configuration, {tokens + ":1: token "});
}

TEST(refused_start, a_wrong_command_line) {
  temporary_directory temp;
  auto expect_usage = [&](std::vector<std::string> arguments, const std::string& named) {
    SCOPED_TRACE(named);
    expect_refused({.directory = temp.path(), .http = "", .arguments = std::move(arguments)}, wrong_configuration,
                   {named});
  };
  expect_usage({"--colour", "red"}, "--colour");
  expect_usage({"--http", "127.0.0.1"}, "127.0.0.1");
  expect_usage({"--http", "127.0.0.1:65536"}, "65536");
  expect_usage({"--config", (temp.path() / "nowhere.toml").string()}, "nowhere.toml");
  expect_usage({"--config", temp.path().string()}, temp.path().string() + ": is a directory");
  expect_usage({"--name", std::string(65, 'n')}, "--name must start");
  expect_usage({"--log-level", "loud"}, "--log-level must be trace");
  expect_usage({"--http", "0.0.0.0:0"}, "--http: 0.0.0.0:0 can be reached by other machines");
  expect_usage({"--http", "node7:7420"}, "--http: node7 is neither an IP address");
  for (const char* option : {"--config", "--http", "--door", "--join", "--tls", "--name", "--log-level"})
    expect_usage({option, ""}, std::string{option} + ": must not be empty");
  EXPECT_FALSE(fs::exists(temp.path() / "data"));
}

TEST(refused_start, an_empty_data_directory_is_none) {
  temporary_directory temp;
  // An unset shell variable: the node must not take ./hive-data instead.
  expect_refused({.directory = temp.path(), .wrapper = {"/bin/sh", "-c", "exec \"$0\" --data \"$none\""}},
                 wrong_configuration, {"--data: must not be empty"});
}

// -- corrupt stores ------------------------------------------------------------

/// A store with some snapshots, whose node is not running.
class corrupt_store : public testing::Test {
protected:
  void SetUp() override {
    hived_process node{{.directory = temp.path()}};
    node.await_ready();
    for (int i = 0; i < versions; ++i)
      bodies.push_back(
        node.put(path_of(i), R"({"metrics":{"m":{"direction":"lower","value":1,"samples":[1)" + samples + "]}}}").body);
    node.kill();
  }

  static std::string path_of(int version) {
    return snapshots + "/v" + std::to_string(version);
  }

  /// Starts and stops the node, so that the content of its log moves to table files.
  void write_out_log() {
    hived_process node{{.directory = temp.path()}};
    node.await_ready();
    node.send(SIGTERM);
    ASSERT_EQ(node.await_end(), (process_end{0, 0}));
  }

  /// The largest file of the store whose name begins and ends like this.
  fs::path find(std::string_view begin, std::string_view end) const {
    fs::path out;
    for (const auto& entry : fs::directory_iterator{store}) {
      auto name = entry.path().filename().string();
      if (name.starts_with(begin) && name.ends_with(end) && (out.empty() || fs::file_size(out) < entry.file_size()))
        out = entry.path();
    }
    if (out.empty())
      throw std::runtime_error("the store has no file " + std::string{begin} + "*" + std::string{end});
    return out;
  }

  static void flip(const fs::path& file, size_t offset, size_t count) {
    auto bytes = file_text(file);
    for (size_t i = offset; i < std::min(offset + count, bytes.size()); ++i)
      bytes[i] = static_cast<char>(~bytes[i]);
    put_file(file, bytes);
  }

  void expect_damage_named(const std::string& name) {
    expect_refused({.directory = temp.path()}, failed, {"damaged", name});
  }

  /// Checks that a node over the damaged store answers either with the original snapshot or that it cannot be read.
  /// Returns how many could not be read.
  static size_t expect_no_lie(const hived_process& node, const std::vector<std::string>& bodies) {
    size_t unreadable = 0;
    for (int i = 0; i < versions; ++i) {
      auto answer = node.get(path_of(i));
      if (answer.status == 200) {
        EXPECT_EQ(answer.body, bodies[static_cast<size_t>(i)]);
        continue;
      }
      ++unreadable;
      EXPECT_EQ(answer.status, 500) << answer.body;
      EXPECT_THAT(answer.body, HasSubstr("\"code\":\"corrupt\""));
    }
    return unreadable;
  }

  static constexpr int versions = 8;
  temporary_directory temp;
  fs::path store = temp.path() / "data" / "store";
  std::string samples = [] {
    std::string out;
    for (int i = 0; i < 1'000; ++i)
      out += i % 2 == 0 ? ",0." + std::to_string(1'000 + i) : ",1." + std::to_string(9'001 - i); // their mean is 1
    return out;
  }();
  std::vector<std::string> bodies;
};

TEST_F(corrupt_store, a_log_damaged_in_its_middle) {
  auto log = find("", ".log");
  flip(log, fs::file_size(log) / 2, 8);
  expect_damage_named("store");
}

TEST_F(corrupt_store, a_log_whose_last_write_a_crash_tore_loses_nothing_else) {
  auto log = find("", ".log");
  // The beginning of a record that claims to be longer than the file.
  put_file(log, file_text(log) + std::string{"\x01\x02\x03\x04\x80\x00\x01torn", 11});
  hived_process node{{.directory = temp.path()}};
  EXPECT_EQ(expect_no_lie(node.await_ready(), bodies), 0u);
}

TEST_F(corrupt_store, a_missing_current) {
  for (bool written_out : {false, true}) {
    if (written_out)
      write_out_log();
    auto content = file_text(store / "CURRENT");
    fs::remove(store / "CURRENT");
    expect_damage_named("CURRENT");
    put_file(store / "CURRENT", content);
  }
  hived_process node{{.directory = temp.path()}};
  EXPECT_EQ(expect_no_lie(node.await_ready(), bodies), 0u) << "a refused start changed the store";
}

TEST_F(corrupt_store, a_current_that_names_no_manifest) {
  for (const char* content : {"", "MANIFEST-999999\n", "nonsense"}) {
    put_file(store / "CURRENT", content);
    expect_refused({.directory = temp.path()}, failed, {store.string()});
  }
}

TEST_F(corrupt_store, a_damaged_manifest) {
  write_out_log();
  auto manifest = find("MANIFEST-", "");
  auto content = file_text(manifest);
  for (size_t keep : {size_t{0}, content.size() / 2}) {
    put_file(manifest, content.substr(0, keep));
    expect_refused({.directory = temp.path()}, failed, {store.string()});
  }
  put_file(manifest, content);
  flip(manifest, content.size() / 2, 8);
  expect_refused({.directory = temp.path()}, failed, {store.string()});
  put_file(manifest, content);
  hived_process node{{.directory = temp.path()}};
  EXPECT_EQ(expect_no_lie(node.await_ready(), bodies), 0u) << "a refused start changed the store";
}

TEST_F(corrupt_store, a_missing_or_cut_table) {
  write_out_log();
  auto table = find("", ".sst");
  auto content = file_text(table);
  put_file(table, content.substr(0, content.size() / 2));
  expect_damage_named(table.filename().string());
  fs::remove(table);
  expect_damage_named(table.filename().string());
}

TEST_F(corrupt_store, a_flipped_byte_in_a_table) {
  write_out_log();
  auto table = find("", ".sst");
  auto content = file_text(table);
  constexpr size_t places = 12;
  for (size_t i = 0; i < places; ++i) {
    auto at = content.size() * i / places;
    SCOPED_TRACE("byte " + std::to_string(at) + " of " + table.string());
    put_file(table, content);
    flip(table, at, 1);
    expect_damage_named(table.filename().string());
  }
}

} // namespace
} // namespace hive::cluster
