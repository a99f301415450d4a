// Takes the place of a member that is down, with its data directory and its certificate, and votes twice in one ballot:
// safe, and then regressed under a later version. Ends with status 0 when all nodes at these doors have answered both.
//
//     lying_member DATA TLS PROPOSAL DOOR...

#include "actors/upgrade/cluster/gate_topics.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "storage/epoch.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/actors/hive/test_node.hpp"

#include <cstdio>
#include <span>

namespace hive {
namespace {

template <class T>
T must(caf::expected<T> made) {
  if (!made)
    throw std::runtime_error(text_of(made.error()));
  return std::move(*made);
}

node_identity identity_in(const char* data) {
  auto db = must(database::open({.directory = data}));
  return must(begin_epoch(*db, now_unix_micros()));
}

test_node_options options_for(std::span<char*> arguments) {
  constexpr int64_t micros = 1'000'000;
  test_node_options out{.identity = identity_in(arguments[0])};
  out.shown = must(load_credentials(arguments[1], certificate_role::node, now_unix_micros() / micros));
  for (const char* door : arguments.subspan(3))
    out.join.push_back(endpoint::parse(door).value());
  return out;
}

std::string vote_payload(const gate::digest& proposal, wire::Verdict verdict, uint64_t start) {
  return to_packed(msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(gate::data_of(proposal));
    out.setStart(start);
    out.setPosition(1);
    out.setVerdict(verdict);
    out.setJudgedFast(true);
  }));
}

class liar {
public:
  explicit liar(const test_node_options& options) : identity_{options.identity}, node_{options} {
  }

  bool is_linked_with(size_t count) {
    return wait_until([&] { return node_.journal().links().size() >= count; });
  }

  /// Whether all nodes answer this vote.
  bool tell_vote(const gate::digest& proposal, wire::Verdict verdict) {
    auto key = gate::slot_key(gate::slot_type::vote, 0);
    ++version_;
    constexpr unsigned run_bits = 23; // of the epoch of statements; above them is the node's epoch
    auto vote =
      sign_statement(identity_.keys, gate::slot_type::vote, key, vote_payload(proposal, verdict, identity_.epoch),
                     identity_.epoch << run_bits | 1, version_);
    auto slot = signed_slot(identity_.keys, {kind_of(gate::slot_type::vote), key}, {identity_.epoch, version_},
                            std::string{vote.bytes()});
    return tell(slot);
  }

private:
  bool tell(const slot_ptr& slot) {
    auto self = node_.journal().self();
    auto card = signed_slot(identity_.keys, card_name(), {identity_.epoch, 1},
                            to_packed(msg<wire::NodeCard>::copy_of(self->getCard())));
    auto delta = forged_delta{identity_.keys.public_part(), {}, {slot}, card}.make();
    auto question = msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
      static constexpr root_hash none{};
      out.setRoot({none.data(), none.size()});
      out.initDigest();
      out.setDelta(*delta);
    });
    bool all = true;
    caf::scoped_actor asking{node_.system()};
    for (const auto& [id, link] : node_.journal().links())
      asking->request(link.peer, patience, question)
        .receive([](const msg<wire::GossipAnswer>&) {},
                 [&, name = id.value](const caf::error& error) {
                   std::fprintf(stderr, "%s: %s\n", name.c_str(), text_of(error).c_str());
                   all = false;
                 });
    return all;
  }

  node_identity identity_;
  test_node node_;
  uint64_t version_ = 1;
};

int run(std::span<char*> arguments) {
  gate::digest proposal{};
  if (arguments.size() < 4 || !from_hex(arguments[2], proposal))
    return 64;
  liar member{options_for(arguments)};
  // The first one decides nothing: else it could be counted before the second one comes.
  bool told = member.is_linked_with(arguments.size() - 3) && member.tell_vote(proposal, wire::Verdict::INCONCLUSIVE) &&
              member.tell_vote(proposal, wire::Verdict::SAFE);
  return told ? 0 : 1;
}

} // namespace
} // namespace hive

int main(int argc, char** argv) {
  try {
    return hive::run(std::span{argv, static_cast<size_t>(argc)}.subspan(1));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "lying_member: %s\n", failure.what());
    return 1;
  }
}
