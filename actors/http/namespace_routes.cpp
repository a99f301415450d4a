#include "actors/http/namespace_routes.hpp"

#include "actors/http/gateway.hpp"
#include "actors/http/route_set.hpp"
#include "messages/namespace.capnp.h"

#include <caf/all.hpp>

namespace hive::http {
namespace {

void run(const namespace_entry& in, const exchange_ptr& what) {
  auto* found = in.routes->find(what->request().verb, what->request().path);
  if (!found)
    return what->answer(problem(fail(ec::internal, "the namespace lacks the route of this request")));
  what->keep(std::make_shared<namespace_entry>(in)); // the route too
  if (what->request().body.size() <= defaults::max_inline_json_bytes)
    run_handler(found->handle, what);
  else
    what->run_aside([found, what] { run_handler(found->handle, what); });
}

} // namespace

std::vector<route> namespace_routes(const namespaces_actor& namespaces) {
  using namespace wire;
  using enum method;
  return {
    route::ask<NamespaceQuery, NamespaceList>(get, "/api/v1/namespaces", namespaces, "List the namespaces"),
    route::ask<NamespaceName, NamespaceName>(delete_, "/api/v1/namespaces/{id}", namespaces,
                                             "End a namespace and delete all that is in it"),
  };
}

void run_in_namespace(const namespaces_actor& namespaces, const std::string& id, const exchange_ptr& incoming) {
  auto verb = incoming->request().verb;
  enter_namespace request{id, verb == method::post || verb == method::put};
  incoming->forward([namespaces, request](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(namespaces, defaults::namespace_enter_timeout, request)
      .then([to](const namespace_entry& in) { run(in, to); },
            [to](const caf::error& error) { to->answer(problem(error)); });
  });
}

} // namespace hive::http
