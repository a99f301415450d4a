#include "tests/actors/hive/core/pledges.hpp"
#include "tests/actors/hive/federation/federation_node.hpp"
#include "tests/actors/hive/hive_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Two real nodes of three each get one of two pledges that contradict each other. The proof reaches all, over real
// links, and stays with each of them.

namespace hive {
namespace {

using testing::HasSubstr;

constexpr uint64_t pledger = 777;

/// A node that knows pledges, and can be told something by somebody who is none of the nodes.
struct pledge_node {
  pledge_node(const std::filesystem::path& directory, std::vector<endpoint> join) {
    federation_node_options options;
    options.join = std::move(join);
    options.directory = directory;
    options.topics = [this](caf::actor_system& its) {
      system = &its;
      return std::vector<slot_topic>{{pledge_rules()}};
    };
    node = std::make_unique<federation_node>(options);
  }

  void tell(const std::string& pledge, uint64_t version) {
    static constexpr root_hash no_root{};
    auto keys = keys_of(pledger);
    auto card = signed_slot(keys, card_name(), {1, 1}, card_payload("pledger"));
    auto said = signed_slot(keys, {pledges, "p"}, {1, version}, pledge);
    auto delta = forged_delta{keys.public_part(), {}, {card, said}, card}.make();
    auto hello = msg<wire::Hello>::build([&](wire::Hello::Builder out) { out.setNode(id_of(keys).value); });
    auto link = node->ask<link_actor>(link_offer{id_of(keys), hello}).value();
    caf::scoped_actor self{*system};
    self
      ->request(link, patience, msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
                  out.setRoot({no_root.data(), no_root.size()});
                  out.initDigest();
                  out.setDelta(*delta);
                }))
      .receive([](const msg<wire::GossipAnswer>&) {}, [](const caf::error& error) { FAIL() << text_of(error); });
    caf::anon_send_exit(link, caf::exit_reason::user_shutdown);
  }

  std::string why_quarantined() const {
    auto status = node->status();
    for (auto each : status->getQuarantined())
      if (id_of(keys_of(pledger)).value == each.getId().cStr())
        return each.getReason().cStr();
    return {};
  }

  caf::actor_system* system = nullptr;
  std::unique_ptr<federation_node> node;
};

TEST(contradiction_between_nodes, is_proven_to_all_and_survives_a_restart) {
  temporary_directory temp;
  pledge_node a{temp.path() / "a", {}};
  pledge_node b{temp.path() / "b", {a.node->at()}};
  auto c = std::make_unique<pledge_node>(temp.path() / "c", std::vector{a.node->at(), b.node->at()});
  ASSERT_TRUE(wait_until([&] { return a.node->status()->getLinked() == 2 && b.node->status()->getLinked() == 2; }));
  a.tell("7:yes", 50);
  b.tell("7:no", 51);
  for (auto* each : {&a, &b, c.get()})
    ASSERT_TRUE(wait_until([&] { return each->why_quarantined() != ""; }));
  for (auto* each : {&a, &b, c.get()})
    EXPECT_THAT(each->why_quarantined(), HasSubstr("two words for ballot 7"));
  EXPECT_TRUE(
    wait_until([&] { return std::string{a.node->status()->getRoot().cStr()} == c->node->status()->getRoot().cStr(); }));
  c->node->await_writes();
  c.reset();
  c = std::make_unique<pledge_node>(temp.path() / "c", std::vector<endpoint>{});
  EXPECT_THAT(c->why_quarantined(), HasSubstr("two words for ballot 7")) << "from its own disk: it has no links";
}

} // namespace
} // namespace hive
