#include "messages/door.capnp.h"
#include "messages/json.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/credentials.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder with a CA.
class node_certificates_test : public testing::Test {
protected:
  void SetUp() override {
    auto made = hivectl({"node", "init-ca", "--out", path("ca")});
    ASSERT_EQ(made.status, 0) << made.err;
  }

  std::string path(const std::string& name) const {
    return folder_.path() / name;
  }

  program_result issue(const std::string& role, const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"node", "issue",  "--ca",  path("ca"), "--role",
                                       role,   "--name", "node7", "--out",    path(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hivectl(arguments);
  }

  temporary_directory folder_;
};

TEST_F(node_certificates_test, issues_what_a_node_starts_with) {
  auto issued = issue("node", "tls");
  ASSERT_EQ(issued.status, 0) << issued.err;
  EXPECT_THAT(issued.out, HasSubstr(path("tls/cert.pem")));
  auto loaded = load_credentials(path("tls"), certificate_role::node, now_unix_micros() / 1'000'000);
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_EQ(loaded->own.cert.name(), "node7");
  EXPECT_FALSE(fs::exists(path("tls/ca-key.pem"))) << "the CA's key stays with the CA";
}

TEST_F(node_certificates_test, as_json_says_where_the_files_lie) {
  auto files = from_json<wire::CertificateFiles>(issue("engine", "tls", {"--json", "--days", "2"}).out);
  ASSERT_TRUE(files) << text_of(files.error());
  EXPECT_EQ((*files)->getRole(), "engine");
  EXPECT_EQ((*files)->getKeyFile(), path("tls/key.pem").c_str());
  auto left_s = ((*files)->getNotAfter() - now_unix_micros()) / 1'000'000;
  EXPECT_GT(left_s, 86'400);
  EXPECT_LE(left_s, 2 * 86'400);
}

TEST_F(node_certificates_test, replaces_nothing) {
  ASSERT_EQ(issue("node", "tls").status, 0);
  auto key = file_text(path("tls/key.pem"));
  auto again = issue("node", "tls");
  EXPECT_EQ(again.status, 65);
  EXPECT_THAT(again.err, HasSubstr(path("tls/key.pem")));
  EXPECT_EQ(file_text(path("tls/key.pem")), key);
  auto ca = hivectl({"node", "init-ca", "--out", path("ca")});
  EXPECT_EQ(ca.status, 65);
  EXPECT_THAT(ca.err, HasSubstr("ca-key.pem"));
}

TEST_F(node_certificates_test, needs_the_cas_key) {
  fs::remove(path("ca/ca-key.pem"));
  auto result = issue("node", "tls");
  EXPECT_EQ(result.status, 74);
  EXPECT_THAT(result.err, HasSubstr(path("ca/ca-key.pem")));
  EXPECT_FALSE(fs::exists(path("tls")));
}

TEST_F(node_certificates_test, ends_with64_on_wrong_usage) {
  EXPECT_EQ(issue("king", "tls").status, 64);
  EXPECT_EQ(issue("node", "tls", {"--days", "0"}).status, 64);
  EXPECT_EQ(
    hivectl({"node", "issue", "--ca", path("none"), "--role", "node", "--name", "n", "--out", path("t")}).status, 74);
  EXPECT_EQ(
    hivectl({"node", "issue", "--ca", path("ca"), "--role", "node", "--name", "a b", "--out", path("t")}).status, 64);
  EXPECT_EQ(hivectl({"node", "init-ca"}).status, 64);
}

} // namespace
} // namespace hive::test
