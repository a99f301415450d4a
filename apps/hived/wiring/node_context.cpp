#include "apps/hived/wiring/node_context.hpp"

#include "actors/hive/link/network.hpp"
#include "actors/remote/register.hpp"
#include "apps/version.hpp"
#include "gpu/devices.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/epoch.hpp"

#include <caf/all.hpp>

namespace hive {

caf_config::caf_config(const door_config& door) {
  register_remote_messages(*this);
  if (door.listen)
    configure_network(*this, door.network);
  set("logger.verbosity", caf::atom("quiet")); // CAF's own log is about CAF
  // One queue for all workers: with work stealing, chains of messages between few busy actors wait for sleeping
  // workers. Measured with the tracker's benchmark: 88,000 to 105,000 records/s with stealing, 132,000 to 190,000
  // with sharing.
  set("scheduler.policy", caf::atom("sharing"));
}

node_context::node_context(const node_config& given, const descriptor_budget& budget)
    : config{given}, descriptors{budget}, system_config{config.door}, system{system_config} {
  config.http.access = std::make_shared<http::authorizer>(config.http.tokens, config.http.open);
  config.http.max_connections = budget.connections;
}

caf::expected<std::unique_ptr<node_context>> node_context::open(const node_config& config) {
  auto descriptors = raise_descriptor_limit(config.http.max_connections);
  if (!descriptors)
    return descriptors.error();
  auto out = std::make_unique<node_context>(config, *descriptors);
  if (config.door.listen)
    forbid_remote_spawning(out->system);
  auto options = config.store;
  options.on_background_error = [](std::string what) { log::error("RocksDB background work failed: {}", what); };
  options.on_notice = [](std::string what) { log::warn("{}", what); };
  auto db = database::open(std::move(options));
  if (!db)
    return db.error();
  out->db = std::move(*db);
  auto identity = begin_epoch(*out->db, now_unix_micros());
  if (!identity)
    return identity.error();
  out->identity = std::move(*identity);
  return out;
}

msg<wire::NodeCard> describe_node(const node_config& config) {
  return msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName(config.name);
    out.setTier(config.tier);
    auto labels = out.initLabels(static_cast<uint32_t>(config.labels.size()));
    for (uint32_t i = 0; i < labels.size(); ++i)
      labels.set(i, config.labels[i]);
    auto devices = find_gpus().devices;
    auto gpus = out.initGpus(static_cast<uint32_t>(devices.size()));
    for (uint32_t i = 0; i < gpus.size(); ++i) {
      gpus[i].setName(devices[i].name);
      gpus[i].setVramMib(devices[i].vram_mib);
    }
    out.setSoftware(version_text);
  });
}

} // namespace hive
