#include "apps/hivectl/token.hpp"

#include "messages/ec.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> paths(const std::string& url, const std::string& runtime = "/run/user/7",
                               const std::string& data = "/var/lib/hive") {
  std::vector<std::string> out;
  for (const auto& candidate : token_candidates(url, runtime, data))
    out.push_back(candidate.path);
  return out;
}

TEST(token, is_looked_for_where_a_node_puts_it) {
  EXPECT_THAT(paths("http://127.0.0.1:7420"),
              ElementsAre("/run/hivemark/7420.token", "/run/user/7/hivemark/7420.token", "/var/lib/hive/operator.token",
                          "./hive-data/operator.token"));
  EXPECT_THAT(paths("http://localhost:1/prefix", "", ""),
              ElementsAre("/run/hivemark/1.token", "./hive-data/operator.token"));
  EXPECT_THAT(paths("https://[::1]", "relative", ""),
              ElementsAre("/run/hivemark/443.token", "./hive-data/operator.token"));
}

TEST(token, is_for_nodes_of_this_machine_alone) {
  for (const char* url : {"http://node7:7420", "https://10.0.0.7", "http://localhost.evil.example:7420",
                          "http://localhost@evil.example", "http://evil.example/localhost",
                          "http://127.0.0.1:7420\\@evil.example", "http://0.0.0.0:7420", "ftp://localhost"})
    EXPECT_TRUE(paths(url).empty()) << url;
}

class found_token_test : public testing::Test {
protected:
  fs::path put(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    auto path = put_file(temp.path() / name, text);
    ::chmod(path.c_str(), mode);
    return path;
  }

  temporary_directory temp;
};

TEST_F(found_token_test, is_the_first_that_is_fit_for_use) {
  auto good = put("good", "secret\n");
  fs::create_symlink(good, temp.path() / "link");
  ASSERT_EQ(::mkfifo((temp.path() / "pipe").c_str(), 0600), 0);
  auto path = [&](const char* name) { return (temp.path() / name).string(); };
  auto found = find_token({{path("missing")},
                           {path("link")},
                           {path("pipe")},
                           {temp.path()},
                           {put("group", "secret", 0660)},
                           {put("world", "secret", 0602)},
                           {put("empty", " \n")},
                           {put("words", "two words")},
                           {put("long", std::string(4097, 'x'))},
                           {good},
                           {put("later", "other")}});
  EXPECT_EQ(found.token, "secret");
  ASSERT_EQ(found.looked.size(), 10u);
  EXPECT_THAT(found.looked[0], HasSubstr("(not there)"));
  EXPECT_THAT(found.looked[1], HasSubstr("symbolic link"));
  EXPECT_THAT(found.looked[4], HasSubstr("other users may write"));
  EXPECT_EQ(found.looked.back(), good.string());
  EXPECT_EQ(find_token({{put("read", "secret", 0644)}}).token, "secret") << "who may read it is the node's affair";
}

TEST_F(found_token_test, of_another_user_is_not_used_unless_root_made_their_directory) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  constexpr uid_t nobody = 65534;
  auto file = put("unit/7420.token", "secret");
  ASSERT_EQ(::chown(file.c_str(), nobody, 0), 0);
  auto found = find_token({{file, true}});
  EXPECT_EQ(found.token, "");
  EXPECT_THAT(found.looked.front(), HasSubstr("belongs to another user"));
  ASSERT_EQ(::chown(file.parent_path().c_str(), nobody, 0), 0);
  EXPECT_EQ(find_token({{file, true}}).token, "secret");
  EXPECT_EQ(find_token({{file, false}}).token, "");
}

TEST_F(found_token_test, is_sent_and_only_then) {
  test::fake_node node{[](const test::fake_request&) {
    return test::problem(403, R"({"title":"Forbidden","detail":"this needs a token","code":"forbidden"})");
  }};
  auto program = test::hivectl_program({"--url", node.url(), "benchmark", "list"});
  auto run = [&](const fs::path& data) {
    program.environment = {"LC_ALL=C.UTF-8", "HIVE_DATA=" + data.string()};
    return test::run_program(program);
  };
  auto without = run(temp.path());
  EXPECT_THAT(node.requests().back().headers, Not(HasSubstr("Authorization")));
  EXPECT_THAT(without.err, HasSubstr("this needs a token. hivectl looked for a token in /run/hivemark/"));
  EXPECT_THAT(without.err, HasSubstr((temp.path() / "operator.token").string() + " (not there)"));
  EXPECT_THAT(without.err, HasSubstr("--token-file"));
  put("operator.token", "secret\n");
  auto with = run(temp.path());
  EXPECT_THAT(node.requests().back().headers, EndsWith("\r\nAuthorization: Bearer secret"));
  EXPECT_THAT(with.err, Not(HasSubstr("looked"))) << "it was not for want of a token";
}

TEST_F(found_token_test, named_by_the_user_comes_first) {
  test::fake_node node{[](const test::fake_request&) {
    return test::problem(401, R"({"title":"Unauthorized","detail":"not known","code":"unauthorized"})");
  }};
  put("operator.token", "found\n");
  auto named = put("named", "named\n", 0666);
  auto program = test::hivectl_program({"--url", node.url(), "--token-file", named, "benchmark", "list"});
  program.environment.push_back("HIVE_DATA=" + temp.path().string());
  auto result = test::run_program(program);
  EXPECT_THAT(node.requests().back().headers, EndsWith("\r\nAuthorization: Bearer named"));
  EXPECT_THAT(result.err, HasSubstr("hivectl sent the token in " + named.string()));
}

TEST_F(found_token_test, of_a_real_node_opens_its_operate_routes) {
  test::running_node node;
  auto program = test::hivectl_program({"--url", node.url(), "benchmark", "register", "x", "--", "true"});
  auto refused = test::run_program(program);
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("lies in " + (node.data() / "operator.token").string()));
  program.environment.push_back("HIVE_DATA=" + node.data().string());
  auto done = test::run_program(program);
  EXPECT_EQ(done.status, 0) << done.err;
}

} // namespace
} // namespace hive::ctl
