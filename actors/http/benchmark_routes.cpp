#include "actors/http/benchmark_routes.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"

namespace hive::http {
namespace {

using enum method;

const std::string snapshot_location = "/api/v1/snapshots/{version}";

action capture(const registry_actor& registry, const msg<wire::CaptureRequest>& request) {
  if (request->getWait())
    return ask<wire::Snapshot>(registry, request, {201, snapshot_location, defaults::capture_timeout});
  auto start = msg<wire::StartCapture>::build([&](wire::StartCapture::Builder out) { out.setRequest(*request); });
  return ask<wire::CaptureAccepted>(registry, start, {202, snapshot_location});
}

} // namespace

std::vector<route> benchmark_routes(const registry_actor& registry) {
  using namespace wire;
  return {
    route::ask<BenchmarkQuery, BenchmarkList>(get, "/api/v1/benchmarks", registry, "List the benchmark adapters"),
    // Registering a command means running it on the node, which requires the operator's role.
    route::ask<CommandSpec, BenchmarkInfo>(post, "/api/v1/benchmarks", registry, "Register a command as an adapter",
                                           {.status = 201})
      .for_role(role::operate),
    route::ask<BenchmarkName, BenchmarkInfo>(delete_, "/api/v1/benchmarks/{name}", registry,
                                             "Remove a registered adapter"),
    route::choose<CaptureRequest>(
      post, "/api/v1/snapshots", "Capture a snapshot of a version",
      {answers<Snapshot>(201, true), answers<CaptureAccepted>(202, true)},
      [registry](const msg<CaptureRequest>& request) { return capture(registry, request); }),
    route::ask<PageQuery, SnapshotList>(get, "/api/v1/snapshots", registry, "List the versions with a snapshot")
      .with_large_answers(),
    route::ask<SnapshotQuery, Snapshot>(get, "/api/v1/snapshots/{version}", registry, "The snapshot of a version")
      .with_large_answers(),
    route::ask<PreviousVersionQuery, SnapshotSummary>(get, "/api/v1/snapshots/{version}/previous", registry,
                                                      "The newest other version"),
    route::ask<ImportSnapshot, Snapshot>(put, "/api/v1/snapshots/{version}", registry,
                                         "Store a snapshot captured elsewhere"),
    route::ask<CaptureListQuery, CaptureList>(get, "/api/v1/snapshots/{version}/captures", registry,
                                              "List the captures of a version"),
    route::ask<CaptureQuery, Snapshot>(get, "/api/v1/snapshots/{version}/captures/{n}", registry,
                                       "One capture of a version")
      .with_large_answers(),
    route::ask<DeleteCapture, CaptureDeleted>(delete_, "/api/v1/snapshots/{version}/captures/{n}", registry,
                                              "Delete a capture"),
    route::ask<LatestResultsQuery, LatestResults>(get, "/api/v1/results/latest", registry,
                                                  "The newest value of every metric")
      .with_large_answers(),
  };
}

std::vector<route> worker_routes(const registry_actor& registry, const worker_pool_actor& workers) {
  using namespace wire;
  const std::string work = "/api/v1/benchmarks/work/{id}";
  return {
    // What a worker reports decides upgrades, so naming its adapters takes the operator's role.
    route::ask<RegisterWorker, WorkerRegistered>(post, "/api/v1/benchmarks/workers", registry,
                                                 "Register a worker and the adapters that it runs", {.status = 201})
      .for_role(role::operate),
    route::ask<WorkerName, WorkerName>(delete_, "/api/v1/benchmarks/workers/{worker}", workers, "End a worker"),
    // Takes the work from other workers, which a reader must not.
    route::ask<WorkQuery, WorkOffer>(get, "/api/v1/benchmarks/work", workers, "Wait for work",
                                     {.timeout = defaults::work_poll_timeout})
      .for_role(role::record)
      .with_long_wait(),
    route::ask<WorkResult, Recorded>(post, work, workers, "Report the result of work", {.status = 201}),
    route::ask<WorkId, WorkRenewed>(post, work + "/renew", workers, "Keep leased work for longer"),
  };
}

std::vector<route> input_routes(const inputs_actor& inputs) {
  using namespace wire;
  return {
    route::ask<ObserveModel, Recorded>(post, "/api/v1/models/{id}/observations", inputs, "Add observations of a model",
                                       {.status = 201}),
    route::ask<WorldModelStats, Recorded>(post, "/api/v1/world-model/stats", inputs,
                                          "Replace the world model's counters", {.status = 201}),
  };
}

} // namespace hive::http
