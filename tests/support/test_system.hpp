#pragma once

#include "messages/msg.hpp"
#include "messages/register.hpp"

#include <caf/all.hpp>
#include <chrono>
#include <gtest/gtest.h>

namespace hive {

/// Longer than any answer of a healthy actor takes, also on a loaded machine under sanitizers.
inline constexpr auto answer_timeout = std::chrono::seconds{60};

/// An actor system with the project's messages and a client that blocks.
class test_system {
public:
  test_system() : config_{make_config()}, system_{*config_}, client_{system_} {
  }

  caf::actor_system& system() {
    return system_;
  }

  caf::scoped_actor& client() {
    return client_;
  }

  /// The answer to one message, or the error.
  template <class Answer, class Handle, class Message>
  caf::expected<Answer> ask(const Handle& whom, Message message) {
    caf::expected<Answer> out = caf::make_error(caf::sec::runtime_error);
    client_->request(whom, answer_timeout, std::move(message))
      .receive([&](Answer& answer) { out = std::move(answer); }, [&](caf::error& error) { out = std::move(error); });
    return out;
  }

private:
  static std::unique_ptr<caf::actor_system_config> make_config() {
    auto config = std::make_unique<caf::actor_system_config>();
    register_messages(*config);
    return config;
  }

  std::unique_ptr<caf::actor_system_config> config_;
  caf::actor_system system_;
  caf::scoped_actor client_;
};

} // namespace hive
