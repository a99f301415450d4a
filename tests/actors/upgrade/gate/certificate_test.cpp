#include "actors/upgrade/gate/certificate.hpp"
#include "tests/actors/upgrade/gate/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace hive::gate::testing {
namespace {

/// Three sealers at position 1. Counter 1 is led by member 2, counter 2 by member 0.
class certificate : public ::testing::Test {
protected:
  generation_ptr sealers = make_generation(3);
  place here{*sealers, 0, 1, sealers->hash()};
  round in{1, 2, 1};
  digest value{7};
  statement_ptr lead = make_lead(2, *sealers, {.in = in, .value = value});

  statement_ptr accept(rank by, seal_setup more = {}) {
    if (more.chain == digest{})
      more.chain = sealers->hash();
    more.lead = more.lead ? more.lead : lead;
    more.value = more.value == digest{} ? value : more.value;
    return make_seal(by, *sealers, more);
  }
  statement_ptr promise(rank by, const round& of, seal_setup more = {}) {
    more.chain = sealers->hash();
    more.promised = of;
    return make_seal(by, *sealers, more);
  }
  bool is_sealed(const statements& accepts) {
    return !accepts_for(here, in, value, accepts).empty();
  }
};

TEST_F(certificate, needs_a_quorum_of_accepts_in_one_round) {
  EXPECT_FALSE(is_sealed({accept(0)}));
  EXPECT_TRUE(is_sealed({accept(0), accept(1)}));
  EXPECT_TRUE(is_sealed({accept(0), accept(1), accept(2)}));
  auto later = make_lead(0, *sealers, {.in = {2, 0, 1}, .value = value});
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.lead = later})}));
}

TEST_F(certificate, counts_a_member_once_and_no_stranger) {
  EXPECT_FALSE(is_sealed({accept(0), accept(0, {.version = 2}), accept(0, {.version = 3})}));
  EXPECT_FALSE(is_sealed({accept(0), accept(5)}));
}

TEST_F(certificate, counts_no_accept_that_was_only_heard_of) {
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.own = false})}));
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.admitted = false})}));
}

TEST_F(certificate, counts_statements_of_one_place_alone) {
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.position = 2})}));
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.chain = digest{9}})}));
  auto others = make_generation(4);
  auto foreign = make_seal(1, *others, {.chain = sealers->hash(), .lead = lead, .value = value});
  EXPECT_FALSE(is_sealed({accept(0), foreign}));
}

TEST_F(certificate, believes_a_claim_only_with_the_lead_slot_of_its_round) {
  EXPECT_FALSE(
    is_sealed({accept(0), accept(1, {.lead = make_lead(2, *sealers, {.in = in, .step = wire::GateStep::ASKS})})}));
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.lead = make_lead(2, *sealers, {.in = in, .value = digest{8}})})}));
  EXPECT_FALSE(
    is_sealed({accept(0), accept(1, {.lead = make_lead(1, *sealers, {.in = in, .value = value})})})); // not its turn
  EXPECT_FALSE(
    is_sealed({accept(0), accept(1, {.lead = make_lead(2, *sealers, {.position = 2, .in = in, .value = value})})}));
  auto bare = accept(1, {.accepted = round{4, 2, 1}});
  EXPECT_FALSE(counts_at(here, *bare));
}

TEST_F(certificate, strikes_what_was_said_before_a_start_that_another_knows_of) {
  EXPECT_FALSE(is_sealed({accept(0), accept(1, {.starts = {{0, 2}}})}));
  EXPECT_TRUE(is_sealed({accept(0, {.start = 2}), accept(1, {.starts = {{0, 2}}})}));
  EXPECT_TRUE(is_sealed({accept(0), accept(1, {.starts = {{0, 1}, {2, 9}}})})); // nothing of member 2 is in it
  EXPECT_TRUE(is_sealed({accept(0), accept(1, {.starts = {{0, 2}}}), accept(2)}));
}

TEST_F(certificate, is_not_blocked_by_a_liar_who_knows_of_starts_that_never_were) {
  auto liar = accept(2, {.starts = {{0, 99}, {1, 99}}});
  EXPECT_TRUE(is_sealed({accept(0), accept(1), liar}));
}

TEST_F(certificate, compels_the_value_of_the_highest_round) {
  round next{2, 0, 1};
  auto higher = make_lead(0, *sealers, {.in = next, .value = digest{8}});
  round last{4, 2, 1};
  EXPECT_FALSE(compelled_by({promise(0, last), promise(1, last)}));
  auto both = compelled_by({promise(0, last, {.lead = lead, .value = value}),
                            promise(1, last, {.lead = higher, .value = digest{8}, .own = false})});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->value, digest{8});
  EXPECT_EQ(both->in, next);
}

TEST_F(certificate, needs_a_quorum_of_promises_of_that_very_round) {
  round of{2, 0, 1};
  EXPECT_TRUE(promises_for(here, of, {promise(0, of)}).empty());
  EXPECT_EQ(promises_for(here, of, {promise(0, of), promise(1, of)}).size(), 2u);
  EXPECT_TRUE(promises_for(here, of, {promise(0, of), promise(1, {2, 0, 2})}).empty());
  EXPECT_TRUE(promises_for(here, of, {promise(0, of), promise(1, {4, 2, 1})}).empty());
  EXPECT_TRUE(promises_for(here, of, {promise(0, of), promise(1, of, {.admitted = false})}).empty());
}

} // namespace
} // namespace hive::gate::testing
