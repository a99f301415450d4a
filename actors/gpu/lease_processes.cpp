#include "actors/gpu/lease_processes.hpp"

#include "actors/defaults.hpp"
#include "storage/lease_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <csignal>

namespace hive {

void lease_processes::name(lease_id id, const process_stamp& who) {
  named_[id] = who;
}

void lease_processes::hold(lease_id id, lease_holder_actor holder) {
  holders_[id] = std::move(holder);
}

void lease_processes::expect(lease_id id, const std::string& token) {
  if (token.empty() || !token_of_.emplace(id, token).second)
    return;
  tokens_[token] = id;
}

void lease_processes::forget(lease_id id) {
  named_.erase(id);
  holders_.erase(id);
  seen_.erase(id);
  if (auto token = token_of_.find(id); token != token_of_.end()) {
    tokens_.erase(token->second);
    token_of_.erase(token);
  }
}

std::optional<lease_id> lease_processes::lease_of(uint32_t pid) {
  std::optional<lease_id> out;
  if (auto token = environment_of(pid, "HIVE_LEASE_TOKEN"))
    if (auto found = tokens_.find(*token); found != tokens_.end())
      out = found->second;
  auto ancestor = pid;
  for (size_t depth = 0; !out && ancestor > 1 && depth < defaults::max_process_depth; ++depth) {
    auto relations = read_relations(ancestor);
    if (!relations)
      break;
    for (const auto& [id, leader] : named_)
      if (leader.pid == ancestor || leader.pid == relations->group)
        out = id;
    ancestor = relations->parent;
  }
  if (!out)
    return out;
  auto stamp = stamp_of(pid);
  auto& seen = seen_[*out];
  if (stamp && std::ranges::find(seen, *stamp) == seen.end()) {
    std::erase_if(seen, [](const process_stamp& each) { return !is_alive(each); });
    seen.push_back(*stamp);
  }
  return out;
}

std::vector<lease_id> lease_processes::held_by(const caf::actor_addr& holder) const {
  std::vector<lease_id> out;
  for (const auto& [id, each] : holders_)
    if (each.address() == holder)
      out.push_back(id);
  return out;
}

std::vector<lease_id> lease_processes::take_ended() {
  std::vector<lease_id> out;
  for (const auto& [id, leader] : named_)
    if (!is_alive(leader))
      out.push_back(id);
  for (auto id : out)
    named_.erase(id);
  return out;
}

void lease_processes::ask(lease_id id, const std::string& reason) const {
  if (auto leader = named_.find(id); leader != named_.end())
    send_signal(leader->second, SIGTERM);
  if (auto holder = holders_.find(id); holder != holders_.end())
    caf::anon_send(holder->second, lease_revoked{to_text(id), reason});
}

bool lease_processes::kill(lease_id id) {
  auto leader = named_.find(id);
  if (leader != named_.end())
    kill_group(leader->second);
  if (auto seen = seen_.find(id); seen != seen_.end())
    for (const auto& each : seen->second)
      send_signal(each, SIGKILL);
  auto holder = holders_.find(id);
  if (holder != holders_.end())
    caf::anon_send_exit(holder->second, caf::exit_reason::kill);
  return leader != named_.end() || holder != holders_.end();
}

} // namespace hive
