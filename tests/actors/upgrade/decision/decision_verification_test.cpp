#include "actors/upgrade/decision/decision_verification.hpp"

#include "messages/canonical_json.hpp"
#include "platform/hex.hpp"
#include "tests/actors/upgrade/decision/decision_cases.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/soak.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string document_of(const decision_parts& parts) {
  auto made = encode_decision(parts);
  if (made)
    return to_canonical_json(*made);
  ADD_FAILURE() << text_of(made.error());
  return {};
}

std::vector<std::string> list_of(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> out;
  for (auto each : from)
    out.emplace_back(as_view(each));
  return out;
}

/// Reads and verifies; `prepare` may offer inputs. A text that cannot be read gives its error as the only fault.
struct verified {
  bool is_verified = false;
  std::vector<std::string> faults;
  std::vector<std::string> unchecked;
  msg<wire::DecisionVerification> answer = {};
};

verified verify(const std::string& text, const std::function<void(verification_inputs&)>& prepare = {}) {
  auto document = read_decision_document(text);
  if (!document)
    return {false, {"unreadable: " + text_of(document.error())}, {}};
  verification_inputs inputs{**document};
  if (prepare)
    prepare(inputs);
  auto result = verify_decision(text, **document, inputs);
  verified out{result->getVerified(), list_of(result->getFaults()), list_of(result->getUnchecked()), result};
  EXPECT_EQ(out.is_verified, out.faults.empty());
  return out;
}

std::vector<std::string> faults_of(const decision_parts& parts) {
  return verify(document_of(parts)).faults;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  auto place = text.find(what);
  EXPECT_NE(place, text.npos) << what << " in " << text;
  return place == text.npos ? text : text.replace(place, what.size(), by);
}

// -- what is so ----------------------------------------------------------------------------

class decision_cases_test : public testing::TestWithParam<decision_case> {};
INSTANTIATE_TEST_SUITE_P(all, decision_cases_test, testing::ValuesIn(decision_cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(decision_cases_test, are_verified) {
  auto result = verify(document_of(GetParam().parts));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_TRUE(result.is_verified);
  EXPECT_EQ(result.answer->getDecision(), GetParam().decision);
  EXPECT_EQ(as_view(result.answer->getRollout()), GetParam().rollout);
  EXPECT_EQ(result.answer->getHash().size() > 0, GetParam().decision != wire::UpgradeDecision::PENDING);
  EXPECT_GT(result.answer->getSignatures(), 4u);
  EXPECT_EQ(result.answer->getMembers().size(), GetParam().parts.first->size());
  EXPECT_THAT(result.unchecked, Contains(StartsWith("first_generation: the document does not prove")));
}

/// Documents outlive releases: those that an earlier one wrote are still verified.
TEST_P(decision_cases_test, of_before_are_still_verified) {
  auto file = std::filesystem::path{HIVE_TEST_DATA} / "decisions" / (GetParam().name + ".json");
  if (std::getenv("HIVE_WRITE_GOLDEN") && !std::filesystem::exists(file))
    std::ofstream{file, std::ios::binary} << document_of(GetParam().parts);
  auto result = verify(file_text(file));
  EXPECT_THAT(result.faults, IsEmpty());
  EXPECT_EQ(result.answer->getDecision(), GetParam().decision);
}

TEST(decision_verification, says_what_stands_before_the_document) {
  auto first = verify(document_of(decision_case_named("rejected").parts));
  EXPECT_THAT(first.unchecked, Not(Contains(StartsWith("values[0]: what was sealed right before"))));
  auto later = verify(document_of(decision_case_named("after_another_proposal").parts));
  EXPECT_THAT(later.unchecked,
              Contains(StartsWith("values[0]: what was sealed right before it at position 2 is not in")));
  auto changed = verify(document_of(decision_case_named("after_changed_members").parts));
  EXPECT_THAT(changed.unchecked, Contains(StartsWith("generations[1]: what was sealed right before it at position 3")));
  EXPECT_THAT(changed.unchecked, Not(Contains(StartsWith("generations[0]"))));
  EXPECT_THAT(changed.unchecked, Not(Contains(StartsWith("values[0]: what was sealed"))));
}

TEST(decision_verification, compares_the_first_members_with_those_that_are_trusted) {
  auto parts = decision_case_named("aborted").parts;
  std::set<node_id> members;
  for (gate::rank i = 0; i < 3; ++i)
    members.insert(parts.first->node(i));
  auto trusting = [&](std::set<node_id> who) {
    return verify(document_of(parts), [who = std::move(who)](verification_inputs& inputs) { inputs.trust(who); });
  };
  EXPECT_TRUE(trusting(members).is_verified);
  EXPECT_THAT(trusting(members).unchecked, Not(Contains(HasSubstr("first_generation"))));
  auto fewer = members;
  fewer.erase(fewer.begin());
  EXPECT_THAT(trusting(fewer).faults,
              ElementsAre("first_generation: " + members.begin()->value + " is none of the members that are trusted"));
  auto more = members;
  more.insert({"stranger"});
  EXPECT_THAT(trusting(more).faults,
              ElementsAre("first_generation: stranger is missing, which is trusted as a member"));
}

TEST(decision_verification, proves_a_part_of_the_history_as_well) {
  auto parts = decision_case_named("complete").parts;
  while (parts.values.size() > 1) {
    parts.values.pop_back();
    EXPECT_THAT(faults_of(parts), IsEmpty()) << parts.values.size();
  }
}

TEST(decision_document, is_not_made_where_something_is_missing) {
  auto parts = decision_case_named("after_changed_members").parts;
  ASSERT_TRUE(make_decision_document(parts));
  auto error_without = [&](auto change) {
    auto altered = parts;
    change(altered);
    auto made = make_decision_document(altered);
    return made ? "made" : std::string{to_string(code_of(made.error()))} + ": " + text_of(made.error());
  };
  EXPECT_THAT(error_without([](auto& it) { it.values.clear(); }), StartsWith("no_data: nothing is sealed"));
  EXPECT_THAT(error_without([](auto& it) { it.values.erase(it.values.begin()); }),
              StartsWith("no_data: this node does not have the opening"));
  EXPECT_THAT(error_without([](auto& it) { it.generations.pop_back(); }),
              StartsWith("no_data: this node does not have all changes of members"));
  EXPECT_THAT(error_without([](auto& it) {
                it.first = decided_hive{4, 4}.first();
              }),
              StartsWith("no_data: this node does not have all changes of members"));
  parts = decision_case_named("complete").parts;
  EXPECT_THAT(error_without([](auto& it) { it.values.erase(it.values.begin() + 2); }),
              StartsWith("no_data: this node does not have what was sealed at position 3;"));
}

// -- any bit -------------------------------------------------------------------------------

bool names_place(const std::string& fault) {
  for (const auto* place : {"values[", "generations[", "judgements[", "first_generation", "/",
                            "unreadable: ", "the file is not in the form that nodes write: byte "})
    if (fault.starts_with(place))
      return true;
  return false;
}

void flip_bits(const std::string& name, size_t stride) {
  auto right = document_of(decision_case_named(name).parts);
  ASSERT_TRUE(verify(right).is_verified);
  std::map<std::string, size_t> kinds;
  for (size_t bit = 0; bit < 8 * right.size(); bit += stride) {
    auto altered = right;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
    auto result = verify(altered);
    ASSERT_FALSE(result.is_verified) << name << ", bit " << bit;
    ASSERT_TRUE(names_place(result.faults.front())) << name << ", bit " << bit << ": " << result.faults.front();
    ++kinds[result.faults.front().substr(0, 6)];
  }
  for (const auto* place : {"values", "unread"})
    EXPECT_GT(kinds[place], 0u) << place;
}

TEST(decision_verification, notices_any_flipped_bit) {
  // Odd, so that each bit of a byte has its turn.
  size_t stride = is_soak() ? 1 : 71;
  flip_bits("rejected", stride); // with a judgement
  flip_bits("after_changed_members", is_soak() ? 1 : 301);
}

// -- what is made up -----------------------------------------------------------------------

TEST(decision_verification, takes_no_list_that_lacks_something) {
  auto parts = decision_case_named("complete").parts;
  ASSERT_EQ(parts.values.size(), 4u);
  auto without = [&](auto change) {
    auto altered = parts;
    change(altered);
    return faults_of(altered);
  };
  EXPECT_THAT(without([](auto& it) { it.values.erase(it.values.begin()); }),
              Contains("values[0]: the first value does not open the proposal"));
  EXPECT_THAT(without([](auto& it) { it.values.erase(it.values.begin() + 2); }),
              ElementsAre("values[2]: the value at position 3 is missing before it"));
  EXPECT_THAT(without([](auto& it) { it.values[1].accepts.pop_back(); }), ElementsAre(HasSubstr("values[1]: value ")));
  EXPECT_THAT(without([](auto& it) { std::swap(it.values[1], it.values[2]); }), Not(IsEmpty()));
  EXPECT_THAT(without([](auto& it) { std::swap(it.values[1].accepts, it.values[2].accepts); }),
              Contains(HasSubstr("has no quorum of accepts")));
  EXPECT_THAT(without([](auto& it) { it.values[1].accepts[1] = it.values[1].accepts[0]; }),
              ElementsAre(HasSubstr("has no quorum of accepts")));
}

TEST(decision_verification, takes_no_other_line_of_members) {
  auto parts = decision_case_named("after_changed_members").parts;
  auto less = parts;
  less.generations.pop_back();
  EXPECT_THAT(faults_of(less), Contains(HasSubstr("is of another generation")));
  less = parts;
  less.generations.erase(less.generations.begin());
  EXPECT_THAT(faults_of(less), Contains("generations[0]: generation 3 does not follow generation 1"));
  auto foreign = decision_case_named("aborted").parts;
  foreign.first = decided_hive{4, 4}.first();
  EXPECT_THAT(faults_of(foreign), Contains(HasSubstr("is of another generation")));
  foreign.first = decided_hive{3, 3, 1}.first(); // the same members, and another quorum
  EXPECT_THAT(faults_of(foreign), Contains(HasSubstr("is of another generation")));
}

TEST(decision_verification, takes_no_summary_that_the_values_do_not_give) {
  auto parts = decision_case_named("aborted").parts;
  auto text = document_of(parts);
  auto altered = [&](const std::string& what, const std::string& by) {
    return verify(replaced(text, what, by)).faults;
  };
  EXPECT_THAT(altered(R"("decision":"aborted")", R"("decision":"approved")"),
              ElementsAre(R"(/decision is "approved" in the document, and "aborted" by its values)"));
  EXPECT_THAT(altered(R"("rollout":"none")", R"("rollout":"complete")"), ElementsAre(HasSubstr("/rollout is")));
  EXPECT_THAT(altered(R"("to":"v2")", R"("to":"v3")"), ElementsAre(HasSubstr("/to is")));
  EXPECT_THAT(altered(R"("from":"v1")", R"("from":"v0")"), ElementsAre(HasSubstr("/from is")));
  EXPECT_THAT(altered(R"("track":"main")", R"("track":"side")"), ElementsAre(HasSubstr("/track is")));
  EXPECT_THAT(altered(R"("kind":"aborted")", R"("kind":"approved")"), ElementsAre(HasSubstr("/values/1/kind is")));
  EXPECT_THAT(altered(R"("position":2)", R"("position":3)"), ElementsAre(HasSubstr("/values/1/position is")));
  auto hash = to_hex(parts.values[1].value->hash);
  EXPECT_THAT(altered(R"("hash":")" + hash, R"("hash":")" + std::string(64, '0')), ElementsAre(HasSubstr("/hash is")));
}

TEST(decision_verification, takes_no_other_layout) {
  auto text = document_of(decision_case_named("aborted").parts);
  for (const auto& altered : {text + "\n", " " + text, replaced(text, ",", ", "), text.substr(0, text.size() - 1)}) {
    auto result = verify(altered);
    EXPECT_THAT(result.faults, ElementsAre(StartsWith("the file is not in the form that nodes write: byte ")));
  }
}

TEST(decision_document, is_read_by_the_version_of_its_form) {
  auto text = document_of(decision_case_named("aborted").parts);
  auto read = read_decision_document(replaced(text, R"("format":1)", R"("format":2)"));
  ASSERT_FALSE(read);
  EXPECT_EQ(code_of(read.error()), ec::unsupported);
  EXPECT_TRUE(is_decision_document(text));
  EXPECT_FALSE(is_decision_document(file_text(HIVE_TEST_DATA "/verdicts/strict.json")));
  for (const auto* other : {"", "{", "[]", "{}", R"({"algorithm":1})"}) {
    EXPECT_FALSE(is_decision_document(other));
    EXPECT_FALSE(read_decision_document(other));
  }
}

} // namespace
} // namespace hive::test
