#include "actors/hive/state/own_slots.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"

#include <algorithm>
#include <gtest/gtest.h>

// Replicas write, and send, lose, repeat and reorder messages at random, and are killed. Once they have exchanged
// everything, all are equal and no durable write of any origin is missing.

namespace hive {
namespace {

/// Bounds small enough to be reached: a card, three notes, and results in the remaining places.
constexpr replica_options small{.slots_per_origin = 8, .payload_bytes = 1'000, .bytes_per_origin = 3'000};
const yielding_topics few_results{{latest_results_kind, {"latest results", {.keys = 4, .bytes = 1'500}}}};

/// Results with this number of metrics.
std::string results_payload(size_t metrics) {
  return to_packed(msg<wire::SharedResults>::build([&](wire::SharedResults::Builder out) {
    auto list = out.initMetrics(static_cast<uint32_t>(metrics));
    for (uint32_t i = 0; i < list.size(); ++i)
      list[i].setName("metric" + std::to_string(i));
  }));
}

/// A node with its disk.
class hive_node {
public:
  explicit hive_node(uint64_t number) : keys_{keys_of(number)}, state_{keys_, epoch_, admit_all, small} {
    write_card();
  }

  replica& state() {
    return state_;
  }

  void write(std::string key, std::string payload) {
    auto made = state_.prepare(note(std::move(key)), std::move(payload), test_now);
    ASSERT_TRUE(made) << text_of(made.error());
    own_disk_.push_back(*made);
    ASSERT_FALSE(state_.commit(*made));
  }

  /// Publishes exactly these results in one write, which may fail.
  void write_results(std::map<std::string, std::string> payloads, bool fails) {
    own_.want(latest_results_kind, std::move(payloads));
    std::vector<caf::error> left_out;
    auto made = own_.prepare(state_, test_now, left_out);
    for (const auto& each : left_out)
      ASSERT_NE(text_of(each).find("topic latest results"), std::string::npos) << text_of(each);
    if (fails)
      return;
    for (const auto& each : made) {
      own_disk_.push_back(each);
      ASSERT_FALSE(state_.commit(each));
    }
  }

  void receive(const msg<wire::HiveDelta>& delta) {
    auto got = state_.join(*delta, test_now);
    for (const auto& refused : got.refused)
      ASSERT_EQ(refused.at_fault, culprit::nobody) << refused.text;
    ASSERT_TRUE(got.quarantined.empty());
    ASSERT_FALSE(state_.must_raise_epoch());
    std::ranges::copy(got.accepted, std::back_inserter(peers_disk_));
  }

  /// Kills and restarts the node; its last `lost` writes of other nodes' slots did not reach the disk.
  void restart(size_t lost) {
    peers_disk_.resize(peers_disk_.size() - std::min(lost, peers_disk_.size()));
    replica fresh{keys_, ++epoch_, admit_all, small};
    for (const auto& each : newest_by_name(own_disk_))
      ASSERT_FALSE(fresh.restore(keys_.public_part(), each));
    std::map<node_id, std::vector<slot_ptr>> by_origin;
    for (const auto& each : peers_disk_)
      by_origin[each.origin].push_back(each.what);
    for (const auto& [id, slots] : by_origin)
      for (const auto& each : newest_by_name(slots))
        ASSERT_FALSE(fresh.restore(*state_.key_of(id), each));
    state_ = std::move(fresh);
    write_card();
  }

  const std::vector<slot_ptr>& written() const {
    return own_disk_;
  }

  static std::vector<slot_ptr> newest_by_name(const std::vector<slot_ptr>& writes) {
    std::map<slot_name, slot_ptr> newest;
    for (const auto& each : writes)
      if (auto& held = newest[each->name]; !held || held->stamp < each->stamp)
        held = each;
    std::vector<slot_ptr> out;
    for (const auto& [name, each] : newest)
      out.push_back(each);
    return out;
  }

private:
  void write_card() {
    own_disk_.push_back(hive::write(state_, card_name(), card_payload("n" + std::to_string(epoch_))));
  }

  key_pair keys_;
  uint64_t epoch_ = 1;
  replica state_;
  own_slots own_{few_results};
  std::vector<slot_ptr> own_disk_;
  std::vector<accepted_slot> peers_disk_;
};

struct message_under_way {
  size_t to;
  msg<wire::HiveDelta> delta;
};

std::map<std::string, std::string> some_results(std::mt19937_64& random) {
  std::map<std::string, std::string> out;
  for (int adapter = 0; adapter < 10; ++adapter)
    if (random() % 2 == 0)
      out["a" + std::to_string(adapter)] = results_payload(random() % 30);
  return out;
}

void step(std::vector<hive_node>& nodes, std::vector<message_under_way>& network, std::mt19937_64& random) {
  auto pick = [&](size_t below) { return static_cast<size_t>(random() % below); };
  auto& node = nodes[pick(nodes.size())];
  switch (pick(9)) {
  case 0:
  case 1:
    return node.write("k" + std::to_string(pick(3)), pick(6) == 0 ? "" : std::string(pick(400), 'a' + pick(26)));
  case 2:
    if (pick(4) == 0)
      node.restart(pick(4));
    return;
  case 3:
  case 4: {
    auto to = pick(nodes.size());
    auto budget = pick(2) == 0 ? test_budget : 300 + pick(1500);
    network.push_back({to, over_the_wire(node.state().delta_for(*nodes[to].state().digest(), budget, random()))});
    return;
  }
  case 5:
    return node.write_results(some_results(random), pick(4) == 0);
  default: {
    if (network.empty())
      return;
    auto which = pick(network.size());
    if (pick(10) >= 3)
      nodes[network[which].to].receive(network[which].delta);
    if (pick(3) > 0) // otherwise the message is delivered again
      network.erase(network.begin() + static_cast<ptrdiff_t>(which));
  }
  }
}

void run(uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<hive_node> nodes;
  for (uint64_t n = 0; n < 3; ++n)
    nodes.emplace_back(n + 1);
  std::vector<message_under_way> network;
  auto steps = 10 + random() % 40;
  for (uint64_t i = 0; i < steps; ++i) {
    step(nodes, network, random);
    if (testing::Test::HasFatalFailure())
      return;
  }
  for (auto round = 0; round < 2; ++round)
    for (auto& a : nodes)
      for (auto& b : nodes)
        if (&a != &b)
          exchange(a.state(), b.state(), random());
  for (auto& node : nodes) {
    ASSERT_EQ(node.state().root(), nodes[0].state().root());
    ASSERT_EQ(content_of(node.state()), content_of(nodes[0].state()));
    for (const auto& each : hive_node::newest_by_name(node.written())) {
      auto held = nodes[0].state().find(node.state().own_id(), each->name);
      ASSERT_TRUE(held && held->has_same_content(*each)) << "an acknowledged write is lost";
    }
  }
}

TEST(replica_interleaving, ends_with_equal_bytes_everywhere) {
  const uint64_t runs = is_soak() ? 100'000 : 1'000;
  auto base = random_seed();
  std::printf("%lu interleavings of 3 nodes, seeds from %u\n", static_cast<unsigned long>(runs), base);
  for (uint64_t i = 0; i < runs; ++i) {
    SCOPED_TRACE("seed " + std::to_string(base + i));
    ASSERT_NO_FATAL_FAILURE(run(base + i));
  }
}

} // namespace
} // namespace hive
