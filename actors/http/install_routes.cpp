#include "actors/http/install_routes.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/install.capnp.h"

namespace hive::http {
namespace {

const std::string location = "/api/v1/benchmarks/installs/{name}";

action install(const installer_actor& installer, const msg<wire::InstallBenchmark>& request) {
  if (request->getWait())
    return ask<wire::Install>(installer, request, {201, location, defaults::capture_timeout});
  auto start = msg<wire::StartInstall>::build([&](wire::StartInstall::Builder out) { out.setRequest(*request); });
  return ask<wire::Install>(installer, start, {202, location});
}

} // namespace

std::vector<route> install_routes(const installer_actor& installer) {
  using namespace wire;
  using enum method;
  return {
    // An install runs commands of others on the node, which requires the operator's role.
    route::choose<InstallBenchmark>(
      post, "/api/v1/benchmarks/install", "Install a benchmark from a git repository",
      {answers<Install>(201, true), answers<Install>(202, true)},
      [installer](const msg<InstallBenchmark>& request) { return install(installer, request); })
      .for_role(role::operate),
    route::ask<InstallListQuery, InstallList>(get, "/api/v1/benchmarks/installs", installer,
                                              "Benchmarks from git repositories"),
    route::ask<InstallQuery, Install>(get, location, installer, "A benchmark from a git repository, at any stage"),
  };
}

} // namespace hive::http
