#include "platform/http_client.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <optional>

// Access tokens, from the configuration to the answer.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

TEST(tokens, of_the_configuration_and_of_a_file_count_together) {
  temporary_directory temp;
  // Hashes: printf %s reader | sha256sum, and the same for operator.
  auto file = put_file(temp.path() / "tokens.toml",
                       "[[tokens]]\nname = \"grafana\"\nrole = \"read\"\n"
                       "sha256 = \"3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30\"\n");
  hived_process node{{.directory = temp.path(),
                      .config = "[http]\ninsecure = true\ntokens_file = " + json_string(file.string()) +
                                "\n[[http.tokens]]\nname = \"release\"\nrole = \"operate\"\n"
                                "sha256 = \"06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23\"\n",
                      .http = "0.0.0.0:0"}};
  node.await_ready();
  EXPECT_EQ(node.get("/readyz").status, 200);
  EXPECT_EQ(node.anonymous("GET", "/api/v1/snapshots").status, 401);

  auto as = [&](const std::string& token, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--token-file", put_file(temp.path() / token, token).string()});
    return test::hivectl("http://" + node.endpoint(), std::move(arguments));
  };
  EXPECT_EQ(as("reader", {"snapshot", "list"}).status, 0);
  EXPECT_THAT(as("reader", {"snapshot", "capture", "v1"}).err, HasSubstr("token grafana has role read"));
  EXPECT_EQ(as("operator", {"snapshot", "capture", "v1"}).status, 0);
}

// -- SIGHUP --------------------------------------------------------------------

std::string entry(const std::string& name, const std::string& role, const std::string& sha256) {
  return "[[tokens]]\nname = \"" + name + "\"\nrole = \"" + role + "\"\nsha256 = \"" + sha256 + "\"\n";
}

class tokens_read_again : public testing::Test {
protected:
  void start() {
    put_file(file, reader);
    node
      .emplace(
        hived_options{.directory = temp.path(), .config = "[http]\ntokens_file = " + json_string(file.string()) + "\n"})
      .await_ready();
  }

  int status(const std::string& token) const {
    http::outgoing_request question;
    question.url = "http://" + node->endpoint() + "/api/v1/snapshots";
    question.headers = {"Authorization: Bearer " + token};
    auto answer = http::fetch(question);
    return answer ? answer->status : 0;
  }

  /// Replaces the file and waits until the node logs this about it.
  void replace(const std::string& text, const std::string& said) {
    put_file(file, text);
    auto before = count(node->log(), said);
    node->send(SIGHUP);
    ASSERT_TRUE(wait_until([&] { return count(node->log(), said) > before; })) << node->log();
  }

  static size_t count(const std::string& text, const std::string& part) {
    size_t out = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
      ++out;
    return out;
  }

  temporary_directory temp;
  std::filesystem::path file = temp.path() / "tokens.toml";
  const std::string reader =
    entry("grafana", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30");
  const std::string recorder =
    entry("engine", "record", "93384247058b5e037a16c08536d5a3b3c20453cda6571c7e016942f9f93b274f");
  std::optional<hived_process> node;
};

TEST_F(tokens_read_again, count_in_place_of_those_before) {
  start();
  EXPECT_EQ(status("reader"), 200);
  EXPECT_EQ(status("recorder"), 401);
  replace(recorder, "HTTP tokens reloaded. tokens=1 ");
  EXPECT_EQ(status("reader"), 401);
  EXPECT_EQ(status("recorder"), 200);
  replace(reader + recorder, "HTTP tokens reloaded. tokens=2 ");
  EXPECT_EQ(status("reader"), 200);
  EXPECT_EQ(node->get("/api/v1/snapshots").status, 200) << "the operator token stays";
}

TEST_F(tokens_read_again, from_a_broken_file_leave_those_before) {
  start();
  for (const auto& broken : {std::string{"[[tokens]]\nrole = \"read\""}, std::string{"not toml"}, std::string{},
                             std::string{"# no tokens any more\n"}, entry("x", "admin", std::string(64, '0'))}) {
    replace(broken, "HTTP tokens not reloaded, the previous ones stay valid: " + file.string());
    EXPECT_EQ(status("reader"), 200) << broken;
    EXPECT_EQ(node->anonymous("GET", "/api/v1/snapshots").status, 401) << broken;
  }
  std::filesystem::remove(file);
  node->send(SIGHUP);
  EXPECT_EQ(node->get("/readyz").status, 200);
  EXPECT_EQ(status("reader"), 200);
}

} // namespace
} // namespace hive::cluster
