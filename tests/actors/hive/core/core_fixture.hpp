#pragma once

#include "actors/hive/core/hive_core.hpp"
#include "tests/actors/hive/hive_test.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace hive {

inline constexpr slot_kind rumours{100}; ///< a test topic

/// A test topic: any text but "impossible" is valid.
inline slot_rules rumour_rules() {
  auto decode = [](std::string_view, std::string_view payload) -> caf::expected<slot_content> {
    if (payload == "impossible")
      return fail(ec::invalid, "nobody says so");
    return make_content(std::string{payload});
  };
  auto describe = [](const slot_content& content, wire::NodeInfo::Builder out) {
    out.setSoftware(*content_as<std::string>(content));
  };
  return {rumours, "rumours", decode, describe};
}

inline hive_core_options options_of(uint64_t number, uint64_t epoch = 1) {
  hive_core_options out;
  out.keys = keys_of(number);
  out.epoch = epoch;
  out.admit = admit_everybody;
  out.topics = {rumour_rules()};
  out.self = msg<wire::Hello>::build([&](wire::Hello::Builder hello) {
    hello.setNode(id_of(out.keys).value);
    hello.setEpoch(epoch);
    auto card = hello.initCard();
    card.setName("node" + std::to_string(number));
    card.setWrittenAt(test_now);
  });
  return out;
}

/// Drives one core step by step; time passes only when a test says so.
class core_fixture : public testing::Test {
protected:
  explicit core_fixture(const hive_core_options& options = options_of(1)) : core_{options, now_} {
    written(core_.begin(now_));
    take(core_.step(door_opened{{}, options_of(1).self}, now_));
  }

  /// Runs a step and collects its output.
  core_output step(core_event event) {
    return core_.step(std::move(event), now_);
  }

  /// Completes the writes of this output successfully, and those that follow.
  void written(core_output out) {
    take(out);
    for (const auto& order : out.to_store)
      written(step(store_done{order.purpose, {}, order.epoch}));
  }

  void take(const core_output& out) {
    for (const auto& each : out.to_publish)
      delivered_.push_back(each);
    for (const auto& each : out.to_send)
      sent_.push_back(each);
    for (const auto& each : out.log)
      logged_ += each.text + '\n';
  }

  void link(uint64_t number) {
    auto hello = options_of(number).self;
    auto node = id_of(keys_of(number));
    take(step(link_offer{node, hello}));
    take(step(link_up{node, hello, {}}));
    answer(number); // the first question on every link
  }

  /// Answers a question of the core to this node with an equal root.
  void answer(uint64_t number, bool redundant = false) {
    auto same = msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
      out.setRoot({core_.held().root().data(), core_.held().root().size()});
      out.setRedundant(redundant);
    });
    written(step(answer_received{id_of(keys_of(number)), same}));
  }

  /// Receivers of pushes since the last call; answers each at once.
  std::vector<uint64_t> pushes(bool redundant = false) {
    std::vector<uint64_t> out;
    for (const auto& each : std::exchange(sent_, {})) {
      if (!each.question->getPushed())
        continue;
      for (uint64_t number = 1; number < 20; ++number)
        if (id_of(keys_of(number)) == each.to)
          out.push_back(number);
    }
    for (auto number : out)
      answer(number, redundant);
    std::ranges::sort(out);
    return out;
  }

  /// Starts a round. Returns the number of exchanges that the core begins, each of which ends with an equal root.
  size_t round() {
    sent_.clear();
    take(step(round_due{}));
    auto begun = std::exchange(sent_, {});
    for (const auto& each : begun)
      for (uint64_t number = 1; number < 20; ++number)
        if (id_of(keys_of(number)) == each.to)
          answer(number);
    return begun.size();
  }

  /// Another node begins an exchange with this root.
  void ask_from(uint64_t number, const root_hash& root) {
    auto question = msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
      out.setRoot({root.data(), root.size()});
    });
    written(step(question_received{id_of(keys_of(number)), question}));
  }

  /// Pushes to the core the slots of a replica that are newer than this stamp.
  msg<wire::GossipAnswer> push_from(const replica& from, uint64_t by, write_stamp since = {}) {
    auto news = gossip::push(from, from.delta_since({{from.own_id(), since}}, test_budget));
    auto out = step(question_received{id_of(keys_of(by)), over_the_wire(news)});
    auto given = out.answer.value();
    written(std::move(out));
    return given ? *given : throw std::runtime_error(text_of(given.error()));
  }

  void say(const std::string& text) {
    written(step(publish_slots{rumours, {{"a", text}}}));
  }

  std::string own_rumour() const {
    auto held = core_.held().find(core_.held().own_id(), {rumours, "a"});
    return held ? held->payload : "";
  }

  void pass(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.unix_micros += std::chrono::microseconds{time}.count();
  }

  core_time now_{tick_point{std::chrono::hours{1}}, test_now};
  hive_core core_;
  std::vector<topic_update> delivered_;
  std::vector<question_to_send> sent_;
  std::string logged_;
};

} // namespace hive
