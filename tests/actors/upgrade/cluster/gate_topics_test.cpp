#include "actors/upgrade/cluster/gate_topics.hpp"

#include "actors/benchmark/result_slots.hpp"
#include "actors/hive/state/replica_options.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "actors/upgrade/cluster/statement_book.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "messages/packed.hpp"
#include "tests/actors/upgrade/decision/decided_hive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using gate::slot_type;

key_pair keys_of(unsigned char number) {
  std::array<unsigned char, key_pair::seed_bytes> seed{number};
  return key_pair::from_seed(seed);
}

/// A vote of the node on a proposal whose id is all ones.
gate::statement_ptr vote(unsigned char by, wire::Verdict verdict, uint64_t version, uint64_t epoch = 1) {
  gate::digest proposal;
  proposal.fill(1);
  auto content = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(gate::data_of(proposal));
    out.setStart(1);
    out.setVerdict(verdict);
  });
  auto whole = sign_statement(keys_of(by), slot_type::vote, gate::slot_key(slot_type::vote, 0), to_packed(content),
                              epoch, version);
  return *gate::decode_statement(whole, verify_statement);
}

slot_rules rules_of(slot_type type) {
  for (auto& each : gate_rules())
    if (each.kind == kind_of(type))
      return each;
  return {};
}

TEST(gate_topics, a_statement_comes_out_of_its_slot_as_it_went_in) {
  auto sent = vote(1, wire::Verdict::SAFE, 5);
  auto content = rules_of(slot_type::vote).decode(gate::slot_key(slot_type::vote, 0), to_slot_payload(*sent));
  ASSERT_TRUE(content);
  const auto* heard = content_as<gate::statement_ptr>(*content);
  ASSERT_TRUE(heard);
  EXPECT_EQ((*heard)->origin, sent->origin);
  EXPECT_EQ((*heard)->version, 5u);
  EXPECT_EQ((*heard)->vote()->getVerdict(), wire::Verdict::SAFE);
}

TEST(gate_topics, a_statement_of_another_kind_or_track_than_its_slot_is_refused) {
  auto payload = to_slot_payload(*vote(1, wire::Verdict::SAFE, 5));
  EXPECT_FALSE(rules_of(slot_type::run).decode(gate::slot_key(slot_type::run, 0), payload));
  EXPECT_FALSE(rules_of(slot_type::vote).decode(gate::slot_key(slot_type::vote, 1), payload));
}

TEST(gate_topics, any_flipped_bit_is_refused_or_changes_nothing) {
  auto rules = rules_of(slot_type::vote);
  auto key = gate::slot_key(slot_type::vote, 0);
  auto sent = vote(1, wire::Verdict::SAFE, 5);
  auto payload = to_slot_payload(*sent);
  for (size_t bit = 0; bit < 8 * payload.size(); ++bit) {
    auto changed = payload;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    auto content = rules.decode(key, changed);
    if (!content)
      continue;
    const auto& heard = *content_as<gate::statement_ptr>(*content); // padding that no field reads
    EXPECT_EQ(heard->origin, sent->origin) << bit;
    EXPECT_EQ(heard->version, sent->version) << bit;
    EXPECT_EQ(heard->payload(), sent->payload()) << bit;
  }
}

TEST(gate_topics, two_votes_of_one_ballot_contradict_each_other) {
  auto rules = rules_of(slot_type::vote);
  ASSERT_TRUE(rules.contradicts);
  auto said = [&](uint64_t by, wire::Verdict verdict, uint64_t version, uint64_t epoch = 1) {
    return *rules.decode(gate::slot_key(slot_type::vote, 0), to_slot_payload(*vote(by, verdict, version, epoch)));
  };
  auto safe = said(1, wire::Verdict::SAFE, 5);
  EXPECT_NE(rules.contradicts(safe, said(1, wire::Verdict::REGRESSED, 6)), "");
  EXPECT_EQ(rules.contradicts(safe, safe), "");
  EXPECT_EQ(rules.contradicts(safe, said(1, wire::Verdict::REGRESSED, 6, 2)), "") << "another run";
  EXPECT_EQ(rules.contradicts(safe, said(2, wire::Verdict::REGRESSED, 6)), "") << "another node";
  EXPECT_NE(rules.contradicts(safe, said(1, wire::Verdict::REGRESSED, 5)), "") << "one stamp";
  EXPECT_EQ(rules.contradicts(safe, make_content(std::string{"another type"})), "");
}

TEST(gate_topics, statements_go_at_once_and_wait_for_their_owner) {
  for (const auto& rules : gate_rules()) {
    EXPECT_TRUE(rules.is_urgent && rules.waits_for_admission && rules.has_own_room) << rules.name;
    EXPECT_FALSE(rules.quota) << rules.name;
  }
}

TEST(gate_topics, all_slots_of_a_node_fit_beside_those_of_the_gate) {
  replica_options bounds;
  size_t starts = 1, of_a_track = gate_rules().size() - starts;
  EXPECT_EQ(bounds.own_room_slots, starts + of_a_track * gate::max_tracks);
  size_t results = latest_results_rules().quota->keys;
  size_t single = 4; // card, load, GPUs, health in stages
  EXPECT_LE(bounds.own_room_slots + results + tool_buckets + single, bounds.slots_per_origin);
}

TEST(statement_book, keeps_the_newest_statement_of_each_node) {
  auto self = vote(1, wire::Verdict::SAFE, 1)->origin;
  statement_book book{self};
  auto first = vote(2, wire::Verdict::INCONCLUSIVE, 1), second = vote(2, wire::Verdict::SAFE, 2);
  EXPECT_TRUE(book.hear(second));
  EXPECT_FALSE(book.hear(first));
  EXPECT_FALSE(book.hear(second));
  EXPECT_EQ(book.find(second->origin, {slot_type::vote, 0}), second);
  EXPECT_EQ(book.heard().size(), 1u);
  book.forget(second->origin);
  EXPECT_TRUE(book.heard().empty());
}

TEST(statement_book, tells_all_slots_of_the_kinds_that_changed) {
  auto own = vote(1, wire::Verdict::SAFE, 1);
  statement_book book{own->origin};
  book.write({own}, {});
  EXPECT_TRUE(book.told().empty()) << "it is not durable yet";
  auto told = book.tell({own});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, kind_of(slot_type::vote));
  EXPECT_EQ(told[0].payloads.at(gate::slot_key(slot_type::vote, 0)), to_slot_payload(*own));
  EXPECT_EQ(book.told().size(), 1u);
}

TEST(statement_book, what_others_return_replaces_what_an_old_disk_had) {
  auto old = vote(1, wire::Verdict::INCONCLUSIVE, 1), newer = vote(1, wire::Verdict::SAFE, 9);
  statement_book book{old->origin};
  book.restore(old);
  EXPECT_TRUE(book.hear(newer));
  ASSERT_EQ(book.stored().own.size(), 1u);
  EXPECT_EQ(book.stored().own[0], newer);
  EXPECT_EQ(book.told()[0].payloads.begin()->second, to_slot_payload(*newer));
}

} // namespace
} // namespace hive
