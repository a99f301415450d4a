// Real nodes that connect to each other's doors: which ones are let in, and what happens to the links when a node dies,
// stops or comes back.

#include "actors/hive/link/hello.hpp"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/timestamp.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>
#include <csignal>
#include <gmock/gmock.h>
#include <sys/socket.h>

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// One entry of the node list.
struct seen_node {
  wire::MemberState state;
  uint64_t epoch;
  std::string name;
};

/// What a node reports about the others, by id.
std::map<std::string, seen_node> others_of(const hived_process& node) {
  std::map<std::string, seen_node> out;
  auto list = node.get("/api/v1/hive/nodes").as<wire::NodeList>();
  for (auto entry : list->getNodes())
    if (!entry.getSelf())
      out[entry.getId().cStr()] = {entry.getState(), entry.getEpoch(), entry.getName().cStr()};
  return out;
}

bool sees(const hived_process& node, const hived_process& other, wire::MemberState state = wire::MemberState::ACTIVE) {
  auto others = others_of(node);
  auto found = others.find(other.node());
  return found != others.end() && found->second.state == state;
}

std::set<std::string> linked_doors_of(const hived_process& node) {
  std::set<std::string> out;
  auto list = node.get("/api/v1/hive/nodes").as<wire::NodeList>();
  for (auto entry : list->getNodes())
    if (entry.getLinked())
      out.insert(entry.getAddress().cStr());
  return out;
}

/// Nodes in their own directories; in one variant with certificates of one CA.
class links_test : public testing::TestWithParam<bool> {
protected:
  bool tls() const {
    return GetParam();
  }

  fs::path path(const std::string& name) const {
    return folder_.path() / name;
  }

  /// The directory with a node's certificate, which the first call issues.
  std::string tls_directory(const std::string& name, const std::string& ca = "ca",
                            certificate_role role = certificate_role::node) const {
    if (!fs::exists(path(ca)) && !create_ca(path(ca), "hive", 10, now_s()))
      throw std::runtime_error("no CA");
    auto directory = path(name) / "tls";
    if (!fs::exists(directory) && !issue_into(path(ca), directory, role, name, 5, now_s()))
      throw std::runtime_error("no certificate");
    return directory.string();
  }

  hived_options options(const std::string& name, const std::vector<std::string>& join = {},
                        const std::string& door = "127.0.0.1:0") const {
    fs::create_directories(path(name));
    hived_options out{.directory = path(name)};
    out.arguments = {"--name", name, "--door", door};
    for (const auto& at : join)
      out.arguments.insert(out.arguments.end(), {"--join", at});
    if (tls())
      out.arguments.insert(out.arguments.end(), {"--tls", tls_directory(name)});
    return out;
  }

  std::unique_ptr<hived_process> start(const std::string& name, const std::vector<std::string>& join = {},
                                       const std::string& door = "127.0.0.1:0") const {
    auto out = std::make_unique<hived_process>(options(name, join, door));
    out->await_ready();
    return out;
  }

  static void expect_linked(const hived_process& a, const hived_process& b) {
    wait_until([&] { return sees(a, b) && sees(b, a); });
    EXPECT_TRUE(sees(a, b)) << a.log() << "----\n" << b.log();
    EXPECT_TRUE(sees(b, a)) << a.log() << "----\n" << b.log();
  }

  /// Also waits for the cards: a node is forgotten with its link if its card has not arrived.
  static void expect_members(const hived_process& a, const hived_process& b) {
    expect_linked(a, b);
    for (const auto* node : {&a, &b}) {
      EXPECT_TRUE(wait_until([&] { return node->get("/api/v1/hive/status").as<wire::HiveStatus>()->getKnown() == 2; }))
        << node->log();
    }
  }

  temporary_directory folder_;
};

TEST_P(links_test, two_nodes_find_each_other) {
  auto first = start("first");
  auto second = start("second", {first->door()});
  expect_linked(*first, *second);
  EXPECT_EQ(others_of(*first).at(second->node()).name, "second");
}

TEST_P(links_test, a_node_may_join_before_the_other_is_there) {
  auto probe = start("first");
  auto at = probe->door();
  probe->send(SIGTERM);
  ASSERT_EQ(probe->await_end(), (process_end{0, 0})) << probe->log();
  auto second = start("second", {at});
  auto first = start("first", {}, at);
  expect_linked(*first, *second);
}

TEST_P(links_test, three_nodes_are_all_linked) {
  auto first = start("first");
  auto second = start("second", {first->door()});
  auto third = start("third", {first->door(), second->door()});
  expect_linked(*first, *second);
  expect_linked(*first, *third);
  expect_linked(*second, *third);
}

TEST_P(links_test, a_killed_node_comes_back_in_a_new_epoch) {
  auto first = start("first");
  auto second = start("second", {first->door()});
  expect_members(*first, *second);
  auto at = second->door();
  second->kill();
  wait_until([&] { return sees(*first, *second, wire::MemberState::SUSPECT); });
  EXPECT_TRUE(sees(*first, *second, wire::MemberState::SUSPECT));

  auto again = start("second", {first->door()}, at);
  ASSERT_EQ(again->node(), second->node());
  expect_linked(*first, *again);
  EXPECT_EQ(others_of(*first).at(again->node()).epoch, 2U);
}

/// The moved node joins only one node. It finds nodes with higher ids itself; a node with a lower id must find it.
TEST_P(links_test, a_node_that_moved_is_linked_with_all_again) {
  std::vector<std::unique_ptr<hived_process>> nodes;
  std::map<std::string, std::string> names; // by id
  for (std::string name : {"first", "second", "third", "fourth"}) {
    nodes.push_back(start(name, nodes.empty() ? std::vector<std::string>{} : std::vector{nodes[0]->door()}));
    names[nodes.back()->node()] = name;
  }
  for (const auto& node : nodes)
    ASSERT_TRUE(wait_until([&] { return linked_doors_of(*node).size() == 3; })) << node->log();
  std::ranges::sort(nodes.begin() + 1, nodes.end(), {}, [](const auto& each) { return each->node(); });
  auto& moved = nodes[2];
  moved->send(SIGTERM);
  ASSERT_EQ(moved->await_end(), (process_end{0, 0})) << moved->log();
  moved = start(names[moved->node()], {nodes[0]->door()});
  for (const auto& node : nodes) {
    if (node != moved) {
      EXPECT_TRUE(wait_until([&] { return linked_doors_of(*node).contains(moved->door()); })) << node->log();
    }
  }
}

TEST_P(links_test, a_stopped_node_is_missed_and_comes_back) {
  auto first = start("first");
  auto second = start("second", {first->door()});
  expect_members(*first, *second);
  second->send(SIGSTOP);
  auto since = std::chrono::steady_clock::now();
  wait_until([&] { return sees(*first, *second, wire::MemberState::SUSPECT); });
  auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  EXPECT_TRUE(sees(*first, *second, wire::MemberState::SUSPECT)) << first->log();
  RecordProperty("missed_after_s", std::to_string(took));
  std::printf("a stopped node was missed after %.1f s\n", took);
  second->send(SIGCONT);
  expect_linked(*first, *second);
}

TEST_P(links_test, a_graceful_stop_ends_the_link) {
  auto first = start("first");
  auto second = start("second", {first->door()});
  expect_members(*first, *second);
  second->send(SIGTERM);
  EXPECT_EQ(second->await_end(), (process_end{0, 0})) << second->log();
  wait_until([&] { return sees(*first, *second, wire::MemberState::SUSPECT); });
  EXPECT_TRUE(sees(*first, *second, wire::MemberState::SUSPECT));
  first->send(SIGTERM);
  EXPECT_EQ(first->await_end(), (process_end{0, 0})) << first->log();
}

INSTANTIATE_TEST_SUITE_P(plain, links_test, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(mutual_tls, links_test, testing::Values(true));

// -- who is not let in ---------------------------------------------------------

class strangers_test : public links_test {
protected:
  void SetUp() override {
    node = start("node");
  }

  /// Attempts a handshake with the node as this stranger, and returns the error.
  caf::error knock(const std::optional<credentials>& shown, hello_versions versions = {1, 1},
                   certificate_role claimed = certificate_role::node) const {
    auto until = std::chrono::steady_clock::now() + 10s;
    auto fd = connect_socket(*endpoint::parse(node->door()), until);
    if (!fd)
      return fd.error();
    std::optional<tls_context> tls;
    if (shown)
      tls = *tls_context::make(*shown);
    auto stream = channel::open(std::move(*fd), channel_side::client, tls, until);
    if (!stream)
      return stream.error();
    auto self = sender_of(new_identity(), "stranger", claimed, versions);
    auto end = perform_handshake(
      *stream, channel_side::client, self, [](const verified_peer&) { return caf::error{}; }, until);
    return end.peer ? caf::error{} : end.peer.error();
  }

  credentials issue(const std::string& name, certificate_role role, int64_t from, int64_t to,
                    const std::string& ca = "ca") const {
    auto issuer = load_certified_key(path(ca) / "ca.pem", path(ca) / "ca-key.pem");
    auto issued = issue_certificate(*issuer, {role, name, from, to});
    if (!issued)
      throw std::runtime_error(text_of(issued.error()));
    return {{issuer->cert}, *issued, role};
  }

  void expect_refused_and_logged(const caf::error& answer, const std::vector<std::string>& logged) const {
    EXPECT_TRUE(answer);
    for (const auto& part : logged) {
      wait_until([&] { return node->log().find(part) != std::string::npos; });
      EXPECT_THAT(node->log(), HasSubstr(part));
    }
    EXPECT_GT(node->lines_with({"Refused a connection: ", "remote=127.0.0.1:"}), 0U) << node->log();
    EXPECT_EQ(others_of(*node).size(), 0U);
    auto good = start("good", {node->door()});
    expect_linked(*node, *good);
  }

  std::unique_ptr<hived_process> node;
};

TEST_P(strangers_test, another_ca) {
  tls_directory("elsewhere", "other-ca");
  auto stranger = issue("stranger", certificate_role::node, now_s() - 60, now_s() + 60, "other-ca");
  auto known = issue("any", certificate_role::node, now_s() - 60, now_s() + 60);
  stranger.trusted.push_back(known.trusted.front()); // the stranger itself would trust the node
  expect_refused_and_logged(knock(stranger), {"its certificate is refused"});
}

TEST_P(strangers_test, no_certificate) {
  expect_refused_and_logged(knock(std::nullopt), {"TLS"});
}

TEST_P(strangers_test, an_expired_certificate) {
  expect_refused_and_logged(knock(issue("late", certificate_role::node, now_s() - 120, now_s() - 60)),
                            {"certificate has expired"});
}

TEST_P(strangers_test, an_engine_that_poses_as_a_node) {
  auto engine = issue("engine7", certificate_role::engine, now_s() - 60, now_s() + 60);
  expect_refused_and_logged(knock(engine), {"poses as role node with the certificate of engine7"});
}

TEST_P(strangers_test, an_engine_is_no_member) {
  auto engine = issue("engine7", certificate_role::engine, now_s() - 60, now_s() + 60);
  auto refused = knock(engine, {1, 1}, certificate_role::engine);
  EXPECT_FALSE(refused) << text_of(refused);
  EXPECT_TRUE(wait_until([&] {
    return node->lines_with({"Engine disconnected", "engine=engine7"}) > 0;
  }))
    << node->log();
  EXPECT_EQ(others_of(*node).size(), 0U);
}

TEST_P(strangers_test, another_version_of_the_protocol) {
  auto answer = knock(issue("new", certificate_role::node, now_s() - 60, now_s() + 60), {2, 3});
  EXPECT_THAT(text_of(answer), HasSubstr("speaks version 1 of the protocol"));
  expect_refused_and_logged(answer, {"speaks versions 2 to 3", "this node speaks version 1"});
}

TEST_P(strangers_test, plain_garbage) {
  for (std::string_view bytes : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01junk that looks like TLS", "\0\0\0\0"}) {
    auto fd = connect_socket(*endpoint::parse(node->door()), std::chrono::steady_clock::now() + 10s);
    ASSERT_TRUE(fd);
    ::send(fd->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd->get(), SHUT_WR);
    wait_for(fd->get(), 1 /* POLLIN */, std::chrono::steady_clock::now() + 10s);
  }
  expect_refused_and_logged(fail(ec::malformed, "sent"), {"TLS"});
}

TEST_P(strangers_test, plain_caf_without_our_hello) {
  struct caf_config : caf::actor_system_config {
    caf_config() {
      load<caf::io::middleman>();
    }
  };
  caf_config config;
  caf::actor_system system{config};
  auto at = endpoint::parse(node->door());
  auto remote = system.middleman().connect(at->address, at->port);
  EXPECT_FALSE(remote) << "and without a node there is none to spawn on";
  expect_refused_and_logged(fail(ec::malformed, "sent"), {"Refused a connection"});
}

INSTANTIATE_TEST_SUITE_P(mutual_tls, strangers_test, testing::Values(true));

// -- starts that are refused ---------------------------------------------------

class door_start_test : public links_test {
protected:
  void expect_no_start(std::vector<std::string> arguments, int status, const std::vector<std::string>& named) const {
    fs::create_directories(path("n"));
    hived_process node{{.directory = path("n"), .arguments = std::move(arguments)}};
    EXPECT_EQ(node.await_end(), (process_end{status, 0})) << node.log();
    EXPECT_EQ(node.output(), "");
    for (const auto& part : named)
      EXPECT_THAT(node.log(), HasSubstr(part));
  }
};

TEST_P(door_start_test, on_other_machines_addresses_only_with_tls) {
  expect_no_start({"--door", "0.0.0.0:0"}, wrong_configuration, {"0.0.0.0:0", "mutual TLS"});
  expect_no_start({"--door", "127.0.0.1:0", "--join", "10.0.0.1:7421"}, wrong_configuration,
                  {"10.0.0.1:7421", "mutual TLS"});
  expect_no_start({"--join", "127.0.0.1:7421"}, wrong_configuration, {"--door"});
  expect_no_start({"--door", "nowhere"}, wrong_configuration, {"--door must be ADDRESS:PORT"});
}

TEST_P(door_start_test, with_wrong_certificates_names_the_file) {
  expect_no_start({"--door", "127.0.0.1:0", "--tls", path("none").string()}, wrong_configuration,
                  {path("none/ca.pem").string(), "is missing"});
  auto engine = tls_directory("engine", "ca", certificate_role::engine);
  expect_no_start({"--door", "127.0.0.1:0", "--tls", engine}, wrong_configuration,
                  {engine + "/cert.pem", "role engine"});
  auto node = tls_directory("node"), stranger = tls_directory("stranger", "other-ca");
  put_file(node + "/ca.pem", file_text(stranger + "/ca.pem"));
  expect_no_start({"--door", "127.0.0.1:0", "--tls", node}, wrong_configuration,
                  {node + "/cert.pem", node + "/ca.pem"});
}

TEST_P(door_start_test, configuration_is_strict) {
  for (const auto& [text, named] :
       std::vector<std::pair<std::string, std::string>>{{"[door]\nlisten = \"7421\"", "door.listen"},
                                                        {"[door]\njoin = [\"a\"]", "door.join"},
                                                        {"[door]\nheartbeat_ms = 0", "door.heartbeat_ms"},
                                                        {"[door]\nheartbeat_ms = 900\ntimeout_ms = 1000", "timeout_ms"},
                                                        {"[door]\nknock = 1", "door.knock"},
                                                        {"[node]\ntier = \"royal\"", "node.tier"},
                                                        {"[node]\nlabels = [\"a b\"]", "node.labels"}}) {
    fs::create_directories(path("n"));
    hived_process node{{.directory = path("n"), .config = text}};
    EXPECT_EQ(node.await_end(), (process_end{wrong_configuration, 0})) << text;
    EXPECT_THAT(node.log(), HasSubstr(named)) << text;
  }
}

TEST_P(door_start_test, a_node_without_a_door_knows_itself) {
  hived_process node{{.directory = folder_.path(), .arguments = {"--name", "alone"}}};
  node.await_ready();
  EXPECT_EQ(node.door(), "off");
  auto list = node.get("/api/v1/hive/nodes").as<wire::NodeList>();
  ASSERT_EQ(list->getNodes().size(), 1U);
  auto self = list->getNodes()[0];
  EXPECT_TRUE(self.getSelf());
  EXPECT_EQ(self.getName(), "alone");
  EXPECT_TRUE(self.getSameRoot()) << "it holds what it holds";
  EXPECT_EQ(self.getId(), node.node().c_str());
}

INSTANTIATE_TEST_SUITE_P(any_node, door_start_test, testing::Values(false));

} // namespace
} // namespace hive::cluster
