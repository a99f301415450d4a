#include "actors/engines/engine_list.hpp"

#include "actors/engines/spawned_answers.hpp"
#include "messages/text.hpp"

#include <map>
#include <tuple>

namespace hive {
namespace {

/// Name, protocol, remote end of its connection, node that acts for it: in the order of the list.
using entry_key = std::tuple<std::string, wire::EngineProtocol, std::string, std::string>;

/// What an entry of the list adds to its key.
struct engine_entry {
  int64_t since_unix_micros = 0;
  std::vector<msg<wire::Spawned>> spawned;
};

/// The entry of the engine that has spawned this on this node.
entry_key key_of(const spawned_here& each, const std::map<caf::actor_addr, std::string>& remotes) {
  auto session = remotes.find(each.asker);
  return {std::string{as_view(each.what->getEngine())},
          each.via.value.empty() ? wire::EngineProtocol::CAF : wire::EngineProtocol::HTTP,
          session == remotes.end() ? std::string{} : session->second, each.via.value};
}

void write(const entry_key& key, const engine_entry& entry, wire::EngineInfo::Builder out) {
  const auto& [name, protocol, remote, via] = key;
  out.setName(name);
  out.setProtocol(protocol);
  if (!remote.empty())
    out.setRemote(remote);
  if (!via.empty())
    out.setVia(via);
  out.setConnectedAt(entry.since_unix_micros);
  auto list = out.initSpawned(static_cast<uint32_t>(entry.spawned.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.setWithCaveats(i, *entry.spawned[i]);
}

} // namespace

msg<wire::EngineList> list_engines(const known_engines& known) {
  std::map<entry_key, engine_entry> entries;
  std::map<caf::actor_addr, std::string> remotes;
  for (const auto& each : known.connected) {
    remotes[each.session] = each.remote;
    entries[{each.name, wire::EngineProtocol::CAF, each.remote, {}}].since_unix_micros = each.since_unix_micros;
  }
  for (const auto& each : known.here)
    if (!each.asker || each.asker != known.own_asker) // those are over HTTP
      entries[key_of(each, remotes)].spawned.push_back(each.what);
  for (const auto* record : known.over_http)
    if (record->state != wire::SpawnedState::ENDED)
      entries[{record->engine, wire::EngineProtocol::HTTP, {}, {}}].spawned.push_back(describe(*record));
  return msg<wire::EngineList>::build([&](wire::EngineList::Builder out) {
    auto list = out.initEngines(static_cast<uint32_t>(entries.size()));
    uint32_t i = 0;
    for (const auto& [key, entry] : entries)
      write(key, entry, list[i++]);
  });
}

} // namespace hive
