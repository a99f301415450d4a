#include "actors/benchmark/adapter_table.hpp"

#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

void fill(wire::BenchmarkInfo::Builder out, const adapter_table::entry& entry) {
  const auto& definition = entry.definition;
  out.setName(definition.name);
  out.setTier(definition.tier);
  out.setSource(definition.source);
  out.setRequiresGpu(definition.requires_gpu);
  out.setMinVramGb(definition.min_vram_gb);
  auto reason =
    entry.unavailable.empty() && definition.unavailable_reason ? definition.unavailable_reason() : entry.unavailable;
  out.setAvailable(reason.empty());
  out.setReason(reason);
  out.setTimeoutS(std::chrono::duration<double>(definition.timeout).count());
  out.setRunsVersions(definition.runs_versions);
}

} // namespace

adapter_table::~adapter_table() {
  for (auto& [_, entry] : adapters_)
    caf::anon_send_exit(entry.handle, caf::exit_reason::user_shutdown);
}

const adapter_table::entry* adapter_table::find(const std::string& name) const {
  auto found = adapters_.find(name);
  return found == adapters_.end() ? nullptr : &found->second;
}

const adapter_table::entry& adapter_table::add(adapter_definition definition) {
  auto& added = adapters_[definition.name];
  added.definition = std::move(definition);
  if (added.definition.requires_gpu && !added.definition.is_leased)
    added.unavailable = "needs a GPU lease, which nobody takes for it";
  else
    spawn(added);
  return added;
}

void adapter_table::spawn(entry& entry) {
  entry.handle = entry.definition.spawn();
  owner_.monitor(entry.handle);
}

void adapter_table::respawn(entry& entry) {
  entry.handle = nullptr;
  if (entry.budget.allow(std::chrono::steady_clock::now()))
    spawn(entry);
  else
    entry.unavailable = "ended too often and is not started again before the node is";
}

void adapter_table::release(const std::string& name) {
  auto found = adapters_.find(name);
  if (found == adapters_.end())
    return;
  if (found->second.handle)
    owner_.demonitor(found->second.handle.address());
  adapters_.erase(found);
}

void adapter_table::end(const std::string& name) {
  auto found = adapters_.find(name);
  if (found != adapters_.end() && found->second.handle)
    owner_.send_exit(found->second.handle, caf::exit_reason::user_shutdown);
  release(name);
}

void adapter_table::on_down(const caf::down_msg& down) {
  for (auto& [name, entry] : adapters_) {
    if (!entry.handle || entry.handle.address() != down.source)
      continue;
    log::error("Adapter ended unexpectedly: {}. adapter={}", text_of(down.reason), name);
    respawn(entry);
    return;
  }
}

void adapter_table::replace_hung(const std::vector<std::string>& hung,
                                 const std::map<std::string, adapter_actor>& asked) {
  for (const auto& name : hung) {
    const auto& handle = asked.at(name);
    log::error("Adapter hangs and is killed. adapter={}", name);
    owner_.demonitor(handle.address());
    owner_.send_exit(handle, caf::exit_reason::kill);
    auto found = adapters_.find(name);
    if (found != adapters_.end() && found->second.handle == handle)
      respawn(found->second);
  }
}

std::vector<capture_member> adapter_table::members_of(wire::Tier tier) const {
  std::vector<capture_member> out;
  for (const auto& [_, entry] : adapters_)
    if (entry.definition.belongs_to(tier))
      out.push_back({entry.definition, entry.handle, entry.unavailable});
  return out;
}

msg<wire::BenchmarkInfo> adapter_table::describe(const entry& entry) {
  return msg<wire::BenchmarkInfo>::build([&](wire::BenchmarkInfo::Builder out) { fill(out, entry); });
}

msg<wire::BenchmarkList> adapter_table::describe_all() const {
  return msg<wire::BenchmarkList>::build([&](wire::BenchmarkList::Builder out) {
    auto list = out.initBenchmarks(static_cast<uint32_t>(adapters_.size()));
    uint32_t place = 0;
    for (const auto& [_, entry] : adapters_)
      fill(list[place++], entry);
  });
}

} // namespace hive
