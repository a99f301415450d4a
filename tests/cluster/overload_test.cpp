#include "actors/defaults.hpp"
#include "tests/cluster/task_load.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// More task records than a node can handle: its disk stalls while writers continue, and clients that do not
// wait for answers add to the load. The node refuses requests, keeps its memory bounded, still answers queries, and has
// every record that it acknowledged.

namespace hive::cluster {
namespace {

constexpr uint32_t overload_writers = 48;
constexpr uint32_t largest_overload_batch = 10'000;
/// Requests of clients that hang up at once; their bodies add up to many times the node's limit.
constexpr size_t abandoned_requests = 400;
constexpr size_t abandoned_bytes = size_t{4} << 20;

/// Resident memory that the node's limits allow: bodies of requests in progress, with up to four times their size for
/// the decoded content; bodies that are still arriving; records waiting for the disk, both as gathered and in the
/// database's copy during the write; memtables (those of the records, including one being flushed) and cached blocks;
/// two generations of idempotency keys; socket buffers and code.
constexpr size_t bound_mib = 6 * (defaults::max_body_bytes_in_flight >> 20) +
                             3 * (defaults::max_pending_task_bytes >> 20) + 4 * 32 + 64 + 2 * 32 + 100;

class overload : public testing::Test {
protected:
  overload() {
    for (uint32_t id = 0; id < overload_writers; ++id)
      writers_.emplace_back(id, random_(), largest_overload_batch);
    node_.await_ready();
  }

  void stall() {
    put_file(gate_, "");
  }
  void resume() {
    std::filesystem::remove(gate_);
  }

  /// Number of requests to record tasks that were answered with this status.
  size_t answered_with(int status) const {
    auto text = node_.get("/metrics").body;
    auto series = R"(hive_http_requests_total{method="POST",route="/api/v1/tasks",status=")" + std::to_string(status);
    auto begin = text.find(series);
    return begin == text.npos ? 0 : std::stoul(text.substr(text.find('}', begin) + 1));
  }

  int connect() const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<uint16_t>(std::stoul(node_.endpoint().substr(node_.endpoint().rfind(':') + 1))));
    int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return connection;
  }

  /// Whether everything was sent; false when the node closed the connection first.
  static bool send_all(int connection, std::string_view what) {
    while (!what.empty()) {
      auto count = ::send(connection, what.data(), what.size(), MSG_NOSIGNAL);
      if (count <= 0)
        return false;
      what.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  /// Whether the node has refused the request that is being sent, or closed the connection.
  static bool has_ended(int connection) {
    char byte = 0;
    auto count = ::recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || errno != EAGAIN;
  }

  /// One record in a body that is padded with blanks.
  static std::string large_body() {
    std::string body = R"({"task_type":"t","tool_name":"x","completion_time_s":1,"success":true})";
    body.append(abandoned_bytes - body.size(), ' ');
    return body;
  }

  /// Sends whole requests and hangs up without waiting for the answers.
  void send_and_hang_up() {
    auto body = large_body();
    auto request =
      "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
    for (size_t i = 0; i < abandoned_requests; ++i) {
      int connection = connect();
      send_all(connection, request);
      ::close(connection);
    }
  }

  temporary_directory temp_;
  std::string gate_ = (temp_.path() / "stalled").string();
  std::mt19937_64 random_{1};
  hived_process node_{hived_options{.directory = temp_.path(),
                                    .wrapper = {"/usr/bin/env", "LD_PRELOAD=" HIVE_STALLED_DISK_FILE,
                                                "STALLED_DISK=" + gate_, "ASAN_OPTIONS=verify_asan_link_order=0"}}};
  std::vector<task_writer> writers_;
};

TEST_F(overload, a_node_refuses_what_it_cannot_hold_and_has_what_it_acknowledged) {
  auto before = node_.memory_mib("VmRSS");
  std::atomic<bool> stop = false;
  stall();
  std::vector<std::thread> threads;
  for (auto& writer : writers_)
    threads.emplace_back([&] { writer.run(node_, stop); });
  EXPECT_TRUE(wait_until([&] { return answered_with(429) >= overload_writers; }))
    << "the node never says that it is busy";
  EXPECT_EQ(node_.get("/api/v1/tools/route?task_type=feature").status, 200) << "questions need no disk";
  auto stalled = node_.memory_mib("VmHWM");
  resume();
  std::this_thread::sleep_for(1s);
  stop = true;
  for (auto& thread : threads)
    thread.join();
  uint64_t acknowledged = 0, refusals = 0;
  for (auto& writer : writers_) {
    writer.settle(node_);
    ASSERT_TRUE(writer.surprises().empty()) << writer.surprises().front();
    acknowledged += writer.acknowledged();
    refusals += writer.refusals();
  }
  task_audit audit;
  audit.read_new(node_);
  audit.expect_kept(writers_);
  audit.expect_statistics(node_);
  EXPECT_EQ(audit.records(), acknowledged);
  EXPECT_GT(acknowledged, defaults::max_pending_tasks) << "no more than may wait was ever sent";
  auto most = node_.memory_mib("VmHWM");
  if (memory_is_the_nodes_own) {
    EXPECT_LT(most, bound_mib);
  }
  std::printf("%u writers: %llu records acknowledged and there once, %llu requests refused; memory %zu MiB before, %zu "
              "MiB while the disk stalled, %zu MiB at most; bound %zu MiB\n",
              overload_writers, static_cast<unsigned long long>(acknowledged),
              static_cast<unsigned long long>(refusals), before, stalled, most, bound_mib);
}

TEST_F(overload, bodies_that_never_end_cannot_fill_the_memory) {
  constexpr size_t clients = 200, part_bytes = 7'900'000;
  auto part =
    "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n" + std::string(part_bytes, ' ');
  std::vector<int> connections;
  for (size_t i = 0; i < clients; ++i)
    connections.push_back(connect());
  for (int connection : connections)
    send_all(connection, part);
  constexpr size_t fit = defaults::max_received_factor * defaults::max_body_bytes_in_flight / part_bytes + 1;
  size_t ended = 0;
  EXPECT_TRUE(wait_until([&] {
    ended = static_cast<size_t>(std::ranges::count_if(connections, has_ended));
    return ended >= clients - fit;
  }))
    << ended << " of " << clients;
  EXPECT_EQ(node_.post("/api/v1/tasks", task_draft{0, 0}.json()).status, 201) << "small requests go in all the while";
  auto most = node_.memory_mib("VmHWM");
  if (memory_is_the_nodes_own) {
    EXPECT_LT(most, bound_mib);
  }
  std::printf("%zu of %zu connections with unfinished bodies ended, memory %zu MiB at most\n", ended, clients, most);
  for (int connection : connections)
    ::close(connection);
  EXPECT_TRUE(wait_until([&] { return node_.post("/api/v1/tasks", large_body()).status == 201; }))
    << "there is room again";
}

TEST_F(overload, clients_that_do_not_wait_for_answers_cannot_fill_the_memory) {
  stall();
  send_and_hang_up();
  EXPECT_TRUE(wait_until([&] { return answered_with(503) > 0; })) << "every body was taken in";
  EXPECT_EQ(node_.get("/api/v1/tools/route?task_type=feature").status, 200);
  resume();
  EXPECT_TRUE(wait_until([&] { return node_.post("/api/v1/tasks", task_draft{0, 0}.json()).status == 201; }));
  auto most = node_.memory_mib("VmHWM");
  if (memory_is_the_nodes_own) {
    EXPECT_LT(most, bound_mib);
  }
  std::printf("%zu MiB sent, memory %zu MiB at most; bound %zu MiB\n", abandoned_requests * abandoned_bytes >> 20, most,
              bound_mib);
}

} // namespace
} // namespace hive::cluster
