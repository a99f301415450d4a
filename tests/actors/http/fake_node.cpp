#include "tests/actors/http/fake_node.hpp"

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/measure_once.hpp"
#include "actors/http/api_routes.hpp"
#include "actors/http/benchmark_routes.hpp"
#include "actors/http/monitor_routes.hpp"
#include "actors/http/node_routes.hpp"
#include "actors/http/upgrade_routes.hpp"
#include "actors/slot_topic.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/status.capnp.h"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace hive::http {
namespace {

msg<wire::Snapshot> snapshot(std::string_view version) {
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    out.setVersion(std::string{version});
    out.setNode("fake");
    out.setCapturedAt(1'771'934'400'000'000);
    auto metric = out.initMetrics(1)[0];
    metric.setName("latency_ms");
    metric.setAdapter("probe");
    metric.setValue(12.5);
    metric.setDirection(wire::Direction::LOWER);
    metric.setUnit("ms");
  });
}

caf::error failure_for(std::string_view name) {
  if (name == "busy")
    return fail(ec::busy, "version busy is being captured");
  if (name == "gone")
    return fail(ec::not_found, "there is no gone");
  if (name == "broken")
    return fail(ec::storage_failed, "the disk is full");
  return caf::none;
}

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

msg<wire::BenchmarkInfo> benchmark(std::string_view name) {
  return msg<wire::BenchmarkInfo>::build([&](wire::BenchmarkInfo::Builder out) {
    out.setName(std::string{name});
    out.setSource("command");
    out.setAvailable(true);
  });
}

registry_actor::behavior_type run_registry(std::shared_ptr<valve> hold) {
  return {
    [hold](const msg<wire::CaptureRequest>& m) -> caf::result<msg<wire::Snapshot>> {
      auto version = view(m->getVersion());
      if (version == "held")
        hold->pass();
      if (version == "silent")
        return caf::delegated<msg<wire::Snapshot>>{}; // never answered
      if (auto error = failure_for(version))
        return error;
      return snapshot(version);
    },
    [](const msg<wire::StartCapture>& m) {
      return msg<wire::CaptureAccepted>::build([&](wire::CaptureAccepted::Builder out) {
        out.setVersion(m->getRequest().getVersion());
        out.setCaptureId(7);
      });
    },
    [](const msg<wire::ImportSnapshot>& m) { return msg<wire::Snapshot>::copy_of(m->getSnapshot()); },
    [](const msg<wire::SnapshotQuery>& m) -> caf::result<msg<wire::Snapshot>> {
      if (auto error = failure_for(view(m->getVersion())))
        return error;
      return snapshot(view(m->getVersion()));
    },
    [](const msg<wire::PreviousVersionQuery>& m) {
      return msg<wire::SnapshotSummary>::build(
        [&](wire::SnapshotSummary::Builder out) { out.setVersion("before-" + std::string{view(m->getVersion())}); });
    },
    [](const msg<wire::PageQuery>& m) {
      return msg<wire::SnapshotList>::build([&](wire::SnapshotList::Builder out) {
        out.initSnapshots(1)[0].setVersion("limit-" + std::to_string(m->getLimit()));
        out.setNext(m->getAfter());
      });
    },
    [](const msg<wire::CaptureListQuery>& m) {
      return msg<wire::CaptureList>::build([&](wire::CaptureList::Builder out) {
        out.setVersion(m->getVersion());
        out.initCaptures(1)[0].setCaptureId(m->getLimit());
        out.setNext(m->getAfter());
      });
    },
    [](const msg<wire::CaptureQuery>& m) { return snapshot(view(m->getVersion())); },
    [](const msg<wire::DeleteCapture>& m) {
      return msg<wire::CaptureDeleted>::build([&](wire::CaptureDeleted::Builder out) {
        out.setVersion(m->getVersion());
        out.setCaptureId(m->getCaptureId());
        out.setReason(m->getReason());
      });
    },
    [](const msg<wire::LatestResultsQuery>&) {
      return msg<wire::LatestResults>::build([](wire::LatestResults::Builder out) {
        auto result = out.initResults(1)[0];
        result.setName("probe.latency_ms");
        result.setValue(12.5);
      });
    },
    [](const msg<wire::BenchmarkQuery>&) {
      return msg<wire::BenchmarkList>::build(
        [](wire::BenchmarkList::Builder out) { out.initBenchmarks(1)[0].setName("regression"); });
    },
    [](const msg<wire::CommandSpec>& m) { return benchmark(view(m->getName())); },
    [](const msg<wire::RegisterWorker>&) {
      return msg<wire::WorkerRegistered>::build([](wire::WorkerRegistered::Builder out) { out.setWorker("w1"); });
    },
    [](const msg<wire::BenchmarkName>& m) -> caf::result<msg<wire::BenchmarkInfo>> {
      if (auto error = failure_for(view(m->getName())))
        return error;
      return benchmark(view(m->getName()));
    },
    [](const measure_once&) { return measured_once{}; },
    [](const offer_adapter& offer) { return benchmark(offer.definition.name); },
    [](const withdraw_adapter& which) { return benchmark(which.name); },
    [](const sharing_started&) {},
  };
}

upgrade_checker_actor::behavior_type run_checker() {
  return {[](const msg<wire::UpgradeQuery>& m) {
            return msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
              out.setOld(m->getOld());
              out.setNew(m->getNew());
              out.setPolicy(m->getPolicy());
              out.setSafe(true);
              out.initRegressions(1)[0].setMetric("latency_ms");
            });
          },
          [](const msg<wire::AskForDocument>& m) {
            return msg<wire::VerdictDocument>::build([&](wire::VerdictDocument::Builder out) {
              out.setAlgorithm(1);
              out.setQuery(m->getCheck());
              out.initOld().setVersion(m->getCheck().getOld());
              out.initNew().setVersion(m->getCheck().getNew());
              out.initResult().setPolicy(m->getCheck().getPolicy());
            });
          }};
}

msg<wire::PairedMeasurement> measurement(std::string_view id, std::string_view new_version, std::string_view reason) {
  return msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder out) {
    out.setId(std::string{id});
    out.initRequest().setOld("v1");
    out.getRequest().setNew(std::string{new_version});
    out.setReason(std::string{reason});
  });
}

upgrade_measurer_actor::behavior_type run_measurer() {
  return {
    [](const msg<wire::MeasureUpgrade>& m) { return measurement("m1", view(m->getNew()), ""); },
    [](const msg<wire::CalibrateUpgrade>& m) { return measurement("m1", view(m->getVersion()), ""); },
    [](const msg<wire::MeasurementQuery>& m) { return measurement(view(m->getId()), "v2", ""); },
    [](const msg<wire::MeasurementListQuery>&) {
      return msg<wire::MeasurementList>::build(
        [](wire::MeasurementList::Builder out) { out.initMeasurements(1)[0].setId("m1"); });
    },
    [](const msg<wire::RoundQuery>&) {
      return msg<wire::RoundList>::build(
        [](wire::RoundList::Builder out) { out.initRounds(1)[0].setAdapter("bench"); });
    },
    [](const msg<wire::StopMeasurement>& m) { return measurement(view(m->getId()), "v2", view(m->getReason())); },
  };
}

msg<wire::Reference> reference(std::string_view track, std::string_view version) {
  return msg<wire::Reference>::build([&](wire::Reference::Builder out) {
    out.setTrack(std::string{track});
    out.setVersion(std::string{version});
  });
}

reference_keeper_actor::behavior_type run_references() {
  return {
    [](const msg<wire::ReferenceQuery>& m) { return reference(view(m->getTrack()), "v1"); },
    [](const msg<wire::ReferenceListQuery>&) {
      return msg<wire::ReferenceList>::build([](wire::ReferenceList::Builder out) {
        out.initTracks(1)[0].setTrack("main");
        out.getTracks()[0].setVersion("v1");
      });
    },
    [](const msg<wire::MoveReference>& m) { return reference(view(m->getTrack()), view(m->getVersion())); },
    [](const first_reference& what) { return reference(what.track, what.version); },
    [](const better_version& what) { return reference(what.track, what.version); },
    [](const verdict_given&) {},
  };
}

inputs_actor::behavior_type run_inputs() {
  return {
    [](const msg<wire::ObserveModel>& m) {
      return msg<wire::Recorded>::build(
        [&](wire::Recorded::Builder out) { out.setRecorded(m->getObservations().size()); });
    },
    [](const msg<wire::WorldModelStats>&) {
      return msg<wire::Recorded>::build([](wire::Recorded::Builder out) { out.setRecorded(1); });
    },
    [](const msg<wire::InputTotalsQuery>&) { return msg<wire::InputTotals>{}; },
  };
}

monitor_actor::behavior_type run_monitor(monitor_actor::pointer, const std::shared_ptr<prometheus::Registry>& counted) {
  return {[counted](scrape_metrics) { return prometheus::TextSerializer{}.Serialize(counted->Collect()); }};
}

} // namespace

fake_services::fake_services(caf::actor_system& system)
    : registry{system.spawn<caf::detached>(run_registry, hold)}, upgrades{system.spawn(run_checker)},
      measurer{system.spawn(run_measurer)}, references{system.spawn(run_references)}, inputs{system.spawn(run_inputs)} {
}

fake_node::fake_node(server_options options, further_routes further)
    : services_{std::make_unique<fake_services>(actors_.system())} {
  options.port = options.port == server_options{}.port ? 0 : options.port;
  auto metrics = std::make_shared<prometheus::Registry>();
  auto health = [] {
    return msg<wire::Health>::build([](wire::Health::Builder out) {
      out.setStatus("ok");
      out.setEpoch(3);
    });
  };
  auto ready = [this] { return not_ready; };
  auto status = [this, health] {
    return msg<wire::NodeStatus>::build([&](wire::NodeStatus::Builder out) {
      out.setHealth(*health());
      out.setReady(not_ready.empty());
      out.setNotReady(not_ready);
    });
  };
  auto routes =
    api_routes({node_routes({health, ready, status}), monitor_routes(actors_.system().spawn(run_monitor, metrics)),
                benchmark_routes(services_->registry),
                upgrade_routes({services_->upgrades, services_->measurer, services_->references}),
                input_routes(services_->inputs), further(*services_)},
               {"1.2"});
  server_ = spawn_server(actors_.system(), {std::move(routes), metrics}, std::move(options));
}

fake_node::~fake_node() {
  services_->hold->open();
  if (server_)
    stop(caf::exit_reason::kill);
  for (auto service :
       {caf::actor_cast<caf::actor>(services_->registry), caf::actor_cast<caf::actor>(services_->upgrades),
        caf::actor_cast<caf::actor>(services_->measurer), caf::actor_cast<caf::actor>(services_->references),
        caf::actor_cast<caf::actor>(services_->inputs)})
    caf::anon_send_exit(service, caf::exit_reason::kill);
}

incoming_response fake_node::request(const std::string& verb, const std::string& path, const std::string& body,
                                     std::vector<std::string> headers) const {
  outgoing_request what;
  what.method = verb;
  what.url = url(path);
  what.headers = std::move(headers);
  what.body = body;
  what.timeout = answer_timeout;
  what.headers.emplace_back("Expect:"); // libcurl would wait a second for "100 Continue" before it sends a large body
  auto answer = fetch(what);
  if (!answer) {
    ADD_FAILURE() << verb << " " << path << ": " << text_of(answer.error());
    return {};
  }
  return *answer;
}

void fake_node::stop(caf::exit_reason reason) {
  caf::anon_send_exit(server_->gateway, reason);
  client()->wait_for(server_->gateway);
}

msg<wire::Problem> problem_of(const incoming_response& answer) {
  EXPECT_EQ(answer.content_type, "application/problem+json") << answer.body;
  json_error why;
  auto problem = from_json<wire::Problem>(answer.body, why);
  EXPECT_TRUE(problem) << why.message() << " in " << answer.body;
  if (!problem)
    return {};
  EXPECT_EQ((*problem)->getStatus(), answer.status);
  EXPECT_EQ(view((*problem)->getTitle()), reason_phrase(answer.status));
  EXPECT_EQ(view((*problem)->getType()), "about:blank");
  EXPECT_NE(view((*problem)->getDetail()), "");
  return *problem;
}

} // namespace hive::http
