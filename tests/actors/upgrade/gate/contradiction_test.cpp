#include "actors/upgrade/gate/contradiction.hpp"
#include "platform/hex.hpp"
#include "tests/actors/upgrade/gate/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace hive::gate::testing {
namespace {

using verdict = wire::Verdict;

bool contradict(const statement_ptr& one, const statement_ptr& other) {
  EXPECT_EQ(is_contradiction(*one, *other), is_contradiction(*other, *one)); // the order makes no difference
  return is_contradiction(*one, *other);
}

TEST(contradiction, is_in_two_votes_under_one_ballot) {
  digest what{1};
  auto vote = make_vote(0, what, {.version = 1});
  EXPECT_TRUE(contradict(vote, make_vote(0, what, {.verdict = verdict::REGRESSED, .version = 2})));
  EXPECT_TRUE(contradict(vote, make_vote(0, what, {.heavy = true, .version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(0, what, {.version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(0, what, {.verdict = verdict::REGRESSED, .attempt = 1, .version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(0, what, {.verdict = verdict::REGRESSED, .start = 2, .version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(0, what, {.verdict = verdict::REGRESSED, .stage = 1, .version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(0, digest{2}, {.verdict = verdict::REGRESSED, .version = 2})));
  EXPECT_FALSE(contradict(vote, make_vote(1, what, {.verdict = verdict::REGRESSED, .version = 2})));
}

TEST(contradiction, is_not_between_two_epochs_which_may_be_a_restored_disk) {
  digest what{1};
  EXPECT_FALSE(contradict(make_vote(0, what), make_vote(0, what, {.verdict = verdict::REGRESSED, .epoch = 2})));
  auto sealers = make_generation(3);
  EXPECT_FALSE(contradict(make_seal(0, *sealers, {.position = 5, .chain = digest{1}}),
                          make_seal(0, *sealers, {.position = 4, .chain = digest{1}, .epoch = 2})));
}

TEST(contradiction, is_in_two_contents_under_one_stamp) {
  auto vote = make_vote(0, digest{1});
  EXPECT_FALSE(contradict(vote, vote));
  EXPECT_TRUE(contradict(vote, make_vote(0, digest{1}, {.verdict = verdict::REGRESSED})));
}

TEST(contradiction, is_in_a_seal_slot_that_falls_back) {
  auto sealers = make_generation(3);
  auto seal = [&](seal_setup from) {
    from.chain = digest{1};
    return make_seal(0, *sealers, from);
  };
  auto first = make_lead(2, *sealers, {.in = {1, 2, 1}, .value = digest{7}});
  auto second = make_lead(0, *sealers, {.in = {2, 0, 1}, .value = digest{7}});
  EXPECT_TRUE(contradict(seal({.position = 5}), seal({.position = 4, .version = 2})));
  EXPECT_FALSE(contradict(seal({.position = 4}), seal({.position = 5, .version = 2})));
  EXPECT_TRUE(contradict(seal({.promised = round{2, 0, 1}}), seal({.promised = round{1, 2, 1}, .version = 2})));
  EXPECT_TRUE(contradict(seal({.promised = round{2, 0, 1}}), seal({.version = 2})));
  EXPECT_FALSE(contradict(seal({.promised = round{1, 2, 1}}), seal({.promised = round{2, 0, 1}, .version = 2})));
  EXPECT_TRUE(
    contradict(seal({.lead = second, .value = digest{7}}), seal({.lead = first, .value = digest{7}, .version = 2})));
  EXPECT_TRUE(contradict(seal({.lead = first, .value = digest{7}}), seal({.version = 2})));
  EXPECT_TRUE(
    contradict(seal({.lead = first, .value = digest{7}}), seal({.lead = first, .value = digest{8}, .version = 2})));
  EXPECT_FALSE(
    contradict(seal({.lead = first, .value = digest{7}}), seal({.lead = second, .value = digest{8}, .version = 2})));
  // Promises are those of a position.
  EXPECT_FALSE(contradict(seal({.promised = round{2, 0, 1}}), seal({.position = 2, .version = 2})));
  // Another line of generations counts its positions anew.
  auto other = make_seal(0, *make_generation(4), {.position = 1, .chain = digest{1}, .version = 2});
  EXPECT_FALSE(contradict(seal({.position = 5}), other));
}

TEST(contradiction, is_in_two_values_proposed_in_one_round) {
  auto sealers = make_generation(3);
  auto lead = [&](uint32_t counter, digest value, wire::GateStep step, uint64_t version) {
    return make_lead(2, *sealers, {.in = {counter, 2, 1}, .step = step, .value = value, .version = version});
  };
  constexpr auto asks = wire::GateStep::ASKS;
  constexpr auto proposes = wire::GateStep::PROPOSES;
  EXPECT_TRUE(contradict(lead(1, digest{7}, proposes, 1), lead(1, digest{8}, proposes, 2)));
  EXPECT_FALSE(contradict(lead(1, digest{7}, proposes, 1), lead(1, digest{7}, proposes, 2)));
  EXPECT_FALSE(contradict(lead(1, digest{}, asks, 1), lead(1, digest{8}, proposes, 2)));
  EXPECT_FALSE(contradict(lead(1, digest{7}, proposes, 1), lead(4, digest{8}, proposes, 2)));
}

statement_ptr make_run(uint64_t sequence, wire::GateAction action, wire::GateRunStep step, uint64_t version) {
  return make_slot(0, slot_type::run, msg<wire::GateRun>::build([&](wire::GateRun::Builder out) {
                     out.setProposal(data_of(digest{1}));
                     out.setPosition(2);
                     out.setAction(action);
                     out.setSequence(sequence);
                     out.setStep(step);
                   }),
                   version);
}

TEST(contradiction, is_in_a_run_slot_that_falls_back) {
  using action = wire::GateAction;
  using step = wire::GateRunStep;
  auto intended = make_run(1, action::DEPLOY, step::INTENDED, 1);
  EXPECT_FALSE(contradict(intended, make_run(1, action::DEPLOY, step::ENDED, 2)));
  EXPECT_FALSE(contradict(intended, make_run(2, action::ROLLBACK, step::INTENDED, 2)));
  EXPECT_TRUE(contradict(intended, make_run(1, action::ROLLBACK, step::INTENDED, 2)));
  EXPECT_TRUE(contradict(make_run(1, action::DEPLOY, step::ENDED, 1), make_run(1, action::DEPLOY, step::INTENDED, 2)));
  EXPECT_TRUE(contradict(make_run(1, action::DEPLOY, step::ENDED, 1), make_run(1, action::DEPLOY, step::UNKNOWN, 2)));
  EXPECT_TRUE(
    contradict(make_run(2, action::ROLLBACK, step::INTENDED, 1), make_run(1, action::DEPLOY, step::ENDED, 2)));
}

// Slots as they were sent by the first version. All versions must read them alike and find what contradicts.
constexpr std::string_view golden_safe =
  "0000000019000000000000000000020005000000020100001000000003000300000000000000000000000000000000000000"
  "0000000000000000000000000000040000000000000001000000000000000100000000000000090000001200000009000000"
  "c200000011000000020200003000000000000000100d500305140201010100003111020100030701020300025e3be9bbec9e"
  "8f915e3be9bbec9e8f915e3be9bbec9e8f915e3be9bbec9e8f915e3be9bbec9e8f915e3be9bbec9e8f915e3be9bbec9e8f91"
  "5e3be9bbec9e8f91";
constexpr std::string_view golden_regressed =
  "0000000019000000000000000000020005000000020100001000000003000300000000000000000000000000000000000000"
  "0000000000000000000000000000040000000000000001000000000000000200000000000000090000001200000009000000"
  "c200000011000000020200003000000000000000100d500305140301010100003111020100030701020300028a175a8bf554"
  "afc38a175a8bf554afc38a175a8bf554afc38a175a8bf554afc38a175a8bf554afc38a175a8bf554afc38a175a8bf554afc3"
  "8a175a8bf554afc3";
constexpr std::string_view golden_proposal = "87b6b687df86f9398498b6a34d1121fb4436471398c932d5c038dce545fad868";

statement_ptr from_golden(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  EXPECT_TRUE(from_hex(hex, {reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()}));
  return must(decode_statement(must(msg<wire::StoredSlot>::load(bytes)), verify));
}

std::string to_golden(const statement_ptr& slot) {
  auto bytes = slot->whole.bytes();
  return to_hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

TEST(contradiction, judges_golden_bytes_alike_for_ever) {
  digest what{1, 2, 3};
  auto safe = make_vote(0, what);
  auto regressed = make_vote(0, what, {.verdict = verdict::REGRESSED, .version = 2});
  EXPECT_EQ(to_golden(safe), golden_safe);
  EXPECT_EQ(to_golden(regressed), golden_regressed);
  EXPECT_TRUE(contradict(from_golden(golden_safe), from_golden(golden_regressed)));
  EXPECT_EQ(to_hex(make_proposal({})->id()), golden_proposal);
}

} // namespace
} // namespace hive::gate::testing
