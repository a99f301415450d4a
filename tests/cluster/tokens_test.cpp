#include "tests/apps/support/hivectl.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

// Access tokens, from the configuration to an answer.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

TEST(tokens, of_the_configuration_and_of_a_file_count_together) {
  temporary_directory temp;
  // printf %s reader | sha256sum, and the same of operator
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
  EXPECT_EQ(node.get("/api/v1/snapshots").status, 401);

  auto as = [&](const std::string& token, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--token-file", put_file(temp.path() / token, token).string()});
    return test::hivectl("http://" + node.endpoint(), std::move(arguments));
  };
  EXPECT_EQ(as("reader", {"snapshot", "list"}).status, 0);
  EXPECT_THAT(as("reader", {"snapshot", "capture", "v1"}).err, HasSubstr("token grafana has role read"));
  EXPECT_EQ(as("operator", {"snapshot", "capture", "v1"}).status, 0);
}

} // namespace
} // namespace hive::cluster
