#include "actors/upgrade/decision/decision_verification.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "tests/actors/upgrade/decision/decision_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using verdict = wire::Verdict;

std::vector<std::string> list_of(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> out;
  for (auto each : from)
    out.emplace_back(as_view(each));
  return out;
}

class judgement_check : public testing::Test {
protected:
  /// A rejection by the second node, by the document with this hash.
  void reject(const std::string& sha256, wire::Policy judge = wire::Policy::STRICT) {
    auto what = hive.propose(0, {.judge = judge});
    hive.vote(1, what, verdict::REGRESSED, 0, sha256);
    parts = hive.parts_of(what);
    ASSERT_EQ(parts.values.size(), 2u);
  }

  void verify(const std::function<void(verification_inputs&)>& offer = {}) {
    auto document = encode_decision(parts);
    ASSERT_TRUE(document) << text_of(document.error());
    verification_inputs inputs{**document};
    if (offer)
      offer(inputs);
    auto result = verify_decision(**document, inputs);
    faults = list_of(result->getFaults());
    unchecked = list_of(result->getUnchecked());
  }

  decided_hive hive{3, 3};
  std::string place = "values[1].evidence[0] of " + hive.id(1).value + ": ";
  decision_parts parts;
  std::vector<std::string> faults, unchecked;
};

TEST_F(judgement_check, computes_a_judgement_again_from_its_measurements) {
  auto judgement = judged(150);
  reject(judgement.sha256);
  parts.judgements = {{hive.id(1), 0, judgement.document}};
  verify([&](auto& inputs) {
    inputs.offer(judgement.before);
    inputs.offer(judgement.after);
  });
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(unchecked, Not(Contains(HasSubstr("values[1]"))));
}

TEST_F(judgement_check, takes_a_judgement_from_beside_the_document) {
  auto judgement = judged(150);
  reject(judgement.sha256);
  verify();
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(unchecked, Contains(place + "its verdict document is not here, SHA-256 " + judgement.sha256));
  verify([&](auto& inputs) {
    inputs.offer(judged(151).document); // of nobody
    inputs.offer(judgement.document);
    inputs.offer(judgement.before);
    inputs.offer(judgement.after);
  });
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(unchecked, Not(Contains(HasSubstr("values[1]"))));
}

TEST_F(judgement_check, says_which_measurements_are_missing) {
  auto judgement = judged(150);
  reject(judgement.sha256);
  parts.judgements = {{hive.id(1), 0, judgement.document}};
  verify([&](auto& inputs) { inputs.offer(judgement.before); });
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(unchecked, Contains(StartsWith(place + "its verdict cannot be computed again: ")));
  EXPECT_THAT(unchecked, Contains(HasSubstr("the snapshot of v2")));
}

TEST_F(judgement_check, says_when_a_vote_names_none) {
  reject({});
  verify();
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(unchecked, Contains(place + "the vote names no verdict document"));
}

TEST_F(judgement_check, finds_a_vote_that_says_something_else) {
  auto safe = judged(100);
  reject(safe.sha256);
  verify([&](auto& inputs) { inputs.offer(safe.document); });
  EXPECT_THAT(faults, ElementsAre(place + "it says regressed, and its verdict document safe"));
}

TEST_F(judgement_check, finds_a_judgement_that_its_measurements_do_not_give) {
  auto safe = judged(100);
  capnp::MallocMessageBuilder built;
  built.setRoot(*safe.document);
  built.getRoot<wire::VerdictDocument>().getResult().setVerdict(verdict::REGRESSED);
  auto forged = msg<wire::VerdictDocument>::adopt(built);
  reject(hash_of(forged));
  parts.judgements = {{hive.id(1), 0, forged}};
  verify([&](auto& inputs) {
    inputs.offer(safe.before);
    inputs.offer(safe.after);
  });
  EXPECT_THAT(faults, ElementsAre(StartsWith(place + "its verdict document: /result/verdict is \"regressed\"")));
}

TEST_F(judgement_check, finds_a_judgement_by_another_policy) {
  auto judgement = judged(150);
  reject(judgement.sha256, wire::Policy::STATISTICAL);
  verify([&](auto& inputs) { inputs.offer(judgement.document); });
  EXPECT_THAT(faults,
              ElementsAre(place + "its verdict document is by policy strict, and the proposal wants statistical"));
}

TEST_F(judgement_check, finds_a_judgement_of_nobody) {
  auto judgement = judged(150);
  reject(judgement.sha256);
  parts.judgements = {{hive.id(2), 0, judgement.document}};
  verify();
  EXPECT_THAT(faults, ElementsAre("judgements[0]: no vote of " + hive.id(2).value + " in stage 0 has its hash"));
  parts.judgements = {{hive.id(1), 1, judgement.document}};
  verify();
  EXPECT_THAT(faults, ElementsAre("judgements[0]: no vote of " + hive.id(1).value + " in stage 1 has its hash"));
  parts.judgements = {{hive.id(1), 0, judged(151).document}};
  verify();
  EXPECT_THAT(faults, ElementsAre("judgements[0]: no vote of " + hive.id(1).value + " in stage 0 has its hash"));
}

TEST_F(judgement_check, finds_a_judgement_that_is_there_twice) {
  auto judgement = judged(150);
  reject(judgement.sha256);
  parts.judgements = {{hive.id(1), 0, judgement.document}, {hive.id(1), 0, judgement.document}};
  verify();
  EXPECT_THAT(faults, ElementsAre("judgements[1]: there is another one of " + hive.id(1).value));
}

} // namespace
} // namespace hive::test
