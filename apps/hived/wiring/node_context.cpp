#include "apps/hived/wiring/node_context.hpp"

#include "actors/hive/link/network.hpp"
#include "actors/remote/register.hpp"
#include "actors/scheduling/scheduling.hpp"
#include "gpu/gpu_names.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "platform/version.hpp"
#include "storage/epoch.hpp"

#include <caf/all.hpp>

namespace hive {

namespace {

constexpr size_t max_card_gpu_name = 128; // as in the schema

void set_gpus(capnp::List<wire::GpuReading>::Reader devices, wire::NodeCard::Builder out) {
  auto gpus = out.initGpus(devices.size());
  for (uint32_t i = 0; i < gpus.size(); ++i) {
    gpus[i].setName(std::string{cut_text(name_of(devices[i]), max_card_gpu_name)});
    gpus[i].setVramMib(devices[i].getMemory().getTotalMib());
  }
}

} // namespace

void first_gpus::set(msg<wire::GpuReport> report) {
  std::lock_guard lock{mutex_};
  report_ = std::move(report);
}

void first_gpus::set_unknown(std::string why) {
  std::lock_guard lock{mutex_};
  report_.reset();
  unknown_ = std::move(why);
}

std::string first_gpus::names() const {
  std::lock_guard lock{mutex_};
  return report_ ? names_of(**report_) : names_of_unknown(unknown_);
}

std::string first_gpus::driver() const {
  std::lock_guard lock{mutex_};
  return report_ ? driver_of(**report_) : "";
}

std::optional<msg<wire::GpuReport>> first_gpus::report() const {
  std::lock_guard lock{mutex_};
  return report_;
}

caf_config::caf_config(const door_config& door, size_t threads) {
  register_remote_messages(*this);
  if (door.listen)
    configure_network(*this, door.network);
  set("logger.verbosity", caf::atom("quiet")); // CAF's own log is about CAF
  configure_scheduling(*this, threads);
}

node_context::node_context(const node_config& given, const descriptor_budget& budget)
    : config{given}, descriptors{budget}, system_config{config.door, config.threads}, system{system_config} {
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

msg<wire::NodeCard> describe_node(const node_context& node) {
  const auto& config = node.config;
  return msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName(config.name);
    out.setTier(config.tier);
    auto labels = out.initLabels(static_cast<uint32_t>(config.labels.size()));
    for (uint32_t i = 0; i < labels.size(); ++i)
      labels.set(i, config.labels[i]);
    if (auto report = node.gpus->report())
      set_gpus((*report)->getDevices(), out);
    out.setSoftware(version_text);
  });
}

} // namespace hive
