#pragma once

#include "actors/benchmark/registry.hpp"

#include "actors/benchmark/worker_pool.hpp"
#include "actors/events/events.hpp"
#include "actors/store/committer.hpp"
#include "messages/json.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace hive {
using namespace std::chrono_literals;

/// What a test's adapter does when asked to measure.
using answer = std::function<caf::result<msg<wire::Measurement>>(adapter_actor::pointer)>;

/// A measurement of one metric in ms.
inline msg<wire::Measurement> measured(const std::string& metric, double value) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto metrics = out.initMetrics(1);
    metrics[0].setName(metric);
    metrics[0].setValue(value);
    metrics[0].setUnit("ms");
  });
}

/// A registry over a real store, with adapters that behave as the test specifies.
struct registry_fixture : testing::Test {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  test_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  committer_actor committer = spawn_committer(system, {db});
  std::vector<adapter_definition> adapters;
  std::map<std::string, answer> commands; ///< behaviour of registered commands, by their first word
  std::shared_ptr<worker_presence> presence = std::make_shared<worker_presence>();
  worker_pool_actor workers;
  std::shared_ptr<results_board> board = std::make_shared<results_board>();
  std::shared_ptr<capture_tally> tally = std::make_shared<capture_tally>();
  registry_actor registry;
  events_actor log = spawn_events(system, {});

  /// Events that the registry published: version, step and reason.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    self->request(log, 30s, read_events{0, {}, 30s})
      .receive(
        [&](const event_log::page& page) {
          for (const auto& event : page.events) {
            auto capture = event->getCapture();
            out.push_back(std::string{capture.getVersion().cStr()} + " " +
                          std::to_string(static_cast<int>(capture.getStep())) + " " + capture.getReason().cStr());
          }
        },
        [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  }

  void add(const std::string& name, answer how, std::chrono::milliseconds timeout = 5s) {
    adapter_definition definition;
    definition.name = name;
    definition.timeout = timeout;
    definition.spawn = [this, how] {
      return system.spawn([how](adapter_actor::pointer actor) -> adapter_actor::behavior_type {
        return {[actor, how](const msg<wire::MeasureRequest>&) { return how(actor); }};
      });
    };
    adapters.push_back(std::move(definition));
  }

  void start() {
    registry_options options;
    options.node = "test-node";
    options.builtin = adapters;
    options.captures = tally;
    options.command_adapter = [this](const msg<wire::CommandSpec>& spec) {
      adapter_definition definition;
      definition.name = spec->getName().cStr();
      definition.source = "command";
      auto known = commands.find(spec->getCommand()[0].cStr());
      auto how = known == commands.end() ? answer{[](auto) { return measured("registered", 1); }} : known->second;
      definition.spawn = [this, how] {
        return system.spawn([how](adapter_actor::pointer actor) -> adapter_actor::behavior_type {
          return {[actor, how](const msg<wire::MeasureRequest>&) { return how(actor); }};
        });
      };
      return definition;
    };
    workers = spawn_worker_pool(system, {.presence = presence});
    options.worker_adapter = [this](const msg<wire::WorkerAdapter>& spec) {
      return worker_adapter_definition(system, workers, presence, spec);
    };
    registry = spawn_registry(system, {db, committer, log, workers, board}, options);
  }

  void stop() {
    self->send_exit(registry, caf::exit_reason::user_shutdown);
    self->send_exit(workers, caf::exit_reason::user_shutdown);
    self->wait_for(registry, workers);
  }

  ~registry_fixture() override {
    if (registry)
      stop();
    self->send_exit(committer, caf::exit_reason::user_shutdown);
    self->send_exit(log, caf::exit_reason::user_shutdown);
    self->wait_for(committer, log);
  }

  template <class Answer, class Question>
  caf::expected<msg<Answer>> ask(msg<Question> question) {
    return ask_of<Answer>(registry, std::move(question));
  }

  template <class Answer, class Handle, class Question>
  caf::expected<msg<Answer>> ask_of(const Handle& whom, msg<Question> question) {
    caf::expected<msg<Answer>> out = fail(ec::internal, "no answer");
    self->request(whom, 30s, std::move(question))
      .receive([&](const msg<Answer>& m) { out = m; }, [&](caf::error& err) { out = std::move(err); });
    return out;
  }

  caf::expected<msg<wire::Snapshot>> capture(const std::string& version) {
    return ask<wire::Snapshot>(*from_json<wire::CaptureRequest>(R"({"version":")" + version + R"("})"));
  }

  /// Captures as this JSON asks for it.
  caf::expected<msg<wire::Snapshot>> capture_as(const std::string& json) {
    auto request = from_json<wire::CaptureRequest>(json);
    if (!request)
      return request.error();
    return ask<wire::Snapshot>(*request);
  }

  caf::expected<msg<wire::Snapshot>> import(const std::string& json) {
    auto snapshot = from_json<wire::Snapshot>(json);
    EXPECT_TRUE(snapshot) << text_of(snapshot.error());
    return ask<wire::Snapshot>(msg<wire::ImportSnapshot>::build([&](wire::ImportSnapshot::Builder out) {
      out.setVersion((*snapshot)->getVersion());
      out.setSnapshot(**snapshot);
    }));
  }

  static std::string outcome(const msg<wire::Snapshot>& snapshot, std::string_view adapter) {
    for (auto found : snapshot->getAdapters())
      if (found.getName() == kj::StringPtr{std::string{adapter}.c_str()}) {
        std::string status = found.getStatus() == wire::AdapterStatus::OK      ? "ok"
                             : found.getStatus() == wire::AdapterStatus::ERROR ? "error"
                                                                               : "skipped";
        return status + ":" + found.getReason().cStr();
      }
    return "absent";
  }
};

} // namespace hive
