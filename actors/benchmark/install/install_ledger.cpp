#include "actors/benchmark/install/install_ledger.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {
namespace {

using state = wire::InstallState;

std::string name_of(wire::InstallBenchmark::Reader request) {
  return std::string{as_view(request.getName())};
}

std::string summary_of(wire::InstalledBenchmark::Reader installed) {
  return "commit " + std::string{as_view(installed.getCommit())} + ": " + std::to_string(installed.getFiles()) +
         " files, " + std::to_string(installed.getBytes()) + " bytes";
}

void fill(wire::Install::Builder out, const std::string& name, const install_ledger::entry& entry,
          const node_id& node) {
  out.setName(name);
  out.setNode(node.value);
  out.setState(entry.state);
  out.setProgress(entry.progress);
  out.setError(entry.error);
  out.setRepoUrl(entry.url);
  out.setStartedAt(entry.started_at);
  if (entry.installed)
    out.setInstalled(**entry.installed);
}

} // namespace

void install_ledger::restore(const msg<wire::InstalledBenchmark>& installed) {
  auto& added = entries_[name_of(installed->getRequest())];
  added.state = state::INSTALLED;
  added.progress = summary_of(*installed);
  added.url = as_view(installed->getRequest().getRepoUrl());
  added.started_at = installed->getInstalledAt();
  added.installed = installed;
}

caf::error install_ledger::accept(const msg<wire::InstallBenchmark>& request, int64_t now) {
  auto name = name_of(*request);
  auto found = entries_.find(name);
  if (found != entries_.end() && found->second.wanted)
    return hive::fail(ec::busy, "an install of " + name + " is waiting or running already");
  if (waiting_.size() >= defaults::max_waiting_installs)
    return hive::fail(ec::overloaded, std::to_string(waiting_.size()) + " installs wait already");
  auto& entry = entries_[name];
  entry.state = state::WAITING;
  entry.progress = "waits for other installs";
  entry.error.clear();
  entry.url = as_view(request->getRepoUrl());
  entry.started_at = now;
  entry.wanted = request;
  waiting_.push_back(name);
  return caf::none;
}

std::optional<msg<wire::InstallBenchmark>> install_ledger::start_next() {
  if (!running_.empty() || waiting_.empty())
    return std::nullopt;
  running_ = waiting_.front();
  waiting_.pop_front();
  return entries_.at(running_).wanted;
}

void install_ledger::enter(const std::string& name, wire::InstallState step, std::string progress) {
  auto found = entries_.find(name);
  if (name != running_ || found == entries_.end())
    return; // a step of an install that has ended
  found->second.state = step;
  found->second.progress = std::move(progress);
}

void install_ledger::finish(const std::string& name, const msg<wire::InstalledBenchmark>& installed) {
  auto started_at = entries_.at(name).started_at;
  entries_.erase(name);
  restore(installed);
  entries_.at(name).started_at = started_at;
  running_.clear();
}

void install_ledger::fail(const std::string& name, const std::string& why) {
  auto& entry = entries_.at(name);
  entry.state = state::FAILED;
  entry.progress = entry.installed ? "failed; what was installed before stays" : "failed";
  entry.error = why;
  entry.wanted.reset();
  running_.clear();
  forget_oldest_failure();
}

void install_ledger::forget_oldest_failure() {
  auto is_failure = [](const auto& item) { return item.second.state == state::FAILED && !item.second.installed; };
  auto failures = std::ranges::count_if(entries_, is_failure);
  if (static_cast<size_t>(failures) <= defaults::kept_failed_installs)
    return;
  auto oldest = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at)
    if (is_failure(*at) && (oldest == entries_.end() || at->second.started_at < oldest->second.started_at))
      oldest = at;
  entries_.erase(oldest);
}

void install_ledger::remove(const std::string& name) {
  entries_.erase(name);
}

const install_ledger::entry* install_ledger::find(const std::string& name) const {
  auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

caf::expected<msg<wire::Install>> install_ledger::describe(const std::string& name) const {
  const auto* found = find(name);
  if (!found)
    return hive::fail(ec::not_found, "no benchmark named " + name + " is installed or being installed");
  return msg<wire::Install>::build([&](wire::Install::Builder out) { fill(out, name, *found, own_id_); });
}

msg<wire::InstallList> install_ledger::describe_all() const {
  return msg<wire::InstallList>::build([&](wire::InstallList::Builder out) {
    auto list = out.initInstalls(static_cast<uint32_t>(entries_.size()));
    uint32_t at = 0;
    for (const auto& [name, entry] : entries_)
      fill(list[at++], name, entry, own_id_);
  });
}

} // namespace hive
