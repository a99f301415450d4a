#pragma once

#include "actors/process/runner.hpp"
#include "actors/remote/register.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "tests/actors/process/processes.hpp"

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <memory>

namespace hive::testing_processes {

/// Fixture for tests of actors that run processes; each test has its own actor system.
class actor_test : public testing::Test {
protected:
  actor_test() {
    register_remote_messages(config);
    config.set("scheduler.max-threads", 2u);
    system = std::make_unique<caf::actor_system>(config);
  }

  ~actor_test() override {
    system.reset(); // waits for every actor: one that hangs makes the test exceed its time limit
    EXPECT_THAT(children(), testing::IsEmpty()) << "a process is left";
  }

  runner_actor spawn_runner(runner_options options = {}) {
    return hive::spawn_runner(*system, std::move(options));
  }

  /// Returns the answer, or the error.
  template <class Answer, class Handle, class Request>
  static caf::expected<msg<Answer>> receive(caf::scoped_actor& self, const Handle& actor, const Request& request) {
    caf::expected<msg<Answer>> out{caf::error{}};
    self->request(actor, patience, request)
      .receive([&](const msg<Answer>& answer) { out = answer; }, [&](caf::error& error) { out = std::move(error); });
    return out;
  }

  template <class Handle>
  static void stop(const Handle& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  scratch_directory scratch;
};

} // namespace hive::testing_processes
