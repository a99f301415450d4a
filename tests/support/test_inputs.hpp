#pragma once

#include "actors/benchmark/inputs.hpp"
#include "actors/store/committer.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <memory>
#include <stdexcept>

namespace hive {

/// A store with its committer and inputs actor, as a node has them, and a client that asks adapters.
class test_inputs {
public:
  test_inputs() : db{open(temp.path())} {
    committer = spawn_committer(tests.system(), db);
    actor = tests.system().spawn(inputs, db, committer);
  }

  ~test_inputs() {
    for (const auto& adapter : adapters_)
      caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
  }

  /// Pushes and returns the error, if any.
  template <class Message>
  caf::error push(const Message& message) {
    auto answer = tests.ask<msg<wire::Recorded>>(actor, message);
    return answer ? caf::none : answer.error();
  }

  /// One measurement of an adapter, which is ended with this object.
  caf::expected<msg<wire::Measurement>> measure(adapter_actor adapter, uint32_t repeats = 1) {
    adapters_.push_back(adapter);
    auto request = msg<wire::MeasureRequest>::build([&](auto out) { out.setRepeats(repeats); });
    return tests.ask<msg<wire::Measurement>>(adapter, request);
  }

  temporary_directory temp;
  std::shared_ptr<database> db;
  test_system tests;
  committer_actor committer;
  inputs_actor actor;

private:
  static std::shared_ptr<database> open(const std::filesystem::path& directory) {
    auto opened = database::open({.directory = directory / "store"});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    return std::move(*opened);
  }

  std::vector<adapter_actor> adapters_;
};

} // namespace hive
