#include "apps/hived/wiring/monitor_group.hpp"

#include "actors/http/monitor_routes.hpp"
#include "actors/http/tls_identity.hpp"
#include "actors/monitoring/monitor.hpp"
#include "apps/hived/wiring/readiness.hpp"
#include "messages/check.hpp"
#include "platform/version.hpp"

#include <filesystem>

namespace hive {
namespace {

node_figures look_at(const node_context& node) {
  std::error_code failed;
  auto room = std::filesystem::space(node.config.store.directory, failed);
  return {.id = node.identity.id.value,
          .name = node.config.name,
          .tier = json_name(node.config.tier),
          .version = version_text,
          .not_ready = why_not_ready(node),
          .store_bytes = node.db->stored_bytes(),
          .store_free_bytes = failed ? 0 : room.available,
          .store_need_bytes = node.config.store.min_free_bytes,
          .writes = node.db->progress()->durations(),
          .https_until = node.config.http.tls ? node.config.http.tls->not_after() : 0,
          .process = read_process_usage(),
          .runs = node.captures->runs()};
}

} // namespace

std::vector<service> monitor_group::services() {
  return {make_service("monitor", monitor_, [this]() -> caf::expected<monitor_actor> {
    return spawn_monitor(node_.system,
                         {.federation = federation_.federation,
                          .gpus = gpus_.scheduler,
                          .gate = gate_.gate,
                          .tracker = tracker_.tracker,
                          .backups = backups_.backups,
                          .historian = benchmark_.historian,
                          .results = benchmark_.results,
                          .counted = node_.metrics,
                          .node = [&node = node_] { return look_at(node); }},
                         {.series = node_.config.metric_series});
  })};
}

std::vector<http::route> monitor_group::routes() const {
  return http::monitor_routes(monitor_);
}

} // namespace hive
