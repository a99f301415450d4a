// What operators do when a quorum is lost for good: gate.md section 8.

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

class gate_line : public gate_cores {
protected:
  /// All but the first nodes are lost, and these go on without them.
  void go_on_with(rank count) {
    for (rank lost = count; lost < nodes.size(); ++lost)
      silent.insert(lost);
    for (rank survivor = 0; survivor < count; ++survivor)
      force(nodes[survivor], members(count));
  }
  /// A proposal in the line of the first two nodes.
  digest propose_in_line(node& at) {
    auto id = propose(at, {.electorate = members(2), .nonce = "2", .line = line_at(at.number)});
    pass(3s);
    return id;
  }
  digest hash_at(rank which) const {
    return track_at(which).sealers().hash();
  }
  uint64_t position_at(rank which) const {
    return state_at(which).position();
  }
  std::string line_at(rank which) const {
    return std::string{view_of(track_at(which).sealers().content().getLine())};
  }
};

TEST_F(gate_line, lets_survivors_go_on_and_drops_what_was_open) {
  auto dropped = start_and_open(5);
  silent = {2, 3, 4};
  force(nodes[0], members(2));
  EXPECT_NE(hash_at(0), hash_at(1)); // each waits for its own operator
  force(nodes[1], members(2));
  share_all();
  for (rank at : {0, 1}) {
    EXPECT_EQ(hash_at(at), hash_at(0));
    EXPECT_NE(line_at(at), "");
    EXPECT_EQ(state_at(at).now(), phase::idle);
    EXPECT_TRUE(state_at(at).is_dropped());
    EXPECT_TRUE(track_at(at).is_admitted());
  }
  // A vote on what is dropped counts no more, and it is not opened again.
  vote(nodes[0], dropped, wire::Verdict::SAFE);
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u);
  auto next = propose_in_line(nodes[1]);
  for (rank at : {0, 1}) {
    EXPECT_EQ(newest(nodes[at]), kind::OPEN);
    EXPECT_EQ(state_at(at).what()->id(), next);
  }
}

TEST_F(gate_line, decides_nothing_together_with_those_who_were_lost) {
  auto open = start_and_open(5);
  go_on_with(2);
  share_all();
  auto next = propose_in_line(nodes[1]);
  ASSERT_EQ(newest(nodes[0]), kind::OPEN);
  silent = {};
  share_all();
  // The lost ones are three of five: they go on with what they know, and the others with what these know.
  stop(nodes[3], open);
  stop(nodes[0], next);
  pass(20s);
  for (rank at : {2, 3, 4}) {
    EXPECT_EQ(newest(nodes[at]), kind::ABORTED);
    EXPECT_EQ(state_at(at).what()->id(), open);
    EXPECT_TRUE(track_at(at).members()[0].differs);
  }
  for (rank at : {0, 1}) {
    EXPECT_EQ(newest(nodes[at]), kind::ABORTED);
    EXPECT_EQ(state_at(at).what()->id(), next);
  }
}

TEST_F(gate_line, seals_nothing_for_lost_ones_that_are_too_few) {
  auto open = start_and_open(5);
  go_on_with(3);
  share_all();
  silent = {};
  share_all();
  stop(nodes[4], open);
  pass(60s);
  EXPECT_EQ(newest(nodes[3]), kind::OPEN);
  EXPECT_EQ(newest(nodes[4]), kind::OPEN);
  EXPECT_EQ(position_at(0), 1u);
}

TEST_F(gate_line, refuses_what_needs_no_force) {
  start(3);
  force(nodes[0], members(2));
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u); // nothing is sealed yet
  propose(nodes[0], {});
  pass(2s);
  force(nodes[0], members(3));
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u); // these are the sealers
  force(nodes[0], {{1}, {0}});
  EXPECT_EQ(take<outputs::refused>(nodes[0]).size(), 1u); // out of order
  EXPECT_EQ(hash_at(0), sealers->hash());
}

TEST_F(gate_line, is_the_same_again_after_a_restart) {
  start_and_open(3);
  go_on_with(2);
  auto line = hash_at(0);
  restart(nodes[0]);
  EXPECT_EQ(hash_at(0), line);
  EXPECT_EQ(state_at(0).now(), phase::idle);
  EXPECT_TRUE(track_at(0).is_admitted());
  propose_in_line(nodes[0]);
  ASSERT_EQ(newest(nodes[1]), kind::OPEN);
  restart(nodes[1]);
  EXPECT_EQ(hash_at(1), line);
  EXPECT_EQ(newest(nodes[1]), kind::OPEN);
  EXPECT_EQ(state_at(1).now(), phase::judging);
}

TEST_F(gate_line, comes_back_to_a_node_whose_disk_has_lost_it) {
  start_and_open(3);
  auto old = nodes[0].stored;
  go_on_with(2);
  auto own = nodes[0].stored.own;
  nodes[0].stored = old;
  restart(nodes[0]);
  EXPECT_EQ(hash_at(0), sealers->hash());
  for (const auto& slot : own) // others remember what it told
    step(nodes[0], events::heard{slot});
  talk();
  share_all();
  EXPECT_EQ(hash_at(0), hash_at(1));
  EXPECT_TRUE(track_at(0).is_admitted());
}

TEST_F(gate_line, admits_anew_a_node_that_was_admitted_in_the_line_before) {
  start_and_open(5);
  auto old = nodes[0].stored;
  go_on_with(2);
  // Its disk forgets the line, and those who were lost admit it in the line before.
  nodes[0].stored = old;
  silent = {1};
  restart(nodes[0]);
  ASSERT_EQ(hash_at(0), sealers->hash());
  ASSERT_TRUE(track_at(0).is_admitted());
  // They cannot give back what it said in the line.
  force(nodes[0], members(2));
  EXPECT_EQ(hash_at(0), hash_at(1));
  EXPECT_FALSE(track_at(0).is_admitted());
  silent = {2, 3, 4};
  share_all();
  EXPECT_TRUE(track_at(0).is_admitted());
}

TEST_F(gate_line, is_joined_by_one_that_knew_less) {
  start(5);
  silent = {1};
  auto first = propose(nodes[0], {.electorate = members(5)});
  pass(2s);
  stop(nodes[0], first);
  pass(2s);
  silent = {1, 2, 3, 4};
  force(nodes[0], members(2));
  ASSERT_EQ(position_at(0), 2u);
  silent = {2, 3, 4};
  // It catches up in the line before, which it is still in, and then begins the same one.
  share_all();
  EXPECT_EQ(position_at(1), 2u);
  EXPECT_NE(hash_at(1), hash_at(0));
  force(nodes[1], members(2));
  EXPECT_EQ(hash_at(1), hash_at(0));
}

TEST_F(gate_line, is_joined_by_one_that_began_another_with_less) {
  auto first = start_and_open(5);
  silent = {1};
  stop(nodes[0], first);
  pass(2s);
  silent = {1, 2, 3, 4};
  force(nodes[0], members(2));
  silent = {0, 2, 3, 4};
  force(nodes[1], members(2));
  EXPECT_EQ(position_at(1), 1u);
  silent = {2, 3, 4};
  share_all();
  EXPECT_NE(hash_at(1), hash_at(0));
  force(nodes[1], members(2));
  EXPECT_EQ(hash_at(1), hash_at(0));
  EXPECT_EQ(position_at(1), 2u);
  // The other one has nothing to give up.
  auto before = hash_at(0);
  force(nodes[0], members(2));
  EXPECT_EQ(hash_at(0), before);
}

TEST_F(gate_line, is_begun_anew_with_other_members_and_never_returned_to) {
  start_and_open(5);
  silent = {2, 3, 4};
  force(nodes[1], members(2));
  silent = {1, 2, 3, 4};
  force(nodes[0], {{0}, {4}}); // by mistake
  force(nodes[0], members(2));
  EXPECT_EQ(track_at(0).sealers().number(), 3u);
  EXPECT_NE(hash_at(0), hash_at(1));
  silent = {2, 3, 4};
  share_all();
  force(nodes[0], members(2));
  EXPECT_NE(hash_at(0), hash_at(1)); // node 1 is the one with the older line
  force(nodes[1], members(2));
  EXPECT_EQ(hash_at(0), hash_at(1));
}

TEST_F(gate_line, is_followed_by_a_lost_one_on_its_operators_word) {
  start_and_open(5);
  go_on_with(2);
  share_all();
  propose_in_line(nodes[1]);
  silent = {3, 4};
  share_all();
  EXPECT_EQ(position_at(2), 1u);
  force(nodes[2], members(2));
  EXPECT_EQ(position_at(2), 2u);
  EXPECT_EQ(hash_at(2), hash_at(0));
  EXPECT_FALSE(track_at(2).is_admitted());
  // The survivors may take it in again, as any other node.
  stop(nodes[0], state_at(0).what()->id());
  pass(3s);
  change_members(nodes[0], members(3));
  pass(5s);
  share_all();
  for (rank at : {0, 1, 2}) {
    EXPECT_EQ(track_at(at).sealers().size(), 3u);
    EXPECT_TRUE(track_at(at).is_admitted());
    EXPECT_EQ(line_at(at), line_at(0));
  }
}

TEST_F(gate_line, refuses_a_proposal_that_is_meant_for_another_one) {
  start_and_open(3);
  go_on_with(2);
  propose(nodes[0], {.electorate = members(2), .nonce = "2"});
  auto refused = take<outputs::refused>(nodes[0]);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].why, ec::invalid);
}

TEST(line_start, has_a_hash_over_its_place_and_its_members) {
  auto before = make_generation(5);
  auto with = make_generation(2);
  auto made = must(line_start::make(before, 2, 7, digest{1}, with->content()));
  auto same = must(line_start::make(make_generation(5), 2, 7, digest{1}, make_generation(2)->content()));
  EXPECT_EQ(made.first->hash(), same.first->hash());
  for (const auto& other : {line_start::make(before, 3, 7, digest{1}, with->content()),
                            line_start::make(before, 2, 8, digest{1}, with->content()),
                            line_start::make(before, 2, 7, digest{2}, with->content()),
                            line_start::make(before, 2, 7, digest{1}, make_generation(3)->content()),
                            line_start::make(make_generation(4), 2, 7, digest{1}, with->content())}) {
    ASSERT_TRUE(other);
    EXPECT_NE(made.first->hash(), other->first->hash());
    EXPECT_NE(view_of(made.first->content().getLine()), view_of(other->first->content().getLine()));
  }
}

TEST(line_start, is_refused_when_it_says_another_place_than_its_hash) {
  auto made = must(line_start::make(make_generation(5), 2, 7, digest{1}, make_generation(2)->content()));
  auto told = [&](uint64_t position, const generation* before) {
    auto message = msg<wire::GateLine>::build([&](wire::GateLine::Builder out) {
      out.setGeneration(made.first->content());
      out.setPosition(position);
      out.setChain(data_of(made.chain));
      if (before)
        out.setBefore(before->content());
    });
    return line_start::from(*message);
  };
  EXPECT_TRUE(told(7, nullptr));
  EXPECT_TRUE(told(7, made.before.get()));
  EXPECT_FALSE(told(8, nullptr));
  EXPECT_FALSE(told(7, make_generation(4).get()));
}

} // namespace
} // namespace hive::gate::testing
