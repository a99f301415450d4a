#include "actors/gpu/gpu_slots.hpp"

#include "messages/gpu.capnp.h"
#include "messages/packed.hpp"

#include <algorithm>

namespace hive {
namespace {

constexpr auto gpu_key = "gpu";
constexpr gpu::mib told_step = 1024;
constexpr size_t max_told = 64;

void describe(const msg<wire::NodeGpus>& from, wire::NodeInfo::Builder out) {
  uint64_t largest = 0;
  uint64_t free = 0;
  uint64_t idle = 0;
  for (auto each : from->getGpus()) {
    if (!each.getUsable() || each.getSimulated())
      continue;
    largest = std::max(largest, each.getVramMib());
    free = std::max(free, each.getFreeMib());
    if (each.getMode() == wire::GpuMode::IDLE)
      idle = std::max(idle, each.getVramMib());
  }
  out.setGpuMib(largest);
  out.setFreeGpuMib(free);
  out.setIdleGpuMib(idle);
  out.setGpuRequests(from->getQueued());
  out.setGpuPromisedAt(from->getHeadPromisedAt());
}

} // namespace

slot_rules gpu_rules() {
  auto decode = [](std::string_view, std::string_view payload) -> caf::expected<slot_content> {
    auto gpus = from_packed<wire::NodeGpus>(payload);
    if (!gpus)
      return gpus.error();
    return make_content(std::move(*gpus));
  };
  auto describe_content = [](const slot_content& content, wire::NodeInfo::Builder out) {
    if (const auto* gpus = content_as<msg<wire::NodeGpus>>(content))
      describe(*gpus, out);
  };
  return {gpu_kind, "GPUs", decode, describe_content};
}

publish_slots gpus_to_publish(const gpu::ledger& ledger) {
  auto devices = ledger.devices();
  if (devices.empty())
    return {gpu_kind, {}};
  auto gpus = msg<wire::NodeGpus>::build([&](wire::NodeGpus::Builder out) {
    auto told = out.initGpus(static_cast<uint32_t>(std::min(devices.size(), max_told)));
    for (uint32_t i = 0; i < told.size(); ++i) {
      const auto& device = devices[i];
      told[i].setVramMib(device.usable());
      told[i].setFreeMib(device.is_exclusive() ? 0 : device.free() / told_step * told_step);
      told[i].setMode(device.is_idle()        ? wire::GpuMode::IDLE
                      : device.is_exclusive() ? wire::GpuMode::EXCLUSIVE
                                              : wire::GpuMode::SHARED);
      told[i].setUsable(device.state_at(ledger.now(), ledger.options()) == wire::GpuAvailability::OK);
      told[i].setSimulated(device.simulated());
    }
    out.setQueued(static_cast<uint32_t>(ledger.queued()));
    if (const auto* head = ledger.head(); head && head->promised_at)
      out.setHeadPromisedAt(head->promised_at->count());
  });
  return {gpu_kind, {{gpu_key, to_packed(gpus)}}};
}

} // namespace hive
