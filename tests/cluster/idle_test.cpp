#include "messages/gossip.capnp.h"
#include "tests/cluster/hive.hpp"
#include "tests/cluster/hive_ca.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <unistd.h>

// What an idle hive costs: real nodes with mutual TLS, in a full mesh, on one machine. HIVE_SOAK=1 uses 32 nodes and a
// minute. Does not measure the costs of a network: the loopback loses and delays nothing.
//
// Processor time is printed, not asserted; the goal is at most 1% of a core. Two counts of bytes are printed: gossip
// messages, as counted by each node, and everything sent over its sockets, as counted by the kernel. The latter adds
// heartbeats, TLS and CAF's headers, but no TCP headers.

namespace hive::cluster {
namespace {

size_t how_many() {
  return is_soak() ? 32 : 5;
}
std::chrono::seconds how_long() {
  return is_soak() ? 60s : 5s;
}

/// Processor time of the whole process, in seconds.
double processor_time(const hived_process& node) {
  std::ifstream in{"/proc/" + std::to_string(node.pid()) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::istringstream fields{text.substr(text.rfind(')') + 2)}; // the name may hold spaces
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  uint64_t user = 0, system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Bytes sent so far by all TCP connections, per process. Empty where iproute2 is missing.
std::map<pid_t, double> socket_bytes() {
  std::map<pid_t, double> out;
  std::unique_ptr<FILE, int (*)(FILE*)> ss{popen("ss -tinpOH 2>/dev/null", "r"), pclose};
  char line[4'096];
  auto number_behind = [&](const char* mark) {
    auto* at = std::strstr(line, mark);
    return at ? std::atof(at + std::strlen(mark)) : 0;
  };
  while (ss && std::fgets(line, sizeof line, ss.get()))
    out[static_cast<pid_t>(number_behind("pid="))] += number_behind("bytes_sent:");
  return out;
}

struct reading {
  double processor_s = 0;
  double gossip_bytes = 0;
  double socket_bytes = 0;
};

std::vector<reading> read_all(test_hive& hive) {
  std::vector<reading> out;
  auto sent = socket_bytes();
  for (size_t i = 0; i < hive.size(); ++i) {
    auto& node = hive.at(i);
    auto status = node.get("/api/v1/hive/status").as<wire::HiveStatus>();
    out.push_back({processor_time(node), static_cast<double>(status->getSentBytes()), sent[node.pid()]});
  }
  return out;
}

double report(const char* what, const char* unit, std::vector<double> all) {
  std::ranges::sort(all);
  double sum = 0;
  for (auto each : all)
    sum += each;
  auto mean = sum / static_cast<double>(all.size());
  auto p99 = all[static_cast<size_t>(std::ceil(0.99 * static_cast<double>(all.size()))) - 1];
  std::printf("%-22s mean %.3f, p99 over the nodes %.3f %s\n", what, mean, p99, unit);
  return p99;
}

TEST(idle, a_quiet_hive_costs_little) {
  temporary_directory temp;
  hive_ca ca{temp.path() / "ca"};
  test_hive hive{temp.path(), how_many(), "",
                 [&](size_t i, hived_options& node) { ca.secure(node, "node" + std::to_string(i)); }};
  ASSERT_TRUE(wait_until([&] {
    std::this_thread::sleep_for(500ms);
    for (size_t i = 0; i < hive.size(); ++i)
      if (hive.at(i).get("/api/v1/hive/status").as<wire::HiveStatus>()->getLinked() + 1 < hive.size())
        return false;
    return hive.is_converged();
  }));
  // Membership changes are still passed on for some rounds.
  std::this_thread::sleep_for(is_soak() ? 30s : 2s);
  auto before = read_all(hive);
  auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(how_long());
  auto after = read_all(hive);
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::vector<double> share, gossip, sockets;
  for (size_t i = 0; i < hive.size(); ++i) {
    share.push_back(100 * (after[i].processor_s - before[i].processor_s) / seconds);
    gossip.push_back((after[i].gossip_bytes - before[i].gossip_bytes) / 1e3 / seconds);
    sockets.push_back((after[i].socket_bytes - before[i].socket_bytes) / 1e3 / seconds);
  }
  std::printf("%zu nodes, %.1f s\n", hive.size(), seconds);
  report("processor", "% of a core", share);
  auto told = report("gossip sent", "KB/s", gossip);
  report("sent by the sockets", "KB/s", sockets);
  EXPECT_LE(told, 5);
}

} // namespace
} // namespace hive::cluster
