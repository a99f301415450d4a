#include "messages/node.capnp.h"
#include "platform/http_client.hpp"
#include "platform/socket.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Processes started with fewer resources than usual: without standard descriptors, or with little memory.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

const std::string body = R"({"metrics":{"m":{"value":1,"direction":"lower"}}})";

/// Runs the program without those of the descriptors 0 to 2 whose bits are set in `closed`.
std::vector<std::string> without_descriptors(unsigned closed) {
  std::string script = R"(exec "$0" "$@")";
  for (unsigned fd = 0; fd < 3; ++fd)
    if (closed & (1U << fd))
      script += " " + std::to_string(fd) + (fd == 0 ? "<&-" : ">&-");
  return {"/bin/sh", "-c", script};
}

/// A port that is free now. The node cannot choose one, because its output, which would name it, cannot be read.
std::string free_endpoint() {
  auto socket = listen_socket({"127.0.0.1", 0});
  if (!socket)
    throw std::runtime_error(text_of(socket.error()));
  return socket->at.text();
}

int status_of(const std::string& method, const std::string& url, const std::string& content = {}) {
  http::outgoing_request request;
  request.method = method;
  request.url = url;
  request.body = content;
  request.headers = {"Content-Type: application/json"};
  auto answer = http::fetch(request);
  return answer ? answer->status : 0;
}

bool holds_log_lines(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    if (entry.is_regular_file() && file_text(entry.path()).find("Stopping on signal") != std::string::npos)
      return true;
  return false;
}

TEST(standard_descriptors, a_node_without_any_of_them_writes_into_nothing_else) {
  for (unsigned closed = 0; closed < 8; ++closed) {
    SCOPED_TRACE("closed: " + std::to_string(closed));
    temporary_directory temp;
    auto at = free_endpoint();
    hived_process node{{.directory = temp.path(),
                        .http = at,
                        .wrapper = without_descriptors(closed),
                        .arguments = {"--door", "127.0.0.1:0", "--log-level", "debug"}}};
    ASSERT_TRUE(wait_until([&] { return status_of("GET", "http://" + at + "/readyz") == 200; }, 20ms));
    for (unsigned fd = 0; fd < 3; ++fd)
      if (closed & (1U << fd)) {
        EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(node.pid()) + "/fd/" + std::to_string(fd)), "/dev/null");
      }
    EXPECT_EQ(status_of("PUT", "http://" + at + "/api/v1/snapshots/v", body), 200);
    node.send(SIGTERM);
    EXPECT_EQ(node.await_end(), (process_end{0, 0}));
    EXPECT_FALSE(holds_log_lines(temp.path() / "data"));
    hived_process again{{.directory = temp.path()}};
    again.await_ready();
    EXPECT_EQ(again.get("/api/v1/snapshots/v").status, 200);
  }
}

TEST(standard_descriptors, hivectl_says_by_its_status_that_it_could_not_print) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  for (unsigned closed = 0; closed < 8; ++closed) {
    SCOPED_TRACE("closed: " + std::to_string(closed));
    fs::create_directories(temp.path() / "hivectl");
    auto wrapper = without_descriptors(closed);
    auto command = wrapper[2];
    command.replace(command.find("\"$0\" \"$@\""), 9,
                    "'" HIVECTL_FILE "' --url http://" + node.endpoint() + " node status");
    hived_process hivectl{{.directory = temp.path() / "hivectl", .wrapper = {"/bin/sh", "-c", command}}};
    auto end = hivectl.await_end();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->signal, 0);
    EXPECT_EQ(end->status == 0, !(closed & 2U)) << end->status << hivectl.log();
  }
  EXPECT_EQ(node.get("/readyz").status, 200);
}

TEST(memory_limit, a_node_that_gets_too_little_ends_with_a_line) {
  if (!memory_is_the_nodes_own)
    GTEST_SKIP() << "a sanitizer needs terabytes of addresses";
  size_t ended = 0, started = 0;
  // Little by little where threads and the allocator get less than they need.
  for (int mib = 80; mib <= 1'600; mib += mib < 200 ? 4 : 100) {
    SCOPED_TRACE(std::to_string(mib) + " MiB");
    temporary_directory temp;
    hived_process node{
      {.directory = temp.path(),
       .wrapper = {"/bin/sh", "-c", "ulimit -v " + std::to_string(mib * 1024) + R"( && exec "$0" "$@")"}}};
    if (node.becomes_ready()) {
      ++started;
      continue;
    }
    auto end = node.await_end();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->signal, 0) << node.log();
    constexpr int not_loaded = 127; // the loader has no room for the libraries and reports that
    if (end->status == not_loaded)
      continue;
    ++ended;
    EXPECT_EQ(end->status, failed) << node.log();
    EXPECT_THAT(node.log(), AnyOf(HasSubstr("hived ends: "), HasSubstr("Startup failed: "))) << node.log();
  }
  std::printf("%zu limits with which it ended, %zu with which it started\n", ended, started);
}

} // namespace
} // namespace hive::cluster
