// Values that a quorum of members has sealed although they do not follow, as only liars do.

#include "actors/upgrade/decision/decision_verification.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "actors/upgrade/gate/track_state.hpp"
#include "messages/packed.hpp"
#include "tests/actors/upgrade/decision/decided_hive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using namespace gate;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using verdict = wire::Verdict;
using kind = wire::GateValueKind;

class decision_forgery : public testing::Test {
protected:
  /// The fourth node is a stranger.
  decided_hive hive{4, 3};
  digest what = hive.propose(0);
  decision_parts parts = hive.parts_of(what);

  const value_ptr& opened() {
    return parts.values.front().value;
  }

  statement_ptr vote(size_t by, const digest& on, uint8_t stage = 0, verdict says = verdict::SAFE) {
    return hive.sign(by, slot_type::vote, to_packed(msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
                       out.setProposal(data_of(on));
                       out.setStage(stage);
                       out.setStart(1);
                       out.setVerdict(says);
                     })));
  }

  value_ptr value_of(kind of, statements evidence, uint8_t stage = 1) {
    choice made{of,    opened()->what, {std::string{as_view(opened()->content->getProposer())}},
                stage, nullptr,        std::move(evidence)};
    return make_value(track_state{opened()}, *hive.first(), made, 0);
  }

  /// A value like another one, except for what is changed.
  static value_ptr altered(const value_ptr& from, const std::function<void(wire::GateValue::Builder)>& change) {
    capnp::MallocMessageBuilder built;
    built.setRoot(*from->content);
    change(built.getRoot<wire::GateValue>());
    auto canonical = to_canonical<wire::GateValue>(built.getRoot<wire::GateValue>().asReader());
    auto made = decode_value(data_of(canonical.bytes()), verify_statement);
    if (!made)
      throw std::runtime_error{text_of(made.error())};
    return *made;
  }

  /// What is wrong with the document when the members have conspired to seal the value.
  std::vector<std::string> faults_with(const value_ptr& value) {
    auto sealed = parts;
    sealed.values.push_back(hive.conspire(value));
    auto document = encode_decision(sealed);
    EXPECT_TRUE(document) << text_of(document.error());
    auto result = verify_decision(**document, verification_inputs{**document});
    std::vector<std::string> out;
    for (auto fault : result->getFaults())
      out.emplace_back(as_view(fault));
    EXPECT_EQ(result->getVerified(), out.empty());
    return out;
  }

  std::vector<std::string> faults_of_votes(statements votes) {
    return faults_with(value_of(kind::APPROVED, std::move(votes)));
  }
};

TEST_F(decision_forgery, is_none_when_all_have_voted) {
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(2, what)}), IsEmpty());
}

TEST_F(decision_forgery, of_a_vote_that_counts_twice_is_found) {
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(1, what)}),
              ElementsAre("values[1]: the value does not follow: its votes do not give it: 2 of 3 safe; no vote: " +
                          hive.id(2).value));
}

TEST_F(decision_forgery, by_the_vote_of_a_stranger_is_found) {
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(3, what)}),
              ElementsAre(HasSubstr("2 of 3 safe; no vote: " + hive.id(2).value)));
}

TEST_F(decision_forgery, by_votes_on_something_else_is_found) {
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(2, digest{7})}), ElementsAre(HasSubstr("2 of 3")));
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(2, what, 1)}), ElementsAre(HasSubstr("2 of 3")));
  EXPECT_THAT(faults_of_votes({vote(0, what), vote(1, what), vote(2, what, 0, verdict::REGRESSED)}),
              ElementsAre(HasSubstr("its votes do not give it")));
}

TEST_F(decision_forgery, of_an_abort_that_nobody_asked_for_is_found) {
  EXPECT_THAT(faults_with(value_of(kind::ABORTED, {vote(0, what)}, 0)),
              ElementsAre("values[1]: the value does not follow: nobody who may has asked to stop"));
}

TEST_F(decision_forgery, of_a_value_of_another_track_is_found) {
  auto right = value_of(kind::APPROVED, {vote(0, what), vote(1, what), vote(2, what)});
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setTrack(1); })),
              Contains("values[1]: it is of another track"));
}

TEST_F(decision_forgery, of_any_field_of_a_value_is_found) {
  auto right = value_of(kind::APPROVED, {vote(0, what), vote(1, what), vote(2, what)});
  auto one_field = ElementsAre("values[1]: the value does not follow: one of its fields is not what it must be at "
                               "position 2");
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.initCanaries(1).set(0, 2); })), one_field);
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setStage(2); })), one_field);
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.initRecent(0); })), one_field);
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setProposer("somebody"); })), one_field);
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setChain(data_of(digest{1})); })), one_field);
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setPosition(3); })),
              ElementsAre("values[1]: the value at position 2 is missing before it"));
  EXPECT_THAT(faults_with(altered(right, [](auto out) { out.setPosition(1); })),
              Contains("values[1]: position 1 is not above 1"));
}

TEST_F(decision_forgery, with_the_evidence_of_another_value_is_found) {
  auto right = value_of(kind::APPROVED, {vote(0, what), vote(1, what), vote(2, what)});
  auto evidence = opened()->content->getEvidence();
  EXPECT_THAT(faults_with(altered(right, [&](auto out) { out.setEvidence(evidence); })),
              ElementsAre(HasSubstr("its votes do not give it: 0 of 3 safe")));
}

TEST_F(decision_forgery, after_the_end_is_found) {
  parts.values.push_back(hive.conspire(value_of(kind::REJECTED, {vote(0, what, 0, verdict::REGRESSED)}, 0)));
  auto state = track_state{parts.values.back().value};
  choice again{kind::APPROVED, opened()->what, hive.id(0), 1, nullptr, {vote(0, what), vote(1, what), vote(2, what)}};
  EXPECT_THAT(faults_with(make_value(state, *hive.first(), again, 0)),
              ElementsAre("values[2]: the value does not follow: it has no place in this state of the track"));
}

/// A later proposal, without what was sealed before it: its opening alone is looked at.
class opening_forgery : public decision_forgery {
protected:
  std::vector<std::string> faults_of_opening(const std::function<void(wire::GateValue::Builder)>& change) {
    auto later = altered(opened(), [&](wire::GateValue::Builder out) {
      out.setPosition(5);
      out.setChain(data_of(digest{5}));
      change(out);
    });
    decision_parts sealed{hive.first(), {}, {hive.conspire(later)}, {}};
    auto document = encode_decision(sealed);
    EXPECT_TRUE(document) << text_of(document.error());
    auto result = verify_decision(**document, verification_inputs{**document});
    std::vector<std::string> out;
    for (auto fault : result->getFaults())
      out.emplace_back(as_view(fault));
    return out;
  }
};

TEST_F(opening_forgery, is_found_as_far_as_it_shows) {
  EXPECT_THAT(faults_of_opening([](auto) {}), IsEmpty());
  EXPECT_THAT(faults_of_opening([](auto out) { out.setProposer("somebody"); }),
              ElementsAre("values[0]: its proposer does not ask for it"));
  auto ballot = vote(0, what);
  EXPECT_THAT(faults_of_opening([&](auto out) { out.initEvidence(1).setWithCaveats(0, *ballot->whole); }),
              ElementsAre("values[0]: its proposer does not ask for it"));
  EXPECT_THAT(faults_of_opening([](auto out) { out.setStage(1); }),
              ElementsAre("values[0]: it has a stage before it is approved"));
  EXPECT_THAT(faults_of_opening([](auto out) { out.setKind(kind::APPROVED); }),
              Contains("values[0]: the first value does not open the proposal"));
}

} // namespace
} // namespace hive::test
