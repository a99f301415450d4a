#include "actors/hive/core/hive_core.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"

#include <gtest/gtest.h>

// Messages of earlier builds, recorded in tests/data/old_gossip: a current core exchanges with them, both as the asking
// and as the answering side.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;

constexpr uint64_t asker = 21, answerer = 22;

template <class T>
msg<T> recorded(const std::string& name) {
  auto bytes = file_text(std::filesystem::path{HIVE_TEST_DATA} / "old_gossip/0b09d14" / (name + ".bin"));
  auto out = msg<T>::load(bytes);
  if (!out)
    throw std::runtime_error(name + ": " + text_of(out.error()));
  return *out;
}

class old_gossip : public testing::Test {
protected:
  old_gossip() : core_{options(), now_} {
    settle(core_.begin(now_));
  }

  static hive_core_options options() {
    hive_core_options out;
    out.keys = keys_of(1);
    out.epoch = 1;
    out.admit = admit_everybody;
    out.topics = node_topics();
    out.self = msg<wire::Hello>::build([](wire::Hello::Builder hello) { hello.initCard().setName("new"); });
    return out;
  }

  void settle(core_output out) {
    delivered_.insert(delivered_.end(), out.to_publish.begin(), out.to_publish.end());
    std::ranges::move(out.to_send, std::back_inserter(sent_));
    for (const auto& line : out.log)
      EXPECT_LT(line.level, log::level::warning) << line.text;
    for (const auto& order : out.to_store)
      settle(core_.step(store_done{order.purpose, {}, 0}, now_));
  }

  void link(uint64_t number) {
    auto node = id_of(keys_of(number));
    auto hello = msg<wire::Hello>::build([](wire::Hello::Builder out) { out.setEpoch(3); });
    settle(core_.step(link_offer{node, hello}, now_));
    settle(core_.step(link_up{node, hello, {}}, now_));
  }

  msg<wire::GossipAnswer> ask(const std::string& question) {
    auto out = core_.step(question_received{id_of(keys_of(asker)), recorded<wire::GossipQuestion>(question)}, now_);
    auto answer = out.answer.value();
    settle(std::move(out));
    return answer ? *answer : throw std::runtime_error(text_of(answer.error()));
  }

  /// Checks that all five slots of the node are held and delivered to the services.
  void expect_known(uint64_t number) {
    auto node = id_of(keys_of(number));
    std::vector<slot_kind> kinds, delivered;
    for (const auto& each : core_.held().slots_of(node))
      kinds.push_back(each->name.kind);
    EXPECT_THAT(kinds,
                UnorderedElementsAre(slot_kind::card, tool_stats_kind, latest_results_kind, load_kind, slot_kind{77}));
    for (const auto& update : delivered_)
      if (auto* accepted = std::get_if<slots_accepted>(&update); accepted && accepted->origin == node)
        delivered.push_back(accepted->kind);
    EXPECT_THAT(delivered, UnorderedElementsAre(tool_stats_kind, latest_results_kind, load_kind));
    auto shown = core_.node(node, now_);
    ASSERT_TRUE(shown);
    EXPECT_EQ((*shown)->getNodes()[0].getName(), "old" + std::to_string(number));
    EXPECT_EQ((*shown)->getNodes()[0].getSpawned(), number);
  }

  core_time now_{tick_point{1h}, test_now + 60'000'000};
  hive_core core_;
  std::vector<topic_update> delivered_;
  std::vector<question_to_send> sent_;
};

TEST_F(old_gossip, a_question_of_an_old_node_is_answered_and_joined) {
  link(asker);
  EXPECT_TRUE(ask("question_1")->hasDigest());
  ask("question_2");
  expect_known(asker);
}

TEST_F(old_gossip, an_answer_of_an_old_node_is_joined) {
  link(answerer);
  ASSERT_EQ(sent_.size(), 1U);
  auto node = id_of(keys_of(answerer));
  settle(core_.step(answer_received{node, recorded<wire::GossipAnswer>("answer_1")}, now_));
  ASSERT_EQ(sent_.size(), 2U) << "what it lacks goes to it";
  EXPECT_TRUE(sent_[1].question->hasDigest());
  settle(core_.step(answer_received{node, recorded<wire::GossipAnswer>("answer_2")}, now_));
  expect_known(answerer);
}

} // namespace
} // namespace hive
