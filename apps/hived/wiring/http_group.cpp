#include "apps/hived/wiring/http_group.hpp"

#include "actors/http/api_routes.hpp"
#include "actors/http/audited.hpp"
#include "actors/http/node_routes.hpp"
#include "actors/http/server.hpp"
#include "actors/http/token_routes.hpp"
#include "apps/dashboard/dashboard_routes.hpp"
#include "apps/hived/wiring/readiness.hpp"
#include "messages/audit.capnp.h"
#include "platform/log.hpp"
#include "platform/version.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <filesystem>
#include <iterator>

namespace hive {
namespace {

msg<wire::Health> health_of(const node_context& node) {
  return msg<wire::Health>::build([&](wire::Health::Builder out) {
    out.setStatus(node.status->get());
    out.setNode(node.config.name);
    out.setId(node.identity.id.value);
    out.setVersion(version_text);
    out.setEpoch(node.identity.epoch);
    out.setUptimeS(std::chrono::duration<double>(std::chrono::steady_clock::now() - node.started_at).count());
  });
}

msg<wire::NodeStatus> at_a_glance(const node_context& node) {
  auto not_ready = why_not_ready(node);
  std::error_code failed;
  auto room = std::filesystem::space(node.config.store.directory, failed);
  return msg<wire::NodeStatus>::build([&](wire::NodeStatus::Builder out) {
    out.setHealth(*health_of(node));
    out.setReady(not_ready.empty());
    if (!not_ready.empty())
      out.setNotReady(not_ready);
    out.setStoreFreeBytes(failed ? 0 : room.available);
    out.setStoreMinFreeBytes(node.config.store.min_free_bytes);
  });
}

} // namespace

std::vector<service> http_group::services() {
  return {{"http", [this] { return start(); }}};
}

std::vector<http::route> http_group::own_routes() const {
  return http::node_routes({
    .health = [&node = node_] { return health_of(node); },
    .not_ready = [&node = node_] { return why_not_ready(node); },
    .status = [&node = node_] { return at_a_glance(node); },
  });
}

std::vector<http::route> http_group::routes_before() const {
  std::vector<http::route> out;
  for (const auto* group : before_)
    for (auto& route : group->routes()) {
      route.has_namespaces = group->has_namespaces();
      out.push_back(http::audited(std::move(route), audit_.audit));
    }
  return out;
}

caf::expected<caf::actor> http_group::start() {
  auto& config = node_.config;
  auto all = http::api_routes(
    {own_routes(), http::token_routes(config.http.access, config.tokens.file.string()), routes_before()},
    {version_text});
  auto pages = dashboard_routes(embedded_assets());
  if (!pages)
    return pages.error();
  // After the document of the API, which is no place for pages.
  std::ranges::move(*pages, std::back_inserter(all));
  config.http.trust = node_.trust;
  auto server = http::spawn_server(node_.system, {std::move(all), node_.metrics, namespaces_.namespaces}, config.http);
  if (!server)
    return server.error();
  config.http.port = server->port; // kept across restarts, even if any free port was requested
  if (auto failure = hand_out_operator_token()) {
    caf::anon_send_exit(server->gateway, caf::exit_reason::kill);
    return failure;
  }
  return server->gateway;
}

/// Does so once per process, because the token stays valid as long as the process runs.
caf::error http_group::hand_out_operator_token() {
  if (operator_token_)
    return caf::none;
  const auto& config = node_.config;
  auto token = http::make_operator_token();
  auto written = operator_token_file::write(token_places(config.store.directory, config.http.port), token.secret);
  if (!written)
    return written.error();
  operator_token_ = std::move(*written);
  config.http.access->set_operator(std::move(token.known), operator_token_->path().string());
  log::info("Operator token written. file={}", operator_token_->path().string());
  if (config.http.tokens.empty() && config.http.open == http::role::operate)
    log::warn("Every program that can connect may run commands as this user: http.open = \"operate\". http={}",
              config.http.endpoint());
  return caf::none;
}

} // namespace hive
