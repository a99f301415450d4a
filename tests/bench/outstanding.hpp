#pragma once

#include "messages/ec.hpp"

#include <caf/all.hpp>
#include <functional>
#include <stdexcept>
#include <vector>

namespace hive {

/// Requests of one actor, of which it keeps some outstanding until all are answered.
template <class Handle, class Message, class Answer>
struct outstanding_plan {
  Handle to;
  std::function<Message(uint64_t number)> message; ///< numbers from 0
  uint64_t total = 0;
  uint64_t window = 1;
  std::function<caf::error(const Answer&)> check = [](const Answer&) { return caf::error{}; };
  caf::duration timeout = caf::infinite; ///< of each request
};

/// Ends its actor when all requests are answered, or with the first error.
template <class Plan>
class outstanding_state;

template <class Handle, class Message, class Answer>
class outstanding_state<outstanding_plan<Handle, Message, Answer>> {
public:
  void start(caf::event_based_actor* self, outstanding_plan<Handle, Message, Answer> plan) {
    self_ = self;
    plan_ = std::move(plan);
    to_hear_ = plan_.total;
    for (uint64_t i = 0; i < plan_.window; ++i)
      send_next();
  }

private:
  void send_next() {
    if (sent_ == plan_.total)
      return;
    self_->request(plan_.to, plan_.timeout, plan_.message(sent_++))
      .then(
        [this](const Answer& answer) {
          if (auto wrong = plan_.check(answer))
            self_->quit(std::move(wrong));
          else if (--to_hear_ == 0)
            self_->quit();
          else
            send_next();
        },
        [this](caf::error& error) { self_->quit(std::move(error)); });
  }

  caf::event_based_actor* self_ = nullptr;
  outstanding_plan<Handle, Message, Answer> plan_;
  uint64_t sent_ = 0, to_hear_ = 0;
};

/// Runs each plan in an actor of its own, and returns when all are done. Throws the first error.
template <class Plan>
void run_outstanding(caf::actor_system& system, const std::vector<Plan>& plans) {
  caf::scoped_actor self{system};
  for (const auto& plan : plans)
    self->spawn<caf::monitored>(
      [&plan](caf::stateful_actor<outstanding_state<Plan>>* actor) { actor->state.start(actor, plan); });
  caf::error failure;
  for (size_t i = 0; i < plans.size(); ++i)
    self->receive([&](const caf::down_msg& down) {
      if (!failure && down.reason && down.reason != caf::exit_reason::normal)
        failure = down.reason;
    });
  if (failure)
    throw std::runtime_error(text_of(failure));
}

} // namespace hive
