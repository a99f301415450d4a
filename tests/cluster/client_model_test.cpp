#include "tests/cluster/http_node.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <random>
#include <thread>

// Random clients of a real node: some tidy, some slow, some broken, some malicious. An honest client must be answered
// throughout, and nothing of the others may remain when they have gone.

namespace hive::cluster {
namespace {

constexpr size_t clients = 8;
/// Growth beyond this is memory that never comes back: the allocator's own cache was filled long before.
constexpr size_t allowed_growth_mib = 8;

/// How long a client waits when it expects no answer, and when it expects one.
constexpr auto hasty = 20ms;
constexpr auto sure = 60s;

/// Opens one connection after another and behaves differently on each.
class random_client {
public:
  random_client(uint16_t port, uint32_t seed) : port_{port}, random_{seed} {
  }

  void connect_once() {
    raw_connection connection{port_};
    connection.set_patience(hasty);
    static constexpr void (random_client::*behaviours[])(raw_connection&) = {
      &random_client::pipeline,         &random_client::send_half,       &random_client::reset,
      &random_client::write_slowly,     &random_client::read_slowly,     &random_client::send_garbage,
      &random_client::close_half_early, &random_client::expect_continue, &random_client::send_chunks,
      &random_client::stay_idle};
    (this->*behaviours[pick(std::size(behaviours))])(connection);
    if (pick(4) == 0)
      connection.reset_at_close();
  }

private:
  size_t pick(size_t below) {
    return random_() % below;
  }

  std::string question() {
    static const char* const paths[] = {"/healthz",
                                        "/readyz",
                                        "/metrics",
                                        "/openapi.json",
                                        "/nowhere",
                                        "/api/v1/snapshots/v1",
                                        "/api/v1/snapshots?limit=5",
                                        "/api/v1/tools/route?task_type=t",
                                        "/api/v1/upgrades/check?old=v1&new=v1",
                                        "/api/v1/events?since=0"};
    static const char* const verbs[] = {"GET", "GET", "GET", "HEAD", "OPTIONS", "DELETE", "BREW"};
    return std::string{verbs[pick(std::size(verbs))]} + " " + paths[pick(std::size(paths))] +
           (pick(8) == 0 ? " HTTP/1.0" : " HTTP/1.1") + "\r\nHost: localhost\r\n\r\n";
  }

  /// An invalid record: valid ones would fill the store.
  std::string record() {
    std::string body = R"({"task_type":"","tool_name":")" + std::string(pick(2'000), 'x') + "\"}";
    return "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::string request() {
    return pick(3) == 0 ? record() : question();
  }

  std::string requests() {
    std::string out;
    for (size_t i = 1 + pick(12); i > 0; --i)
      out += request();
    return out;
  }

  void pipeline(raw_connection& connection) {
    connection.send(requests() + "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    for (size_t reads = 0; reads < 50 && !connection.read_some(65'536).empty(); ++reads) // an event stream has no end
      if (pick(20) == 0)
        return;
  }

  void send_half(raw_connection& connection) {
    auto bytes = requests();
    connection.send(bytes.substr(0, pick(bytes.size())));
  }

  void reset(raw_connection& connection) {
    connection.send(requests());
    if (pick(2) == 0)
      connection.read_some(1 + pick(1'000));
    connection.reset_at_close();
  }

  void write_slowly(raw_connection& connection) {
    auto bytes = record();
    bytes.resize(std::min<size_t>(bytes.size(), 200));
    for (char c : bytes) {
      if (!connection.send({&c, 1}))
        return;
      if (pick(20) == 0)
        std::this_thread::sleep_for(1ms);
    }
  }

  void read_slowly(raw_connection& connection) {
    connection.send("GET /api/v1/snapshots/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (size_t reads = pick(20); reads > 0; --reads) {
      connection.read_some(1 + pick(100'000));
      std::this_thread::sleep_for(std::chrono::milliseconds{pick(4)});
    }
  }

  void send_garbage(raw_connection& connection) {
    auto bytes = requests();
    for (size_t changes = 1 + pick(20); changes > 0; --changes)
      bytes[pick(bytes.size())] = static_cast<char>(random_());
    connection.send(bytes);
    if (pick(2) == 0)
      connection.close_half();
    connection.set_patience(50ms);
    connection.read_some(65'536);
  }

  void close_half_early(raw_connection& connection) {
    connection.set_patience(sure);
    connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + record());
    connection.close_half();
    EXPECT_NE(connection.read_all().find("200 OK"), std::string::npos);
  }

  void expect_continue(raw_connection& connection) {
    connection.set_patience(sure);
    auto bytes = record();
    auto end = bytes.find("\r\n\r\n");
    connection.send(bytes.substr(0, end) + "\r\nExpect: 100-continue\r\n\r\n");
    if (pick(3) == 0)
      return;
    auto told = connection.read_until("\r\n\r\n");
    EXPECT_EQ(told, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(bytes.substr(end + 4));
    EXPECT_NE(connection.read_until("}").find("400 Bad Request"), std::string::npos);
  }

  void send_chunks(raw_connection& connection) {
    connection.set_patience(sure);
    connection.send("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t chunks = pick(10); chunks > 0; --chunks)
      connection.send("5\r\n\"abc\"\r\n");
    if (pick(3) == 0)
      return;
    connection.send("0\r\nX-Trailer: 1\r\n\r\n");
    EXPECT_NE(connection.read_until("}").find("400 Bad Request"), std::string::npos);
  }

  void stay_idle(raw_connection&) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pick(20)});
  }

  uint16_t port_;
  std::mt19937 random_;
};

/// Sends queries and records as a tidy client does, each over a new connection.
class honest_client {
public:
  explicit honest_client(const hived_process& node) : node_{node} {
  }

  void run(const std::atomic<bool>& stop) {
    for (; !stop; ++asked) {
      auto answer = asked % 20 == 0 ? node_.post("/api/v1/tasks", task_record(asked)) : node_.get("/healthz");
      if (answer.status == (asked % 20 == 0 ? 201 : 200))
        ++answered;
      else
        ADD_FAILURE() << "an honest request got " << answer.status << ": " << answer.body;
      std::this_thread::sleep_for(5ms);
    }
  }

  size_t asked = 0;
  size_t answered = 0;

private:
  const hived_process& node_;
};

class client_model : public testing::Test {
protected:
  client_model() {
    node_.await_ready();
    EXPECT_EQ(node_.put("/api/v1/snapshots/v1", large_snapshot(10)).status, 200);
  }

  /// Opens this many connections, eight at a time.
  void run(uint32_t seed, size_t connections) {
    std::atomic<size_t> left = connections;
    std::atomic<bool> stop = false;
    honest_client honest{node_};
    std::thread honest_thread{[&] { honest.run(stop); }};
    std::vector<std::thread> threads;
    for (uint32_t id = 0; id < clients; ++id)
      threads.emplace_back([&, id] {
        random_client client{port_of(node_), seed * uint32_t{clients} + id};
        while (left.fetch_sub(1) - 1 < connections)
          client.connect_once();
      });
    for (auto& thread : threads)
      thread.join();
    stop = true;
    honest_thread.join();
    EXPECT_EQ(honest.answered, honest.asked);
    asked_ += honest.asked;
    EXPECT_TRUE(wait_until([&] { return is_quiet(node_); })) << node_.get("/metrics").body;
  }

  /// Resident memory after the node has returned what large answers took, as it does after each of them.
  size_t settled_memory() {
    EXPECT_EQ(node_.get("/api/v1/snapshots/v1").status, 200);
    std::this_thread::sleep_for(500ms);
    return node_.memory_mib("VmRSS");
  }

  temporary_directory temp_;
  hived_process node_{hived_options{.directory = temp_.path()}};
  size_t asked_ = 0;
};

TEST_F(client_model, random_clients_leave_nothing_behind_and_an_honest_one_is_answered) {
  HIVE_RANDOM_SEED(first);
  const size_t seeds = is_soak() ? 10 : 2;
  const size_t connections = is_soak() ? 10'000 : 300;
  std::vector<size_t> resident;
  for (uint32_t seed = first; seed != first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run(seed, connections);
    resident.push_back(settled_memory());
    std::printf("seed %u: %zu MiB resident\n", seed, resident.back());
  }
  if (memory_is_the_nodes_own) {
    EXPECT_LE(resident.back(), resident[seeds / 2 - 1] + allowed_growth_mib);
  }
  std::printf("%zu seeds from %u with %zu connections each: %zu honest requests answered, nothing open afterwards; "
              "%zu MiB resident after half of the seeds, %zu MiB after all\n",
              seeds, first, connections, asked_, resident[seeds / 2 - 1], resident.back());
}

} // namespace
} // namespace hive::cluster
