#pragma once

#include "messages/ec.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/scheduler/test_coordinator.hpp>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>

namespace hive {

/// All actors run in the thread of the test, when it says so; time stands still until it says so.
struct deterministic_config : test_config {
  deterministic_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// internal: makes an actor of a test send a request.
struct test_task {
  std::function<void(caf::event_based_actor*)> run;
};

/// Reply to a request of a test. Copies refer to the same reply.
template <class Answer>
class test_reply {
public:
  bool is_pending() const {
    return !state_->has_value();
  }

  /// Throws, which fails the test, if there is no answer.
  const Answer& answer() const {
    if (!settled())
      throw std::runtime_error("the request failed: " + text_of(settled().error()));
    return *settled();
  }

  /// Throws, which fails the test, if there is no error.
  const caf::error& error() const {
    if (settled())
      throw std::runtime_error("the request succeeded");
    return settled().error();
  }

  void settle(caf::expected<Answer> with) const {
    *state_ = std::move(with);
  }

private:
  const caf::expected<Answer>& settled() const {
    if (is_pending())
      throw std::runtime_error("the request is pending");
    return **state_;
  }

  std::shared_ptr<std::optional<caf::expected<Answer>>> state_ =
    std::make_shared<std::optional<caf::expected<Answer>>>();
};

/// Expects a refusal with this code, whose text contains `why`.
template <class Answer>
void expect_refused(const test_reply<Answer>& reply, ec code, const std::string& why) {
  EXPECT_EQ(code_of(reply.error()), code) << text_of(reply.error());
  EXPECT_NE(text_of(reply.error()).find(why), std::string::npos) << text_of(reply.error());
}

/// Makes a stub strict: a message that it does not handle fails the test.
inline void fail_on_unexpected(caf::event_based_actor* self) {
  self->set_default_handler([](caf::scheduled_actor*, caf::message_view& what) -> caf::result<caf::message> {
    ADD_FAILURE() << "a stub got an unexpected message: " << caf::to_string(what.content());
    return caf::sec::unexpected_message;
  });
}

/// An actor system under the control of the test. Actors that are not hidden must end before it.
class deterministic_system {
public:
  caf::actor_system& system() {
    return system_;
  }

  /// Runs all actors until they are idle.
  void run() {
    scheduler().run();
  }

  /// Lets time pass and runs what is due.
  void pass(caf::timespan time) {
    scheduler().advance_time(time);
    run();
  }

  /// Whether anything is due later.
  bool has_pending_timeout() {
    return scheduler().has_pending_timeout();
  }

  /// How many things are due later.
  size_t pending_timeouts() {
    return dynamic_cast<caf::detail::simple_actor_clock&>(system_.clock()).schedule().size();
  }

  /// An actor that sends requests and does nothing by itself.
  caf::actor spawn_requester() {
    return system_.spawn<caf::hidden>([](caf::event_based_actor* self) -> caf::behavior {
      return {[self](const test_task& what) { what.run(self); }};
    });
  }

  /// Sends a request in the name of a requester and runs all actors until they are idle.
  template <class Answer, class Handle, class Message>
  test_reply<Answer> ask_as(const caf::actor& requester, const Handle& whom, const Message& message) {
    test_reply<Answer> out;
    caf::anon_send(requester, test_task{[out, whom, message](caf::event_based_actor* self) {
                     self->request(whom, caf::infinite, message)
                       .then([out](const Answer& answer) { out.settle(answer); },
                             [out](const caf::error& error) { out.settle(error); });
                   }});
    run();
    return out;
  }

  template <class Answer, class Handle, class Message>
  test_reply<Answer> ask(const Handle& whom, const Message& message) {
    return ask_as<Answer>(requester_, whom, message);
  }

  template <class Handle>
  void end(const Handle& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
    run();
  }

  /// Why the actor ended, if it did.
  template <class Handle>
  std::optional<caf::error> end_of(const Handle& whom) {
    caf::scoped_actor watcher{system_};
    watcher->monitor(whom);
    run();
    std::optional<caf::error> out;
    if (watcher->has_next_message())
      watcher->receive([&](const caf::down_msg& down) { out = down.reason; });
    return out;
  }

  template <class Handle>
  bool is_alive(const Handle& whom) {
    return !end_of(whom);
  }

private:
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  deterministic_config config_;
  caf::actor_system system_{config_};
  caf::actor requester_ = spawn_requester();
};

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::test_task)
