#include "actors/http/api_routes.hpp"

#include "actors/http/metrics.hpp"
#include "actors/http/openapi.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"

#include <iterator>

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

std::vector<route> node_routes(const api_services& s) {
  auto readiness = [health = s.health, not_ready = s.not_ready]() -> caf::expected<msg<wire::Health>> {
    if (auto reason = not_ready(); !reason.empty())
      return fail(ec::unavailable, reason);
    return health();
  };
  auto metrics = [registry = s.metrics](const exchange_ptr& to) {
    to->answer({200, "text/plain; version=0.0.4", expose(*registry), {}, {}});
  };
  return {
    route::reply<wire::Health>("/healthz", "Whether the node is alive", s.health).for_role(role::anyone),
    route::reply<wire::Health>("/readyz", "Whether the node accepts requests and can store their data", readiness)
      .for_role(role::anyone),
    route::reply<wire::NodeStatus>("/api/v1/status", "The node at a glance",
                                   [status = s.status]() -> caf::expected<msg<wire::NodeStatus>> { return status(); }),
    route::raw(get, "/metrics", "Metrics in Prometheus's text form", "text/plain", metrics),
  };
}

std::vector<route> benchmark_routes(const api_services& s) {
  using namespace wire;
  return {
    route::ask<BenchmarkQuery, BenchmarkList>(get, "/api/v1/benchmarks", s.registry, "List the benchmark adapters"),
    // Registering a command means running it on the node, which requires the operator's role.
    route::ask<CommandSpec, BenchmarkInfo>(post, "/api/v1/benchmarks", s.registry, "Register a command as an adapter",
                                           {.status = 201})
      .for_role(role::operate),
    route::ask<BenchmarkName, BenchmarkInfo>(delete_, "/api/v1/benchmarks/{name}", s.registry,
                                             "Remove a registered adapter"),
  };
}

std::vector<route> snapshot_routes(const api_services& s) {
  using namespace wire;
  return {
    route::choose<CaptureRequest>(
      post, "/api/v1/snapshots", "Capture a snapshot of a version",
      {answers<Snapshot>(201, true), answers<CaptureAccepted>(202, true)},
      [registry = s.registry](const msg<CaptureRequest>& request) { return capture(registry, request); }),
    route::ask<PageQuery, SnapshotList>(get, "/api/v1/snapshots", s.registry, "List the versions with a snapshot")
      .with_large_answers(),
    route::ask<SnapshotQuery, Snapshot>(get, "/api/v1/snapshots/{version}", s.registry, "The snapshot of a version")
      .with_large_answers(),
    route::ask<ImportSnapshot, Snapshot>(put, "/api/v1/snapshots/{version}", s.registry,
                                         "Store a snapshot captured elsewhere"),
    route::ask<CaptureListQuery, CaptureList>(get, "/api/v1/snapshots/{version}/captures", s.registry,
                                              "List the captures of a version"),
    route::ask<CaptureQuery, Snapshot>(get, "/api/v1/snapshots/{version}/captures/{n}", s.registry,
                                       "One capture of a version")
      .with_large_answers(),
    route::ask<DeleteCapture, CaptureDeleted>(delete_, "/api/v1/snapshots/{version}/captures/{n}", s.registry,
                                              "Delete a capture"),
    route::ask<LatestResultsQuery, LatestResults>(get, "/api/v1/results/latest", s.registry,
                                                  "The newest value of every metric")
      .with_large_answers(),
    route::ask<UpgradeQuery, UpgradeCheck>(get, "/api/v1/upgrades/check", s.upgrades,
                                           "Whether one version may replace another"),
  };
}

std::vector<route> input_routes(const api_services& s) {
  using namespace wire;
  return {
    route::ask<ObserveModel, Recorded>(post, "/api/v1/models/{id}/observations", s.inputs,
                                       "Add observations of a model", {.status = 201}),
    route::ask<WorldModelStats, Recorded>(post, "/api/v1/world-model/stats", s.inputs,
                                          "Replace the world model's counters", {.status = 201}),
  };
}

void append(std::vector<route>& to, std::vector<route> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

std::vector<route> api_routes(const api_services& services, std::vector<std::vector<route>> further) {
  auto routes = node_routes(services);
  append(routes, benchmark_routes(services));
  append(routes, snapshot_routes(services));
  append(routes, input_routes(services));
  for (auto& more : further)
    append(routes, std::move(more));
  auto text = std::make_shared<std::string>(); // written last, because the document describes its own route too
  routes.push_back(route::raw(get, "/openapi.json", "The OpenAPI document of this API", "application/json",
                              [text](const exchange_ptr& to) {
                                to->answer({200, "application/json", *text, {}, {}});
                              }));
  *text = openapi_document(routes, {services.version});
  return routes;
}

} // namespace hive::http
