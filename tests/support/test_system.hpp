#pragma once

#include "messages/msg.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/all.hpp>
#include <chrono>

namespace hive {

/// Longer than a healthy actor takes for any answer, even on a loaded machine under sanitizers.
inline constexpr auto answer_timeout = std::chrono::seconds{60};

/// An actor system with the project's message types, and a blocking client.
class test_system {
public:
  test_system() : system_{config_}, client_{system_} {
  }

  caf::actor_system& system() {
    return system_;
  }

  caf::scoped_actor& client() {
    return client_;
  }

  /// Returns the answer to one message, or the error.
  template <class Answer, class Handle, class Message>
  caf::expected<Answer> ask(const Handle& whom, Message message) {
    caf::expected<Answer> out = caf::make_error(caf::sec::runtime_error);
    client_->request(whom, answer_timeout, std::move(message))
      .receive([&](Answer& answer) { out = std::move(answer); }, [&](caf::error& error) { out = std::move(error); });
    return out;
  }

private:
  test_config config_;
  caf::actor_system system_;
  caf::scoped_actor client_;
};

} // namespace hive
