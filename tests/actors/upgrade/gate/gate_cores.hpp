#pragma once

// Cores that talk with each other, for tests of what they do together.

#include "actors/upgrade/gate/gate_core.hpp"
#include "tests/actors/upgrade/gate/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace hive::gate::testing {

using namespace std::chrono_literals;
using kind = wire::GateValueKind;

/// Cores that hear all that the others tell, at once.
class gate_cores : public ::testing::Test {
protected:
  struct node {
    rank number = 0;
    uint64_t epoch = 1;
    uint64_t version = 0;
    std::unique_ptr<gate_core> core;
    stored_state stored;
    statements told;
    std::vector<output> others; ///< outputs that are neither writes nor told slots
  };

  void start(rank count, uint8_t slack = 0) {
    sealers = make_generation(count, slack);
    nodes.resize(count);
    for (rank i = 0; i < count; ++i) {
      nodes[i].number = i;
      boot(nodes[i]);
    }
    talk();
  }

  /// All these nodes, and an open proposal that they vote on.
  digest start_and_open(rank count, proposal_setup what = {}) {
    start(count);
    what.electorate = members(count);
    auto id = propose(nodes[0], what);
    pass(2s);
    return id;
  }

  void boot(node& which) {
    auto* self = &which;
    gate_options options;
    options.self = id_of(which.number);
    options.tracks = {sealers};
    options.seal_wait = {}; // no time passes while messages travel
    which.core = std::make_unique<gate_core>(
      std::move(options), gate_crypto{[self](slot_type type, const std::string& key, const std::string& payload) {
                                        return sign(self->number, type, key, payload, self->epoch, ++self->version);
                                      },
                                      verify});
    which.core->restore(which.stored);
    step(which, events::started{which.epoch, which.epoch * 100 + which.number, false});
  }

  void step(node& which, const event& what) {
    auto out = which.core->step(what, now);
    for (const auto& each : out) {
      if (auto* write = std::get_if<outputs::write>(&each)) {
        for (const auto& slot : write->slots)
          store(which, slot);
        for (const auto& slot : write->kept)
          which.stored.kept = {slot};
        step(which, events::durable{write->number});
      } else if (auto* told = std::get_if<outputs::tell>(&each)) {
        which.told.insert(which.told.end(), told->slots.begin(), told->slots.end());
      } else {
        which.others.push_back(each);
      }
    }
  }

  static void store(node& which, const statement_ptr& slot) {
    std::erase_if(which.stored.own, [&](const auto& each) { return each->type == slot->type; });
    which.stored.own.push_back(slot);
  }

  /// Until nothing is told any more; silent nodes neither hear nor are heard.
  void talk() {
    for (bool is_news = true; is_news;) {
      is_news = false;
      for (auto& from : nodes) {
        auto told = std::exchange(from.told, {});
        if (!from.core || silent.contains(from.number))
          continue;
        for (auto& to : nodes)
          if (to.number != from.number && to.core && !silent.contains(to.number))
            for (const auto& slot : told) {
              step(to, events::heard{slot});
              is_news = true;
            }
      }
    }
  }

  void pass(duration time) {
    for (auto end = now + time; now < end; now += 50ms) {
      for (auto& each : nodes)
        if (each.core && !silent.contains(each.number))
          step(each, events::ticked{});
      talk();
    }
  }

  digest propose(node& at, const proposal_setup& what, bool queue = false) {
    auto body = make_body(what);
    step(at, events::propose{0, body, queue});
    talk();
    return hash_of(body);
  }

  void vote(node& at, const digest& proposal, wire::Verdict verdict, uint8_t stage = 0) {
    step(at, events::judged{0, msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
                              out.setProposal(data_of(proposal));
                              out.setVerdict(verdict);
                              out.setStage(stage);
                              out.setJudgedFast(true);
                            })});
    talk();
  }

  /// All nodes that are heard vote.
  void vote_all(const digest& proposal, wire::Verdict verdict = wire::Verdict::SAFE, uint8_t stage = 0) {
    for (auto& each : nodes)
      if (!silent.contains(each.number))
        vote(each, proposal, verdict, stage);
  }

  void stop(node& at, const digest& proposal, bool only_pending = false) {
    step(at, events::stop{0, msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
                            out.setProposal(data_of(proposal));
                            out.setOnlyPending(only_pending);
                          })});
    talk();
  }

  void force(node& at, const std::vector<member_setup>& who) {
    step(at, events::begin_line{0, request_of(who)});
    talk();
  }

  void change_members(node& at, const std::vector<member_setup>& who) {
    step(at, events::change_members{0, request_of(who)});
    talk();
  }

  /// One hears all that the other has stored.
  void share(const node& from, node& to) {
    for (const auto& slot : statements{from.stored.own})
      step(to, events::heard{slot});
    talk();
  }

  void share_all() {
    for (auto& from : nodes)
      for (auto& to : nodes)
        if (from.number != to.number && !silent.contains(from.number) && !silent.contains(to.number))
          share(from, to);
  }

  /// The node starts again, under a new epoch.
  void boot_anew(node& which) {
    ++which.epoch;
    which.version = 0;
    boot(which);
  }

  /// The node starts again, and hears what the others have stored.
  void restart(node& which) {
    boot_anew(which);
    for (auto& from : nodes)
      if (from.number != which.number && !silent.contains(from.number))
        share(from, which);
    share_all();
  }

  /// Opens a proposal that all are asked about, and votes safe on the verdict.
  digest approve(node& at, const proposal_setup& what) {
    auto id = propose(at, what);
    pass(2s);
    vote_all(id);
    pass(2s);
    return id;
  }

  /// Ends the hooks that nodes were told to start, each one such hook at most; returns who ran one.
  std::set<rank> end_hooks(wire::GateAction action) {
    std::set<rank> out;
    for (auto& each : nodes)
      for (const auto& hook : take<outputs::start_hook>(each)) {
        EXPECT_EQ(hook.action, action);
        step(each, events::hook_ended{0, hook.token, 0});
        EXPECT_TRUE(out.insert(each.number).second) << "two hooks at node " << int{each.number};
        talk();
      }
    return out;
  }

  /// All canaries deploy, and all members vote on the stage.
  void pass_stage(const digest& id, wire::Verdict verdict = wire::Verdict::SAFE) {
    end_hooks(wire::GateAction::DEPLOY);
    pass(1s);
    vote_all(id, verdict, 1);
    pass(2s);
  }

  template <class T>
  std::vector<T> take(node& from) {
    std::vector<T> out;
    for (const auto& each : from.others)
      if (auto* wanted = std::get_if<T>(&each))
        out.push_back(*wanted);
    std::erase_if(from.others, [](const auto& each) { return std::holds_alternative<T>(each); });
    return out;
  }

  std::optional<kind> newest(const node& at) {
    const auto& value = at.core->at(0).state().newest();
    return value ? std::optional{value->content->getKind()} : std::nullopt;
  }

  static msg<wire::GateGeneration> request_of(const std::vector<member_setup>& who) {
    return msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
      out.setNumber(1); // filled in
      fill(out.initMembers(static_cast<uint32_t>(who.size())), who);
    });
  }

  statement_ptr stored(const node& at, slot_type type) {
    for (const auto& each : at.stored.own)
      if (each->type == type)
        return each;
    return nullptr;
  }

  /// The node's only track.
  const track& track_at(rank which) const {
    return nodes[which].core->at(0);
  }
  const track_state& state_at(rank which) const {
    return track_at(which).state();
  }

  generation_ptr sealers;
  std::vector<node> nodes;
  std::set<rank> silent;
  instant now{0};
};

} // namespace hive::gate::testing
