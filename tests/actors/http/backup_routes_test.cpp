#include "actors/http/backup_routes.hpp"

#include "messages/backup.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/http/fake_node.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

/// Answers from the request alone; a backup to /full fails.
backups_actor::behavior_type run_backups() {
  return {[](const msg<wire::BackupRequest>& request) -> caf::result<msg<wire::BackupMade>> {
            if (as_view(request->getTo()) == "/full")
              return fail(ec::storage_failed, "the disk of /full is full");
            return msg<wire::BackupMade>::build([&](wire::BackupMade::Builder out) {
              out.setDirectory(request->getTo());
              out.initBackup().setNumber(request->getRateMib());
            });
          },
          [](const msg<wire::BackupsQuery>& query) {
            return msg<wire::Backups>::build([&](wire::Backups::Builder out) { out.setCount(query->getLimit()); });
          }};
}

class backup_routes_test : public testing::Test {
protected:
  ~backup_routes_test() override {
    caf::anon_send_exit(backups, caf::exit_reason::kill);
  }

  test_system actors;
  backups_actor backups = actors.system().spawn(run_backups);
};

TEST_F(backup_routes_test, who_makes_a_backup_must_operate_the_node) {
  fake_node node{{}, [this](const fake_services&) { return backup_routes(backups); }};
  EXPECT_EQ(node.request("POST", "/api/v1/backups", R"({"to":"/b"})").status, 403);
  EXPECT_EQ(node.request("GET", "/api/v1/backups").status, 200);
}

TEST_F(backup_routes_test, requests_reach_the_keeper) {
  fake_node node{{.open = role::operate}, [this](const fake_services&) { return backup_routes(backups); }};
  auto made = node.request("POST", "/api/v1/backups", R"({"to":"/b","rate_mib":7})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr(R"("number":7)"));
  EXPECT_THAT(made.body, HasSubstr(R"("directory":"/b")"));
  EXPECT_EQ(node.request("POST", "/api/v1/backups", "{}").status, 201);
  auto failed = node.request("POST", "/api/v1/backups", R"({"to":"/full"})");
  EXPECT_EQ(failed.status, 507);
  EXPECT_THAT(failed.body, HasSubstr("the disk of /full is full"));
  EXPECT_THAT(node.request("GET", "/api/v1/backups?limit=3").body, HasSubstr(R"("count":3)"));
}

TEST_F(backup_routes_test, what_is_out_of_bounds_is_refused) {
  fake_node node{{.open = role::operate}, [this](const fake_services&) { return backup_routes(backups); }};
  for (const auto* body : {R"({"rate_mib":-1})", R"({"rate_mib":1048577})", R"({"into":"/b"})", "[]"})
    EXPECT_EQ(node.request("POST", "/api/v1/backups", body).status, 400) << body;
  for (const auto* query : {"limit=0", "limit=1001"})
    EXPECT_EQ(node.request("GET", std::string{"/api/v1/backups?"} + query).status, 400) << query;
}

} // namespace
} // namespace hive::http
