#include "actors/upgrade/reference_keeper.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/upgrade.capnp.h"
#include "storage/measurement_store.hpp"
#include "storage/snapshot_store.hpp"
#include "tests/support/test_inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>

namespace hive {
namespace {

using testing::HasSubstr;

class reference_keeper_test : public testing::Test {
protected:
  ~reference_keeper_test() override {
    end();
  }

  void end() {
    node.tests.client()->send_exit(keeper, caf::exit_reason::user_shutdown);
    node.tests.client()->wait_for(keeper);
  }

  reference_keeper_actor spawn() {
    reference_keeper_options options;
    options.show = [this](const std::string& track, const track_verdicts& counts) {
      std::lock_guard guard{mutex};
      shown[track] = counts;
    };
    return spawn_reference_keeper(node.tests.system(), {node.db, node.committer}, options);
  }

  track_verdicts counts() {
    std::lock_guard guard{mutex};
    return shown["main"];
  }

  /// An ended measurement of v1 against `version`.
  void measured(uint64_t number, const std::string& version, wire::Verdict verdict, bool is_calibration = false) {
    write_set writes;
    measurement_store::put(writes, msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder out) {
                             out.setId("m" + std::to_string(number));
                             out.initRequest().setOld("v1");
                             out.getRequest().setNew(version);
                             out.getRequest().setTrack("main");
                             if (is_calibration)
                               out.initCalibration().setVersion(version);
                             out.setState(wire::MeasurementState::DONE);
                             out.setStartedAt(1);
                             out.setVerdict(verdict);
                           }));
    ASSERT_FALSE(node.db->write(writes));
  }

  void capture(const std::string& version) {
    auto snapshot = msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
      out.setVersion(version);
      out.setCaptureId(++captures);
    });
    ASSERT_FALSE(node.db->write(*snapshot_store{*node.db}.keep(snapshot, {captures})));
  }

  caf::expected<msg<wire::Reference>> move(const std::string& version) {
    return node.tests.ask<msg<wire::Reference>>(keeper,
                                                msg<wire::MoveReference>::build([&](wire::MoveReference::Builder out) {
                                                  out.setTrack("main");
                                                  out.setVersion(version);
                                                  out.setReason("accepted");
                                                }));
  }

  caf::expected<msg<wire::Reference>> find() {
    return node.tests.ask<msg<wire::Reference>>(
      keeper, msg<wire::ReferenceQuery>::build([](wire::ReferenceQuery::Builder out) { out.setTrack("main"); }));
  }

  caf::expected<msg<wire::Reference>> begin(const std::string& version) {
    return node.tests.ask<msg<wire::Reference>>(keeper, first_reference{"main", version});
  }

  test_inputs node;
  uint64_t captures = 0;
  std::mutex mutex;
  std::map<std::string, track_verdicts> shown;
  reference_keeper_actor keeper = spawn();
};

TEST_F(reference_keeper_test, the_first_measurement_of_a_track_pins_its_old_version) {
  EXPECT_EQ(code_of(find().error()), ec::not_found);
  ASSERT_TRUE(begin("v1"));
  auto again = begin("v2");
  ASSERT_TRUE(again);
  EXPECT_EQ(as_view((*again)->getVersion()), "v1");
  EXPECT_EQ((*again)->getHistory()[0].getBy(), wire::ReferenceMover::FIRST);
}

TEST_F(reference_keeper_test, an_operator_moves_it_to_a_version_that_is_known) {
  ASSERT_TRUE(begin("v1"));
  auto unknown = move("v2");
  EXPECT_EQ(code_of(unknown.error()), ec::not_found);
  EXPECT_THAT(text_of(unknown.error()), HasSubstr("version v2 was neither captured nor measured"));
  capture("v2");
  auto moved = move("v2");
  ASSERT_TRUE(moved) << text_of(moved.error());
  ASSERT_EQ((*moved)->getHistory().size(), 2U);
  auto change = (*moved)->getHistory()[0];
  EXPECT_EQ(as_view(change.getVersion()), "v2");
  EXPECT_EQ(as_view(change.getPrevious()), "v1");
  EXPECT_EQ(as_view(change.getReason()), "accepted");
  EXPECT_EQ(change.getBy(), wire::ReferenceMover::OPERATOR);
}

TEST_F(reference_keeper_test, the_rule_moves_only_what_it_was_measured_against) {
  ASSERT_TRUE(begin("v1"));
  auto moved = node.tests.ask<msg<wire::Reference>>(keeper, better_version{"main", "v2", "v1", "better", "m1"});
  ASSERT_TRUE(moved);
  EXPECT_EQ(as_view((*moved)->getVersion()), "v2");
  EXPECT_EQ(as_view((*moved)->getHistory()[0].getMeasurement()), "m1");
  auto late = node.tests.ask<msg<wire::Reference>>(keeper, better_version{"main", "v3", "v1", "better", "m2"});
  ASSERT_TRUE(late);
  EXPECT_EQ(as_view((*late)->getVersion()), "v2") << "it was compared with a version that is the reference no more";
}

TEST_F(reference_keeper_test, it_is_the_same_after_a_restart) {
  ASSERT_TRUE(begin("v1"));
  end();
  keeper = spawn();
  auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(as_view((*found)->getVersion()), "v1");
}

TEST_F(reference_keeper_test, a_measured_version_is_known_too) {
  write_set writes;
  measurement_store::put(writes, msg<wire::PairedMeasurement>::build([](wire::PairedMeasurement::Builder out) {
                           out.setId("m1");
                           out.initRequest().setOld("v1");
                           out.getRequest().setNew("v2");
                         }));
  ASSERT_FALSE(node.db->write(writes));
  EXPECT_TRUE(move("v2"));
}

TEST_F(reference_keeper_test, a_move_against_a_measured_verdict_overrules_it) {
  ASSERT_TRUE(begin("v1"));
  measured(1, "v2", wire::Verdict::REGRESSED);
  measured(2, "v3", wire::Verdict::SAFE);
  measured(3, "v2", wire::Verdict::REGRESSED, true); // says nothing about an upgrade
  node.tests.client()->send(keeper, verdict_given{"main", "m1", analysis::verdict::regressed});
  node.tests.client()->send(keeper, verdict_given{"main", "m2", analysis::verdict::safe});
  auto moved = move("v2");
  ASSERT_TRUE(moved) << text_of(moved.error());
  EXPECT_EQ((*moved)->getHistory()[0].getOverruled(), wire::Verdict::REGRESSED);
  EXPECT_EQ(as_view((*moved)->getHistory()[0].getMeasurement()), "m1");
  auto safe = move("v3");
  ASSERT_TRUE(safe);
  EXPECT_EQ((*safe)->getHistory()[0].getOverruled(), wire::Verdict::SAFE) << "overrules none";
  auto expect_counts = [&] {
    EXPECT_EQ(counts().given, (std::array<uint64_t, 3>{1, 1, 0}));
    EXPECT_EQ(counts().overruled, (std::array<uint64_t, 3>{0, 1, 0}));
    EXPECT_EQ(counts().overruled_share(), 1);
  };
  expect_counts();
  end();
  shown.clear();
  keeper = spawn();
  ASSERT_TRUE(find());
  expect_counts();
  node.tests.client()->send(keeper, verdict_given{"main", "m2", analysis::verdict::safe}); // is stored
  ASSERT_TRUE(find());
  expect_counts();
}

TEST_F(reference_keeper_test, a_move_to_what_was_not_measured_is_judged_by_what_is_stored) {
  ASSERT_TRUE(begin("v1"));
  capture("v2"); // of v1 there is nothing to compare with
  auto moved = move("v2");
  ASSERT_TRUE(moved);
  EXPECT_EQ((*moved)->getHistory()[0].getOverruled(), wire::Verdict::INCONCLUSIVE);
  EXPECT_EQ(counts().given, (std::array<uint64_t, 3>{0, 0, 1})) << "what is overruled was given";
  EXPECT_EQ(counts().overruled, (std::array<uint64_t, 3>{0, 0, 1}));
  auto again = move("v2");
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->getHistory()[0].getOverruled(), wire::Verdict::SAFE) << "it is the reference already";
}

TEST_F(reference_keeper_test, the_first_reference_overrules_nothing) {
  capture("v1");
  auto moved = move("v1");
  ASSERT_TRUE(moved);
  EXPECT_EQ((*moved)->getHistory()[0].getOverruled(), wire::Verdict::SAFE);
  EXPECT_EQ(counts().overruled, (std::array<uint64_t, 3>{}));
}

} // namespace
} // namespace hive
