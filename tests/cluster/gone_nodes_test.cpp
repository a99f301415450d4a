#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "tests/cluster/engine_hive.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/paths.hpp"
#include "tests/support/dead_end.hpp"
#include "tests/support/files.hpp"
#include "tests/support/key_kinds.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Real nodes, some of which are gone for good, came back under another identity, or have certificates that expire.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t day_s = 86'400;

int64_t now_s() {
  return now_unix_micros() / 1'000'000;
}

/// What a node shows about another one; state "" when it does not know that one.
struct known_node {
  std::string state;
  std::string reason;
};

std::map<std::string, known_node> known_to(const hived_process& node) {
  static constexpr const char* names[] = {"active", "suspect", "stale", "dead", "quarantined"};
  std::map<std::string, known_node> out;
  auto list = node.get("/api/v1/hive/nodes").as<wire::NodeList>();
  for (auto each : list->getNodes())
    if (!each.getSelf())
      out[each.getId().cStr()] = {names[static_cast<size_t>(each.getState())], each.getReason().cStr()};
  return out;
}

std::string state_of(const hived_process& by, const std::string& id) {
  return known_to(by)[id].state;
}

msg<wire::HiveStatus> status_of(const hived_process& node) {
  return node.get("/api/v1/hive/status").as<wire::HiveStatus>();
}

/// Like wait_until, but checks less often, because each check queries several nodes.
template <class Condition>
bool eventually(Condition&& condition) {
  return wait_until(condition, 100ms);
}

/// Nodes whose directory, door and certificate are chosen separately, because each may outlive the others.
class gone_nodes_test : public engine_hive {
protected:
  /// Keeps the data in `data`, so that a new data directory can be combined with the same certificate.
  hived_options node(const std::string& name, const std::vector<const hived_process*>& join = {},
                     const std::string& door = "127.0.0.1:0", const std::string& data = {}) const {
    auto out = options(name, allow_shell, door);
    if (!data.empty()) {
      out.directory = path(data);
      fs::create_directories(out.directory);
    }
    for (const auto* each : join)
      out.arguments.insert(out.arguments.end(), {"--join", each->door()});
    return out;
  }

  static bool are_linked(const hived_process& a, const hived_process& b) {
    return state_of(a, b.node()) == "active" && state_of(b, a.node()) == "active";
  }

  static bool agree(const hived_process& a, const hived_process& b) {
    return status_of(a)->getRoot() == status_of(b)->getRoot();
  }

  static bool has_logged(const hived_process& node, const std::string& what) {
    return node.log().find(what) != std::string::npos;
  }

  /// Writes the CA's certificate, and a node certificate valid until `until` with its key, which is of this kind.
  void write_tls(const std::string& directory, const certified_key& ca, const std::string& kind, int64_t until) const {
    auto made = issue_certificate(ca, {certificate_role::node, "n", now_s() - 60, until}, key_of_kind(kind));
    ASSERT_TRUE(made) << text_of(made.error());
    put_file(path(directory) / "ca.pem", ca.cert.pem());
    put_file(path(directory) / "cert.pem", made->cert.pem());
    put_file(path(directory) / "key.pem", made->key.pem());
    fs::permissions(path(directory) / "key.pem", fs::perms::owner_read | fs::perms::owner_write);
  }

  hived_options with_tls(const std::string& name, const std::string& tls,
                         const std::vector<const hived_process*>& join = {}) const {
    fs::create_directories(path(name));
    hived_options out{.directory = path(name), .config = allow_shell};
    out.arguments = {"--name", name, "--door", "127.0.0.1:0", "--tls", path(tls).string()};
    for (const auto* each : join)
      out.arguments.insert(out.arguments.end(), {"--join", each->door()});
    return out;
  }
};

// -- belief ------------------------------------------------------------------------

TEST_F(gone_nodes_test, nobody_believes_after_a_restart_that_one_lives_that_is_gone) {
  auto a = start(node("a"));
  auto b = start(node("b", {a.get()}));
  auto c = start(node("c", {a.get(), b.get()}));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *c) && are_linked(*b, *c) && are_linked(*a, *b); }));
  ASSERT_TRUE(eventually([&] { return agree(*a, *b) && agree(*b, *c); }));
  auto gone = c->node();
  c->kill();
  ASSERT_TRUE(eventually([&] { return state_of(*a, gone) == "stale" && state_of(*b, gone) == "stale"; }));
  auto at_a = a->door(), at_b = b->door();
  for (auto* each : {a.get(), b.get()})
    each->send(SIGTERM);
  for (auto* each : {a.get(), b.get()})
    ASSERT_EQ(each->await_end(), (process_end{0, 0})) << each->log();
  a = start(node("a", {b.get()}, at_a));
  b = start(node("b", {a.get()}, at_b));

  std::set<std::string> seen;
  auto look = [&] {
    for (auto* each : {a.get(), b.get()})
      seen.insert(state_of(*each, gone));
  };
  ASSERT_TRUE(eventually([&] { return look(), are_linked(*a, *b); })) << a->log();
  EXPECT_THAT(known_to(*a)[gone].reason, Not(testing::IsEmpty()));
  auto engine = connect(*a);
  // Just after a node's start its tickets are refused for a moment, since they may have been used before.
  std::vector<spawned_actor<adapter_actor>> spawned;
  EXPECT_TRUE(eventually([&] {
    look();
    auto next = engine.spawn(echo_metric(1), spawn_place::best());
    EXPECT_TRUE(next || text_of(next.error()).find("has started again") != std::string::npos) << text_of(next.error());
    if (next)
      spawned.push_back(std::move(*next));
    return spawned.size() == 2; // the engine's quota on a node is 3
  }));
  EXPECT_TRUE(eventually([&] { return look(), state_of(*a, gone) == "stale" && state_of(*b, gone) == "stale"; }));
  EXPECT_FALSE(seen.contains("active"));

  c = start(node("c", {a.get(), b.get()}));
  ASSERT_EQ(c->node(), gone);
  EXPECT_TRUE(eventually([&] { return are_linked(*a, *c) && are_linked(*b, *c); })) << c->log();
}

// -- one node for each certificate -------------------------------------------------

/// Like a container without a volume: each start is another node with the same certificate.
TEST_F(gone_nodes_test, each_start_without_its_data_replaces_the_one_before) {
  auto a = start(node("a"));
  auto b = start(node("b", {a.get()}));
  std::set<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    auto c = start(node("c", {a.get(), b.get()}, "127.0.0.1:0", "run" + std::to_string(i)));
    EXPECT_TRUE(ids.insert(c->node()).second);
    record(*c, "porting", "ruff", 6, 2);
    ASSERT_TRUE(eventually([&] { return are_linked(*a, *c) && are_linked(*b, *c); })) << a->log() << c->log();
    ASSERT_TRUE(eventually([&] { return hive_samples(*a, "porting") == 8 && hive_samples(*b, "porting") == 8; }))
      << "what the one before told does not count any more: " << hive_samples(*a, "porting");
    ASSERT_TRUE(eventually([&] { return known_to(*a).size() == 2 && known_to(*b).size() == 2; }));
    EXPECT_TRUE(eventually([&] { return agree(*a, *b) && agree(*b, *c); }));
    c->kill();
  }
  // Nor does the gone node come back when others restart.
  auto at_a = a->door();
  a->kill();
  a = start(node("a", {b.get()}, at_a));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *b); }));
  EXPECT_EQ(status_of(*a)->getKnown(), 3u);
}

/// The card of the gone node is newer, because the clocks differ. The live node takes its place nevertheless.
TEST_F(gone_nodes_test, a_clock_that_is_behind_does_not_keep_a_node_out_of_its_place) {
  auto a = start(node("a"));
  auto first = start(node("c", {a.get()}));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *first) && agree(*a, *first); }));
  first->kill();
  auto behind = node("c", {a.get()}, "127.0.0.1:0", "behind");
  behind.wrapper = {"/usr/bin/env", "LD_PRELOAD=" HIVE_CLOCK_JUMP_FILE,
                    "CLOCK_JUMP=" + put_file(path("jump"), "-100").string(), "ASAN_OPTIONS=verify_asan_link_order=0"};
  auto second = start(behind);
  record(*second, "porting", "ruff", 6, 2);
  EXPECT_TRUE(eventually([&] { return hive_samples(*a, "porting") == 8; })) << a->log() << second->log();
  EXPECT_TRUE(eventually([&] { return are_linked(*a, *second) && agree(*a, *second); }));
  EXPECT_EQ(status_of(*a)->getKnown(), 2u);
  EXPECT_EQ(status_of(*second)->getCertificateTakenBy(), "");
}

TEST_F(gone_nodes_test, a_second_living_node_of_a_certificate_is_refused) {
  auto a = start(node("a"));
  auto b = start(node("b", {a.get()}));
  auto first = start(node("c", {a.get()}));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *first) && are_linked(*b, *first); }));
  auto second = start(node("c", {b.get()}, "127.0.0.1:0", "copy"));
  EXPECT_TRUE(eventually([&] { return has_logged(*second, "its certificate is in use by another node that lives"); }))
    << second->log();
  EXPECT_TRUE(eventually([&] { return has_logged(*b, "its certificate is in use by another node that lives"); }))
    << b->log();
  EXPECT_THAT(second->log(), HasSubstr(first->node()));
  EXPECT_TRUE(are_linked(*a, *first) && are_linked(*b, *first));
  EXPECT_EQ(state_of(*a, second->node()), "");
  // Once the first node is gone, the second takes its place.
  first->kill();
  EXPECT_TRUE(eventually([&] { return are_linked(*a, *second) && are_linked(*b, *second); })) << second->log();
  EXPECT_TRUE(eventually([&] { return status_of(*a)->getKnown() == 3 && agree(*a, *b) && agree(*b, *second); }));
}

/// Each side of a partition knows another node with the same certificate; then the sides meet.
TEST_F(gone_nodes_test, two_of_one_certificate_that_parts_of_the_hive_know_come_to_one) {
  auto a = start(node("a"));
  auto b = start(node("b"));
  auto older = start(node("c", {a.get()}));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *older); }));
  auto newer = start(node("c", {b.get()}, "127.0.0.1:0", "copy"));
  ASSERT_TRUE(eventually([&] { return are_linked(*b, *newer); }));
  auto bridge = start(node("d", {a.get(), b.get()}));
  ASSERT_TRUE(eventually([&] { return are_linked(*a, *b); })) << a->log() << b->log();
  EXPECT_TRUE(eventually([&] {
    return state_of(*a, newer->node()) == "active" && state_of(*a, older->node()).empty() &&
           state_of(*b, older->node()).empty();
  }))
    << a->log();
  EXPECT_TRUE(eventually([&] { return agree(*a, *b) && agree(*b, *newer) && agree(*a, *bridge); }));
  EXPECT_TRUE(eventually([&] { return has_logged(*a, "Two live nodes have one certificate"); })) << a->log();
}

// -- certificates that end ----------------------------------------------------------

TEST_F(gone_nodes_test, what_a_node_measured_stays_when_its_certificate_expires) {
  auto ca = *make_ca("hive", now_s() - day_s, now_s() + 100 * day_s);
  write_tls("a-tls", ca, "P-256", now_s() + 50 * day_s);
  write_tls("b-tls", ca, "P-256", now_s() + 40);
  write_tls("late-tls", ca, "P-256", now_s() + 5 * day_s);
  auto a = start(with_tls("a", "a-tls"));
  auto b = start(with_tls("b", "b-tls", {a.get()}));
  record(*b, "porting", "ruff", 6, 2);
  ASSERT_TRUE(eventually([&] { return hive_samples(*a, "porting") == 8 && agree(*a, *b); })) << a->log();
  EXPECT_TRUE(eventually([&] { return has_logged(*b, "This node's certificate (n) expires at"); }));
  EXPECT_THAT(a->log(), Not(HasSubstr("expires at"))) << "50 days are left";
  auto short_lived = status_of(*b);
  EXPECT_THAT(short_lived->getCertificateWarning().cStr(), HasSubstr("This node's certificate"));
  EXPECT_GT(short_lived->getCaExpires(), short_lived->getCertificateExpires());
  EXPECT_THAT(b->get("/metrics").body, HasSubstr("hive_tls_certificate_expiry_timestamp_seconds{role=\"node\"} "));
  auto expired = b->node();
  b->kill();
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(200ms);
    return now_s() * 1'000'000 > short_lived->getCertificateExpires();
  }));
  // With the expired certificate, the node cannot link.
  hived_process again{with_tls("b", "b-tls", {a.get()})};
  EXPECT_EQ(again.await_end(), (process_end{wrong_configuration, 0})) << again.log();
  EXPECT_THAT(again.log(), HasSubstr("cert.pem expired at"));
  // But a newcomer receives its records, and all nodes agree.
  auto late = start(with_tls("late", "late-tls", {a.get()}));
  EXPECT_TRUE(eventually([&] { return hive_samples(*late, "porting") == 8; })) << late->log();
  EXPECT_TRUE(eventually([&] { return agree(*a, *late); }));
  EXPECT_EQ(status_of(*late)->getRefused().size(), 0u);
  EXPECT_NE(state_of(*late, expired), "active");
  EXPECT_THAT(late->log(), HasSubstr("in 4 days")) << "a warning at the start";
}

// -- CAs and keys --------------------------------------------------------------------

TEST_F(gone_nodes_test, nodes_of_the_old_and_the_new_ca_link_while_both_are_trusted) {
  auto old_ca = *make_ca("hive", now_s() - day_s, now_s() + 100 * day_s);
  auto new_ca = *make_ca("hive", now_s() - day_s, now_s() + 100 * day_s);
  write_tls("old-tls", old_ca, "P-256", now_s() + 50 * day_s);
  write_tls("new-tls", new_ca, "ED25519", now_s() + 50 * day_s);
  put_file(path("old-tls/ca.pem"), old_ca.cert.pem() + new_ca.cert.pem());
  put_file(path("new-tls/ca.pem"), "# while the CA is replaced\n" + new_ca.cert.pem() + old_ca.cert.pem());
  auto a = start(with_tls("a", "old-tls"));
  auto b = start(with_tls("b", "new-tls", {a.get()}));
  record(*b, "porting", "ruff", 6, 2);
  EXPECT_TRUE(eventually([&] { return are_linked(*a, *b) && agree(*a, *b); })) << a->log() << b->log();
  EXPECT_TRUE(eventually([&] { return hive_samples(*a, "porting") == 8; }));
}

TEST_F(gone_nodes_test, keys_of_all_kinds_link_and_what_does_not_fit_ends_the_start) {
  auto ca = *make_ca("hive", now_s() - day_s, now_s() + 100 * day_s);
  write_tls("first-tls", ca, "P-256", now_s() + 50 * day_s);
  auto first = start(with_tls("first", "first-tls"));
  for (const auto& kind : tls_key_kinds) {
    write_tls(kind, ca, kind, now_s() + 50 * day_s);
    auto next = start(with_tls("node-" + kind, kind, {first.get()}));
    EXPECT_TRUE(eventually([&] { return are_linked(*first, *next) && agree(*first, *next); })) << kind << first->log();
  }
  write_tls("bad", ca, "secp256k1", now_s() + 50 * day_s);
  hived_process bad{with_tls("x", "bad")};
  EXPECT_EQ(bad.await_end(), (process_end{wrong_configuration, 0})) << bad.log();
  EXPECT_THAT(bad.log(), HasSubstr((path("bad") / "cert.pem").string() + ": TLS 1.3 does not take"));
}

/// A name whose first address leads nowhere, according to a hosts file that only this process sees.
TEST_F(gone_nodes_test, a_joined_name_is_reached_at_its_second_address) {
  auto a = start(node("a"));
  auto port = a->door().substr(a->door().rfind(':'));
  dead_end dead{"127.9.9.9", static_cast<uint16_t>(std::stoul(port.substr(1)))};
  put_file(path("hosts"), "127.0.0.1 localhost\n127.9.9.9 two-homes\n127.0.0.1 two-homes\n");
  auto how = node("b");
  how.arguments.insert(how.arguments.end(), {"--join", "two-homes" + port});
  how.wrapper = {"unshare", "--map-root-user",
                 "--mount", "sh",
                 "-c",      "mount --bind " + path("hosts").string() + R"( /etc/hosts && exec "$0" "$@")"};
  auto probed = how;
  probed.arguments = {"--version"};
  if (hived_process probe{probed}; probe.await_end() != process_end{0, 0})
    GTEST_SKIP() << "no mount namespace can be made here: " << probe.log();
  auto b = start(how);
  EXPECT_TRUE(eventually([&] { return are_linked(*a, *b); })) << b->log();
}

/// A name server that never answers: the system's resolver waits for many seconds and cannot be cancelled.
TEST_F(gone_nodes_test, a_node_stops_while_it_looks_up_a_name_that_nobody_answers) {
  put_file(path("resolv.conf"), "nameserver 192.0.2.1\noptions timeout:30\n");
  auto how = node("a");
  how.wrapper = {"unshare",
                 "--map-root-user",
                 "--mount",
                 "--net",
                 "sh",
                 "-c",
                 "mount --bind " + path("resolv.conf").string() + " /etc/resolv.conf && ip link set lo up && " +
                   R"(ip route add 192.0.2.1/32 dev lo && exec "$0" "$@")"};
  auto probed = how;
  probed.arguments = {"--version"};
  if (hived_process probe{probed}; probe.await_end() != process_end{0, 0})
    GTEST_SKIP() << "no network namespace can be made here: " << probe.log();
  how.arguments.insert(how.arguments.end(), {"--join", "nobody-knows.example:7421"});
  auto a = start(how);
  const auto asked = "010200C0:0035"; // 192.0.2.1, port 53
  const auto sockets = "/proc/" + std::to_string(a->pid()) + "/net/udp";
  ASSERT_TRUE(wait_until([&] { return file_text(sockets).find(asked) != std::string::npos; })) << "no look-up began";
  auto before = std::chrono::steady_clock::now();
  a->send(SIGTERM);
  EXPECT_EQ(a->await_end(), (process_end{0, 0})) << a->log();
  std::printf("stopped %.2f s after SIGTERM\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count());
}

} // namespace
} // namespace hive::cluster
