#pragma once

#include "actors/benchmark/inputs.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <memory>
#include <vector>

namespace hive {

/// A store with its committer and inputs actor, as in a node, and a client that queries adapters.
class test_inputs {
public:
  test_inputs();
  ~test_inputs();

  /// Pushes and returns the error, if any.
  template <class Message>
  caf::error push(const Message& message) {
    auto answer = tests.ask<msg<wire::Recorded>>(actor, message);
    return answer ? caf::none : answer.error();
  }

  /// One measurement by an adapter, which ends together with this object.
  caf::expected<msg<wire::Measurement>> measure(adapter_actor adapter, uint32_t repeats = 1);

  temporary_directory temp;
  std::shared_ptr<database> db;
  test_system tests;
  committer_actor committer;
  inputs_actor actor;

private:
  std::vector<adapter_actor> adapters_;
};

} // namespace hive
