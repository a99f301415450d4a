#include "actors/upgrade/cluster/decision_log.hpp"

#include "platform/hex.hpp"
#include "storage/keys.hpp"
#include "tests/actors/upgrade/decision/decided_hive.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;

struct decision_log_test : testing::Test {
  temporary_directory temp;
  std::shared_ptr<database> db = std::move(*database::open({.directory = temp.path()}));
  test::decided_hive hive{3, 3};

  /// Proposes, and has it decided and rolled back, or rejected.
  std::string decide(const std::string& nonce, wire::Verdict verdict) {
    auto id = hive.propose(0, {.nonce = nonce});
    hive.vote_all(id, verdict);
    if (verdict == wire::Verdict::SAFE)
      hive.stop(0, id);
    hive.end_hooks(); // the deploy
    hive.end_hooks(); // the rollback
    return to_hex(id);
  }

  void keep(decision_log& log, const std::string& id) {
    gate::digest hash{};
    ASSERT_TRUE(from_hex(id, hash));
    for (const auto& sealed : hive.parts_of(hash).values) {
      write_set writes;
      log.add(sealed, ++time, 5, writes);
      EXPECT_TRUE(log.load(log.of(id).back())) << "also before it is stored";
      ASSERT_FALSE(db->write(writes));
      log.stored(sealed);
    }
  }

  int64_t time = 100;
};

TEST_F(decision_log_test, knows_after_a_restart_what_was_sealed) {
  auto rejected = decide("1", wire::Verdict::REGRESSED);
  auto back = decide("2", wire::Verdict::SAFE);
  decision_log log{gate_store{*db}};
  keep(log, rejected);
  keep(log, back);
  EXPECT_THAT(log.proposals(), ElementsAre(back, rejected));
  decision_log again{gate_store{*db}};
  ASSERT_FALSE(again.restore(0));
  EXPECT_THAT(again.proposals(), ElementsAre(back, rejected));
  auto steps = again.of(back);
  ASSERT_GE(steps.size(), 3u);
  EXPECT_EQ(steps.front().kind, wire::GateValueKind::OPEN);
  EXPECT_EQ(steps.front().to, "v2");
  EXPECT_EQ(steps.front().announced_at, 5);
  EXPECT_EQ(steps.back().kind, wire::GateValueKind::CLOSED);
  EXPECT_EQ(steps.back().hash, log.of(back).back().hash);
}

TEST_F(decision_log_test, a_stored_value_comes_back_with_its_evidence) {
  auto id = decide("1", wire::Verdict::REGRESSED);
  decision_log log{gate_store{*db}};
  keep(log, id);
  auto sealed = log.load(log.of(id).back());
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->value->content->getKind(), wire::GateValueKind::REJECTED);
  EXPECT_FALSE(sealed->value->evidence.empty());
  EXPECT_GE(sealed->accepts.size(), 2u);
}

TEST_F(decision_log_test, a_value_is_kept_once) {
  auto id = decide("1", wire::Verdict::REGRESSED);
  decision_log log{gate_store{*db}};
  keep(log, id);
  auto learned = log.of(id).front().learned_at;
  keep(log, id);
  EXPECT_EQ(log.of(id).front().learned_at, learned);
}

TEST_F(decision_log_test, damage_is_told) {
  write_set writes;
  writes.put(column::votes, keys::gate_decision(0, 1), "nonsense");
  ASSERT_FALSE(db->write(writes));
  decision_log log{gate_store{*db}};
  auto damage = log.restore(0);
  EXPECT_EQ(code_of(damage), ec::corrupt);
}

} // namespace
} // namespace hive
