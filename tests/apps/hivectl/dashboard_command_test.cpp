#include "messages/status.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

fake_node node_that_knows() {
  return fake_node{[](const fake_request& request) -> fake_response {
    EXPECT_EQ(request.target, "/api/v1/whoami");
    return {200, R"({"role":"operate","token":"operator","open":"record"})"};
  }};
}

TEST(dashboard_command, prints_an_address_with_the_token_behind_a_hash) {
  auto node = node_that_knows();
  temporary_directory dir;
  put_file(dir.path() / "token", "se/cret+\n");
  auto result = hivectl(node.url(), {"--token-file", dir.path() / "token", "dashboard"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, node.url() + "/#token=se%2Fcret%2B\n");
  auto json = hivectl(node.url(), {"--token-file", dir.path() / "token", "dashboard", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"role\""));
}

TEST(dashboard_command, prints_an_address_without_a_token_where_there_is_none) {
  auto node = node_that_knows();
  auto result = hivectl(node.url(), {"dashboard"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, node.url() + "/\n");
}

TEST(dashboard_command, opens_a_page_that_only_its_user_can_read_and_removes_it) {
  auto node = node_that_knows();
  temporary_directory dir;
  put_file(dir.path() / "token", "secret");
  auto program = put_file(dir.path() / "bin/xdg-open",
                          "#!/bin/sh\nstat -c %a \"$1\" >$SEEN.mode\ncat \"$1\" >$SEEN\necho \"$1\" >$SEEN.path\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  auto what = hivectl_program({"--url", node.url(), "--token-file", dir.path() / "token", "dashboard", "--open"});
  what.environment.push_back("PATH=" + (dir.path() / "bin").string() + ":/usr/bin:/bin");
  what.environment.push_back("SEEN=" + (dir.path() / "seen").string());
  auto result = run_program(what);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(file_text(dir.path() / "seen"), HasSubstr("url=" + node.url() + "/#token=secret\""));
  EXPECT_EQ(file_text(dir.path() / "seen.mode"), "600\n");
  auto path = file_text(dir.path() / "seen.path");
  EXPECT_FALSE(std::filesystem::exists(path.substr(0, path.find('\n'))));
}

TEST(dashboard_command, without_a_browser_it_says_what_to_do) {
  auto node = node_that_knows();
  temporary_directory dir;
  auto what = hivectl_program({"--url", node.url(), "dashboard", "--open"});
  what.environment.push_back("PATH=" + dir.path().string());
  auto result = run_program(what);
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.err, HasSubstr("xdg-open cannot be run"));
}

TEST(dashboard_command, without_a_node_there_is_no_address) {
  EXPECT_EQ(hivectl(dead_url(), {"dashboard"}).status, 69);
}

} // namespace
} // namespace hive::test
