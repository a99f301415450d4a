#include "actors/http/node_routes.hpp"

namespace hive::http {

namespace {

void tell_sender(const exchange_ptr& to) {
  const auto& sender = to->request().sender;
  to->answer(detail::to_response({}, msg<wire::WhoAmI>::build([&](wire::WhoAmI::Builder out) {
                                   out.setRole(std::string{to_string(sender.grants)});
                                   if (!sender.token.empty())
                                     out.setToken(sender.token);
                                   out.setOpen(sender.open == role::anyone ? "none"
                                                                           : std::string{to_string(sender.open)});
                                 })));
}

} // namespace

std::vector<route> node_routes(const node_views& node) {
  using enum method;
  auto readiness = [health = node.health, not_ready = node.not_ready]() -> caf::expected<msg<wire::Health>> {
    if (auto reason = not_ready(); !reason.empty())
      return fail(ec::unavailable, reason);
    return health();
  };
  auto who =
    route::raw(get, "/api/v1/whoami", "What the sender of the request may do", "application/json", tell_sender);
  who.documented = {answers<wire::WhoAmI>(200)};
  return {
    std::move(who).with_token(),
    route::reply<wire::Health>("/healthz", "Whether the node is alive", node.health).for_role(role::anyone),
    route::reply<wire::Health>("/readyz", "Whether the node accepts requests and can store their data", readiness)
      .for_role(role::anyone),
    route::reply<wire::NodeStatus>(
      "/api/v1/status", "The node at a glance",
      [status = node.status]() -> caf::expected<msg<wire::NodeStatus>> { return status(); }),
  };
}

} // namespace hive::http
