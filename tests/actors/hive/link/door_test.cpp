#include "actors/hive/link/door.hpp"

#include "tests/actors/hive/test_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Identities in the order of their ids, which decides who dials.
std::vector<node_identity> ordered_identities(size_t count) {
  std::vector<node_identity> out(count);
  std::generate(out.begin(), out.end(), [] { return new_identity(); });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

void expect_one_good_link(test_node& a, test_node& b) {
  wait_until([&] { return a.is_linked_with(b) && b.is_linked_with(a); });
  ASSERT_TRUE(a.is_linked_with(b) && b.is_linked_with(a)) << a.journal().events() << "| " << b.journal().events();
  EXPECT_EQ(exchange_pings(a, b.id(), 10), 10U);
  EXPECT_EQ(exchange_pings(b, a.id(), 10), 10U);
  EXPECT_EQ(a.journal().defects() + b.journal().defects(), 0U);
}

TEST(door, either_of_two_nodes_may_join) {
  auto ids = ordered_identities(2);
  test_ca ca;
  for (bool tls : {false, true})
    for (bool lower_joins : {false, true}) {
      test_node_options first{.identity = ids[lower_joins ? 1 : 0]}, second{.identity = ids[lower_joins ? 0 : 1]};
      if (tls) {
        first.shown = ca.issue("first");
        second.shown = ca.issue("second");
      }
      test_node there{first};
      second.join = {there.at()};
      test_node here{second};
      expect_one_good_link(here, there);
    }
}

TEST(door, two_that_join_each_other_at_once_have_one_link) {
  test_ca ca;
  auto held = listen_socket({"127.0.0.1", 0}); // reserves two free ports
  auto held_too = listen_socket({"127.0.0.1", 0});
  auto at_a = held->at, at_b = held_too->at;
  held->fd.reset();
  held_too->fd.reset();
  for (int round = 0; round < 10; ++round) {
    test_node_options a{.shown = ca.issue("a"), .join = {at_b}, .listen = at_a};
    test_node_options b{.shown = ca.issue("b"), .join = {at_a}, .listen = at_b};
    std::unique_ptr<test_node> node_a;
    std::thread other{[&] { node_a = std::make_unique<test_node>(a); }};
    test_node node_b{b};
    other.join();
    expect_one_good_link(*node_a, node_b);
  }
}

TEST(door, a_node_that_joins_itself_stays_alone) {
  auto held = listen_socket({"127.0.0.1", 0});
  auto at = held->at;
  held->fd.reset();
  test_node node{{.join = {at}, .listen = at}};
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(node.journal().events(), "");
}

TEST(door, a_link_to_maintain_is_dialled_by_the_lower_id_alone) {
  auto ids = ordered_identities(2);
  test_node low{{.identity = ids[0]}}, high{{.identity = ids[1]}};
  caf::anon_send(high.door(), maintain_link{low.id(), low.at().text()});
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(high.is_linked_with(low));
  caf::anon_send(low.door(), maintain_link{high.id(), high.at().text()});
  expect_one_good_link(low, high);
}

TEST(door, a_link_can_be_opened_from_either_side) {
  for (size_t dialling : {0, 1, 2}) { // 2: both at once
    auto ids = ordered_identities(2);
    test_node low{{.identity = ids[0]}}, high{{.identity = ids[1]}};
    if (dialling != 1)
      caf::anon_send(low.door(), open_link{high.id(), high.at().text()});
    if (dialling != 0)
      caf::anon_send(high.door(), open_link{low.id(), low.at().text()});
    expect_one_good_link(low, high);
    EXPECT_EQ(low.journal().events().find('?'), std::string::npos) << low.journal().events();
    EXPECT_EQ(high.journal().events().find('?'), std::string::npos) << high.journal().events();
  }
}

TEST(door, reports_an_unreachable_node_once) {
  auto held = listen_socket({"127.0.0.1", 0});
  auto nobody_there = held->at;
  held->fd.reset();
  test_node node{{}};
  caf::anon_send(node.door(), open_link{{"absent"}, nobody_there.text()});
  wait_until([&] { return !node.journal().events().empty(); });
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(node.journal().events(), "?absent ");
}

TEST(door, a_closed_link_ends_by_agreement_and_is_not_made_again) {
  for (bool is_heard : {true, false}) {
    auto ids = ordered_identities(3); // a node without the request keeps dialling nodes with a higher id
    test_node a{{.identity = ids[1]}}, b{{.identity = ids[2]}};
    test_node middle{{.identity = ids[0], .join = {a.at(), b.at()}}};
    ASSERT_TRUE(wait_until([&] { return middle.journal().links().size() == 2; }));
    ASSERT_TRUE(wait_until([&] { return a.is_linked_with(middle); }));
    caf::anon_send(middle.door(), close_link{a.id()});
    if (is_heard)
      caf::anon_send(a.door(), close_link{middle.id(), true});
    ASSERT_TRUE(wait_until([&] { return !middle.is_linked_with(a) && !a.is_linked_with(middle); }));
    std::this_thread::sleep_for(500ms);
    EXPECT_TRUE(middle.journal().events().ends_with("~" + a.id().value + " ")) << middle.journal().events();
    EXPECT_EQ(a.journal().events().ends_with("~" + middle.id().value + " "), is_heard) << a.journal().events();
    EXPECT_TRUE(middle.is_linked_with(b));

    caf::anon_send(middle.door(), open_link{a.id(), a.at().text()});
    expect_one_good_link(middle, a);
  }
}

TEST(door, a_node_without_any_link_joins_again) {
  test_node other{{}};
  test_node node{{.join = {other.at()}}};
  ASSERT_TRUE(wait_until([&] { return node.is_linked_with(other); }));
  caf::anon_send(node.door(), close_link{other.id()});
  ASSERT_TRUE(wait_until([&] { return node.journal().events().find('~') != std::string::npos; }));
  expect_one_good_link(node, other);
}

TEST(door, a_node_that_comes_back_is_linked_again_in_its_new_epoch) {
  auto ids = ordered_identities(2);
  for (int lower_restarts : {0, 1}) {
    auto identity = ids[lower_restarts ? 0 : 1];
    auto first = std::make_unique<test_node>(test_node_options{.identity = identity});
    auto at = first->at();
    test_node stays{{.identity = ids[lower_restarts ? 1 : 0], .join = {at}}};
    wait_until([&] { return stays.is_linked_with(*first); });
    auto old_link = stays.journal().links().at(identity.id).peer;
    first.reset();
    wait_until([&] { return stays.journal().links().empty(); });
    ASSERT_TRUE(stays.journal().links().empty());

    identity.epoch = 2;
    test_node again{{.identity = identity, .listen = at}};
    expect_one_good_link(stays, again);
    EXPECT_EQ(stays.journal().links().at(identity.id).hello->getEpoch(), 2U);

    // The old handle stays dead: a request over it fails, which takes its timeout.
    caf::scoped_actor self{stays.system()};
    bool failed = false;
    self->request(old_link, 2s, msg<wire::Ping>{})
      .receive([](const msg<wire::Pong>&) {}, [&](const caf::error&) { failed = true; });
    EXPECT_TRUE(failed);
  }
}

TEST(door, strangers_come_to_nothing_and_the_door_stays_open) {
  test_ca ca, other_ca;
  test_node node{{.shown = ca.issue("node")}};
  test_node wrong_ca{{.shown = other_ca.issue("stranger"), .join = {node.at()}}};
  test_node plain{{.join = {node.at()}}};
  test_node engine{{.shown = ca.issue("engine", certificate_role::engine), .join = {node.at()}}};
  test_node expired{{.shown = ca.issue("expired", certificate_role::node, -1), .join = {node.at()}}};
  test_node future{{.shown = ca.issue("future"), .join = {node.at()}, .versions = {2, 2}}};
  std::this_thread::sleep_for(500ms);
  for (auto* stranger : {&wrong_ca, &plain, &engine, &expired, &future})
    EXPECT_EQ(stranger->journal().events(), "");
  EXPECT_EQ(node.journal().events(), "");
  test_node good{{.shown = ca.issue("good"), .join = {node.at()}}};
  expect_one_good_link(node, good);
}

TEST(door, silent_strangers_do_not_keep_nodes_out) {
  test_node node{{.hello_timeout = 500ms}};
  std::vector<unique_fd> strangers;
  for (size_t i = 0; i < 2 * defaults::max_handshakes; ++i) {
    auto fd = connect_socket(node.at(), std::chrono::steady_clock::now() + 5s);
    ASSERT_TRUE(fd);
    strangers.push_back(std::move(*fd));
  }
  test_node good{{.join = {node.at()}, .hello_timeout = 500ms}};
  expect_one_good_link(node, good);
}

TEST(door, opens_to_other_machines_only_with_tls) {
  test_ca ca;
  door_options options;
  options.listen = {"0.0.0.0", 0};
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
  EXPECT_THAT(text_of(options.validate()), HasSubstr("0.0.0.0:0"));
  options.shown = ca.issue("n");
  EXPECT_FALSE(options.validate());

  options = {};
  options.join = {{"10.0.0.1", 7421}};
  EXPECT_THAT(text_of(options.validate()), HasSubstr("10.0.0.1:7421"));
  options.shown = ca.issue("n");
  EXPECT_FALSE(options.validate());
  options.join = {{"10.0.0.1", 0}};
  EXPECT_EQ(code_of(options.validate()), ec::invalid);
}

TEST(door, names_an_address_that_cannot_be_bound) {
  test_node node{{}};
  try {
    test_node second{{.listen = node.at()}};
    FAIL() << "two doors at one address";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr(node.at().text()));
  }
}

TEST(door, eight_nodes_over_tls_lose_no_message) {
  constexpr size_t count = 8;
  constexpr size_t messages = 1'000;
  test_ca ca;
  std::vector<std::unique_ptr<test_node>> nodes;
  std::vector<endpoint> doors;
  for (size_t i = 0; i < count; ++i) {
    nodes.push_back(
      std::make_unique<test_node>(test_node_options{.shown = ca.issue("n" + std::to_string(i)), .join = doors}));
    doors.push_back(nodes.back()->at());
  }
  for (auto& node : nodes) {
    wait_until([&] { return node->journal().links().size() == count - 1; });
    ASSERT_EQ(node->journal().links().size(), count - 1) << node->journal().events();
  }
  std::atomic<size_t> arrived = 0;
  std::vector<std::thread> senders;
  for (auto& node : nodes)
    senders.emplace_back([&] {
      for (const auto& [id, link] : node->journal().links())
        arrived += exchange_pings(*node, id, messages);
    });
  for (auto& sender : senders)
    sender.join();
  EXPECT_EQ(arrived, count * (count - 1) * messages);
  for (auto& node : nodes)
    EXPECT_EQ(node->journal().defects(), 0U);
}

} // namespace
} // namespace hive
