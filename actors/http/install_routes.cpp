#include "actors/http/install_routes.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/install.capnp.h"

namespace hive::http {
namespace {

const std::string location = "/api/v1/benchmarks/installs/{name}";

/// What another node installs is not found below the location.
action install(const install_placer_actor& placer, const msg<wire::InstallBenchmark>& request) {
  success how{.status = request->getWait() ? 201 : 202, .location = request->hasPlace() ? "" : location};
  if (request->getWait())
    how.timeout = defaults::capture_timeout;
  return ask<wire::Install>(placer, request, how);
}

} // namespace

std::vector<route> install_routes(const install_placer_actor& placer, const installer_actor& installer) {
  using namespace wire;
  using enum method;
  return {
    // An install runs commands of others on the node, which requires the operator's role.
    route::choose<InstallBenchmark>(post, "/api/v1/benchmarks/install", "Install a benchmark from a git repository",
                                    {answers<Install>(201, true), answers<Install>(202, true)},
                                    [placer](const msg<InstallBenchmark>& request) { return install(placer, request); })
      .for_role(role::operate),
    route::ask<InstallListQuery, InstallList>(get, "/api/v1/benchmarks/installs", installer,
                                              "Benchmarks from git repositories"),
    route::ask<InstallQuery, Install>(get, location, installer, "A benchmark from a git repository, at any stage"),
  };
}

} // namespace hive::http
