#include "actors/benchmark/install/install_ledger.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using state = wire::InstallState;

msg<wire::InstallBenchmark> request(const std::string& name, const std::string& commit = {}) {
  return msg<wire::InstallBenchmark>::build([&](wire::InstallBenchmark::Builder out) {
    out.setName(name);
    out.setRepoUrl("file:///srv/" + name);
    out.setCommit(commit);
  });
}

msg<wire::InstalledBenchmark> installed(const std::string& name, const std::string& commit = "c") {
  return msg<wire::InstalledBenchmark>::build([&](wire::InstalledBenchmark::Builder out) {
    out.setRequest(*request(name, commit));
    out.setCommit(commit);
  });
}

TEST(install_ledger, runs_one_install_at_a_time_in_order) {
  install_ledger ledger;
  EXPECT_FALSE(ledger.start_next());
  ASSERT_FALSE(ledger.accept(request("a"), 1));
  ASSERT_FALSE(ledger.accept(request("b"), 2));
  auto first = ledger.start_next();
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->getName(), "a");
  EXPECT_FALSE(ledger.start_next());
  ledger.enter("a", state::FETCHING, "fetches");
  ledger.enter("b", state::BUILDING, "not its turn");
  EXPECT_EQ((*ledger.describe("a"))->getState(), state::FETCHING);
  EXPECT_EQ((*ledger.describe("b"))->getState(), state::WAITING);
  ledger.finish("a", installed("a"));
  EXPECT_EQ((*ledger.start_next())->getName(), "b");
}

TEST(install_ledger, refuses_a_second_install_of_a_name_while_one_is_open) {
  install_ledger ledger;
  ASSERT_FALSE(ledger.accept(request("a"), 1));
  EXPECT_EQ(code_of(ledger.accept(request("a"), 2)), ec::busy);
  ledger.start_next();
  EXPECT_EQ(code_of(ledger.accept(request("a"), 3)), ec::busy);
  ledger.fail("a", "no");
  EXPECT_FALSE(ledger.accept(request("a"), 4));
}

TEST(install_ledger, bounds_what_waits) {
  install_ledger ledger;
  for (size_t i = 0; i < defaults::max_waiting_installs; ++i)
    ASSERT_FALSE(ledger.accept(request("a" + std::to_string(i)), 1));
  EXPECT_EQ(code_of(ledger.accept(request("z"), 1)), ec::overloaded);
  EXPECT_FALSE(ledger.find("z"));
}

TEST(install_ledger, a_failed_upgrade_keeps_what_is_installed) {
  install_ledger ledger;
  ledger.restore(installed("a", "old"));
  ASSERT_FALSE(ledger.accept(request("a", "new"), 1));
  ledger.start_next();
  EXPECT_EQ((*ledger.describe("a"))->getInstalled().getCommit(), "old");
  ledger.fail("a", "it does not build");
  auto failed = *ledger.describe("a");
  EXPECT_EQ(failed->getState(), state::FAILED);
  EXPECT_EQ(failed->getError(), "it does not build");
  EXPECT_EQ(failed->getInstalled().getCommit(), "old");
  ASSERT_FALSE(ledger.accept(request("a", "new"), 2));
  EXPECT_EQ((*ledger.describe("a"))->getError(), "");
  ledger.start_next();
  ledger.finish("a", installed("a", "new"));
  auto done = *ledger.describe("a");
  EXPECT_EQ(done->getState(), state::INSTALLED);
  EXPECT_EQ(done->getInstalled().getCommit(), "new");
}

TEST(install_ledger, forgets_the_oldest_failures_first_and_no_install) {
  install_ledger ledger;
  ledger.restore(installed("kept"));
  ASSERT_FALSE(ledger.accept(request("kept"), 0));
  ledger.start_next();
  ledger.fail("kept", "no");
  for (size_t i = 0; i <= defaults::kept_failed_installs; ++i) {
    ASSERT_FALSE(ledger.accept(request("f" + std::to_string(i)), static_cast<int64_t>(i + 1)));
    ledger.start_next();
    ledger.fail("f" + std::to_string(i), "no");
  }
  EXPECT_EQ(code_of(ledger.describe("f0").error()), ec::not_found);
  EXPECT_TRUE(ledger.find("f1"));
  EXPECT_TRUE(ledger.find("kept"));
  EXPECT_EQ(ledger.describe_all()->getInstalls().size(), defaults::kept_failed_installs + 1);
}

} // namespace
} // namespace hive
