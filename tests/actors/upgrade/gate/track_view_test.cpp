#include "actors/upgrade/gate/track_view.hpp"

#include "tests/actors/upgrade/gate/gate_cores.hpp"

namespace hive::gate::testing {
namespace {

class track_view : public gate_cores {
protected:
  const track& track_of(rank which) const {
    return nodes[which].core->at(0);
  }

  std::map<rank, ask_state> asks(rank at) const {
    std::map<rank, ask_state> out;
    for (const auto& each : track_of(at).proposals())
      for (rank i = 0; i < nodes.size(); ++i)
        if (each.node == id_of(i))
          out[i] = each.state;
    return out;
  }
};

TEST_F(track_view, shows_which_members_are_admitted_and_under_which_start) {
  start(3);
  for (const auto& each : track_of(0).members()) {
    EXPECT_TRUE(each.admitted);
    EXPECT_EQ(each.start, 1u);
    EXPECT_EQ(each.position, 1u);
    EXPECT_EQ(each.generation, sealers->hash());
    EXPECT_FALSE(each.differs);
  }
  // Both others must answer a member of three that has started.
  silent = {2};
  nodes[1].epoch = 2;
  nodes[1].version = 0;
  boot(nodes[1]);
  talk();
  for (rank at : {0, 1}) {
    auto members = track_of(at).members();
    EXPECT_FALSE(members[1].admitted);
    EXPECT_EQ(members[1].start, 2u);
  }
  EXPECT_TRUE(track_of(0).members()[2].admitted); // node 1 has not heard of it since
}

TEST_F(track_view, shows_who_speaks_for_another_generation_or_is_in_quarantine) {
  start(3);
  step(nodes[0], events::heard{make_seal(1, *make_generation(4), {.chain = digest{1}, .version = 50})});
  step(nodes[0], events::quarantined{id_of(2), true});
  auto members = track_of(0).members();
  EXPECT_TRUE(members[1].differs);
  EXPECT_FALSE(members[1].admitted);
  EXPECT_EQ(members[1].generation, make_generation(4)->hash());
  EXPECT_FALSE(members[2].differs);
  EXPECT_TRUE(members[2].quarantined);
}

TEST_F(track_view, shows_of_a_silent_member_nothing) {
  start(3);
  gate_options options;
  options.self = id_of(0);
  options.tracks = {sealers};
  gate_core alone{options,
                  {[](slot_type type, const std::string& key, const std::string& payload) {
                     return sign(0, type, key, payload, 1, 1);
                   },
                   verify}};
  alone.step(events::started{1, 1, false}, now);
  auto members = alone.at(0).members();
  EXPECT_EQ(members[1].start, 0u);
  EXPECT_EQ(members[1].position, 0u);
  EXPECT_EQ(members[1].generation, digest{});
  EXPECT_FALSE(members[1].differs);
}

TEST_F(track_view, tells_announced_queued_opened_and_refused_asks_apart) {
  start(3);
  silent = {0, 1, 2};
  auto first = propose(nodes[0], {.nonce = "1"});
  EXPECT_EQ(asks(0), (std::map<rank, ask_state>{{0, ask_state::announced}}));
  propose(nodes[2], {.nonce = "2"});
  silent = {};
  for (auto& from : {0, 2})
    for (auto& to : nodes)
      if (to.number != from)
        for (const auto& slot : nodes[static_cast<size_t>(from)].stored.own)
          step(to, events::heard{slot});
  propose(nodes[1], {.nonce = "3"}, true);
  pass(2s);
  auto open = track_of(0).state().what();
  ASSERT_TRUE(open);
  rank opened = open->id() == first ? 0 : 2;
  EXPECT_EQ(asks(1), (std::map<rank, ask_state>{{opened, ask_state::opened},
                                                {1, ask_state::queued},
                                                {static_cast<rank>(2 - opened), ask_state::refused}}));
  for (const auto& each : track_of(1).proposals())
    EXPECT_EQ(each.why.empty(), each.state != ask_state::refused) << each.why;
}

TEST_F(track_view, shows_the_stop_that_is_asked_for_until_the_proposal_ends) {
  start(3);
  auto what = propose(nodes[0], {});
  pass(2s);
  EXPECT_EQ(track_of(0).stop_asked(), nullptr);
  silent = {1, 2};
  stop(nodes[0], what);
  ASSERT_TRUE(track_of(0).stop_asked());
  EXPECT_EQ(track_of(0).stop_asked()->origin, id_of(0));
  silent = {};
  for (auto& to : nodes)
    for (const auto& slot : nodes[0].stored.own)
      if (to.number != 0)
        step(to, events::heard{slot});
  pass(30s);
  ASSERT_EQ(newest(nodes[0]), kind::ABORTED);
  EXPECT_EQ(track_of(0).stop_asked(), nullptr);
}

} // namespace
} // namespace hive::gate::testing
