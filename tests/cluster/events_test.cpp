#include "tests/cluster/event_follower.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// Events of real nodes, as hivectl follows them.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

class events_test : public testing::Test {
protected:
  temporary_directory temp_;
};

/// Requests all events and never reads one.
class silent_reader {
public:
  explicit silent_reader(const std::string& endpoint) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    int small = 4096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.find(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request = "GET /api/v1/events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
        ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
      throw std::runtime_error("no connection with " + endpoint);
  }

  ~silent_reader() {
    ::close(socket_);
  }
  silent_reader(const silent_reader&) = delete;
  silent_reader& operator=(const silent_reader&) = delete;

private:
  int socket_;
};

TEST_F(events_test, a_killed_node_is_seen_to_go_and_to_come_back) {
  test_hive hive{temp_.path(), 3};
  event_follower events{hive.at(0), {"--since", "0", "--kind", "membership"}};
  ASSERT_TRUE(wait_until([&] { return hive.is_converged(); }));
  auto id = "\"node\":\"" + hive.at(2).node() + "\"";
  ASSERT_TRUE(events.sees({id, R"("change":"joined")"})) << events.output();
  hive.kill(2);
  ASSERT_TRUE(events.sees({id, R"("name":"node2")", R"("change":"suspected")", "reason"})) << events.output();
  ASSERT_TRUE(events.sees({id, R"("change":"stale")"})) << events.output();
  hive.restart(2);
  ASSERT_TRUE(events.sees({id, R"("change":"back")"})) << events.output();
  EXPECT_EQ(events.output().find(hive.at(1).node() + R"(","name":"node1","change":"suspected")"), std::string::npos)
    << "nobody else went";
}

TEST_F(events_test, captures_and_verdicts_are_told_and_a_restart_of_the_node_is_survived) {
  hived_options options{.directory = temp_.path()};
  auto node = std::make_unique<hived_process>(options);
  node->await_ready();
  options.http = node->endpoint();
  register_script(*node, "speed", print_metric("speed", "41.5"), temp_.path().filename().string());
  event_follower all{*node, {"--since", "0"}};
  event_follower verdicts{*node, {"--since", "0", "--kind", "verdict"}};
  for (const auto* version : {"v1", "v2"}) {
    ASSERT_EQ(node->post("/api/v1/snapshots", R"({"version":")" + std::string{version} + "\"}").status, 201);
    auto name = "\"version\":\"" + std::string{version} + "\"";
    ASSERT_TRUE(all.sees({name, R"("step":"started")"})) << all.output();
    ASSERT_TRUE(all.sees({name, R"("step":"finished")"})) << all.output();
  }
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(node->get("/api/v1/upgrades/check?old=v1&new=v2").status, 200);
  ASSERT_TRUE(all.sees({R"("old":"v1","new":"v2")", R"("verdict":"safe")"})) << all.output();
  ASSERT_TRUE(verdicts.sees({R"("old":"v1","new":"v2")"})) << verdicts.output();
  EXPECT_EQ(verdicts.output().find("capture"), std::string::npos);
  node->kill();
  node = std::make_unique<hived_process>(options);
  node->await_ready();
  ASSERT_TRUE(all.sees({R"("kind":"missed")", R"("count":0)"})) << all.output();
  ASSERT_EQ(node->put("/api/v1/snapshots/v3", R"({"version":"v3"})").status, 200);
  ASSERT_TRUE(all.sees({R"("version":"v3")", R"("step":"imported")"})) << all.output();
  ASSERT_EQ(node->get("/api/v1/upgrades/check?old=v1&new=v2").status, 200);
  ASSERT_TRUE(verdicts.sees({R"("old":"v1","new":"v2")"})) << "one on the same question that repeats is told once\n"
                                                           << verdicts.output();
}

TEST_F(events_test, readers_that_take_nothing_cost_little_memory_and_nobodys_events) {
  hived_process node{{.directory = temp_.path()}};
  node.await_ready();
  auto judge = [&](int i) {
    auto from = std::string(60, 'a') + std::to_string(i % 7);
    ASSERT_EQ(node.get("/api/v1/upgrades/check?old=" + from + "&new=b" + std::to_string(i)).status, 200);
  };
  for (int i = 0; i < 100; ++i)
    judge(i);
  auto before = node.memory_mib("VmRSS");
  std::vector<std::unique_ptr<silent_reader>> silent;
  for (int i = 0; i < 40; ++i)
    silent.push_back(std::make_unique<silent_reader>(node.endpoint()));
  event_follower reader{node};
  constexpr int last = 4'000;
  for (int i = 100; i <= last; ++i)
    judge(i);
  ASSERT_TRUE(reader.sees({"\"new\":\"b" + std::to_string(last) + "\""}));
  auto after = node.memory_mib("VmRSS");
  std::cout << "resident before " << before << " MiB, after " << after << " MiB\n";
  if (memory_is_the_nodes_own) {
    EXPECT_LT(after, before + 100);
  }
  node.send(SIGTERM);
  EXPECT_EQ(node.await_end(), (process_end{0, 0})) << "nor do they hold up its end";
}

} // namespace
} // namespace hive::cluster
