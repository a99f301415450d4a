#include "actors/upgrade/decision/sealed_chain.hpp"

#include "actors/upgrade/gate/track_state.hpp"

namespace hive {
namespace {

using kind = wire::GateValueKind;

/// Walks over the sealed values in order of position.
class chain_walk {
public:
  chain_walk(const decision_parts& parts, findings& out)
      : parts_{parts}, out_{out}, sealers_{parts.first}, state_{parts.values.front().value->content->getTrack(),
                                                                *parts.first} {
  }

  void go_over_generations() {
    for (size_t i = 0; i < parts_.generations.size(); ++i) {
      place_ = "generations[" + std::to_string(i) + "]";
      const auto& sealed = parts_.generations[i];
      if (!sealed.value->members) {
        fault("it changes no members");
        continue;
      }
      check_place(*sealed.value);
      check_seal(sealed);
      check_members(*sealed.value);
      if (follows_directly(*sealed.value))
        check_rules(*sealed.value);
      else
        leave_open("what was sealed right before it at position ");
      sealers_ = sealed.value->members;
      state_ = gate::track_state{sealed.value};
    }
  }

  void go_over_values() {
    const auto& opened = *parts_.values.front().value;
    for (size_t i = 0; i < parts_.values.size(); ++i) {
      place_ = "values[" + std::to_string(i) + "]";
      const auto& sealed = parts_.values[i];
      check_place(*sealed.value);
      check_seal(sealed);
      if (!sealed.value->what || !opened.what || sealed.value->what->id() != opened.what->id())
        fault("it is not about the proposal");
      else if (i == 0)
        check_opening(*sealed.value);
      else if (!follows_directly(*sealed.value))
        fault("the value at position " + std::to_string(state_.position() + 1) + " is missing before it");
      else
        check_rules(*sealed.value);
      state_ = gate::track_state{sealed.value};
    }
  }

private:
  void fault(const std::string& what) {
    out_.faults.push_back(place_ + ": " + what);
  }

  void take(const caf::error& error) {
    if (error)
      fault(text_of(error));
  }

  void leave_open(const std::string& what) {
    out_.unchecked.push_back(place_ + ": " + what + std::to_string(next_ - 1) +
                             " is not in the document; that it follows is known from its certificate alone");
  }

  void check_place(const gate::proposed_value& value) {
    next_ = value.content->getPosition();
    if (value.content->getTrack() != state_.track())
      fault("it is of another track");
    if (next_ <= state_.position())
      fault("position " + std::to_string(next_) + " is not above " + std::to_string(state_.position()));
  }

  void check_seal(const gate::sealed_value& sealed) {
    take(gate::check_sealed(sealed, *sealers_));
  }

  bool follows_directly(const gate::proposed_value& value) const {
    return value.content->getPosition() == state_.position() + 1;
  }

  /// A value that promises compelled may have the vote of a member that was in quarantine later, so quarantine, which
  /// is in no document, plays no part.
  void check_rules(const gate::proposed_value& value) {
    take(gate::check_follows(state_, *sealers_, value, {}));
  }

  void check_members(const gate::proposed_value& value) {
    auto next = value.members->content();
    if (next.getNumber() != sealers_->number() + 1 || !gate::is_same(next.getPrevious(), sealers_->hash()))
      fault("generation " + std::to_string(next.getNumber()) + " does not follow generation " +
            std::to_string(sealers_->number()));
    auto now = sealers_->content();
    if (as_view(next.getTrack()) != as_view(now.getTrack()) ||
        gate::view_of(next.getLine()) != gate::view_of(now.getLine()))
      fault("it is of another line of members");
    const auto* ask = only_ask(value);
    if (!ask || !ask->ask().members || ask->ask().members->hash() != value.members->hash())
      fault("no sealer asks for these members");
  }

  /// The opening of a proposal that was not the first: as far as that shows without the value before.
  void check_opening(const gate::proposed_value& value) {
    if (value.content->getKind() != kind::OPEN)
      return fault("the first value does not open the proposal");
    if (follows_directly(value))
      return check_rules(value);
    auto asks_for_it = [&](const gate::statement& ask) {
      return ask.ask().propose && ask.ask().propose->id() == value.what->id() &&
             ask.origin.value == as_view(value.content->getProposer());
    };
    auto from = value.evidence.size() == 1 ? value.evidence.front() : nullptr;
    if (!from || from->type != gate::slot_type::ask || !asks_for_it(*from))
      fault("its proposer does not ask for it");
    if (value.content->getStage() != 0 || value.content->getCanaries().size() > 0)
      fault("it has a stage before it is approved");
    take(value.what->check(*sealers_));
    leave_open("what was sealed right before it at position ");
  }

  /// The ask that is the whole evidence of a value, of a sealer; null when it is not so.
  const gate::statement* only_ask(const gate::proposed_value& value) const {
    if (value.evidence.size() != 1)
      return nullptr;
    const auto& ask = *value.evidence.front();
    bool is_of_sealer = ask.type == gate::slot_type::ask && sealers_->rank_of(ask.origin).has_value();
    return is_of_sealer && ask.track == state_.track() ? &ask : nullptr;
  }

  const decision_parts& parts_;
  findings& out_;
  gate::generation_ptr sealers_;
  gate::track_state state_;
  std::string place_;
  uint64_t next_ = 0; ///< position of the value in hand
};

} // namespace

void check_chain(const decision_parts& parts, findings& out) {
  chain_walk walk{parts, out};
  walk.go_over_generations();
  walk.go_over_values();
}

} // namespace hive
