#include "actors/engines/spawn_request.hpp"

#include "messages/ec.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"

namespace hive {
namespace {

caf::expected<std::string> engine_name(const std::string& token, std::string_view given) {
  if (token.empty())
    return std::string{given.empty() ? nameless_engine : given};
  if (!is_valid_id(token))
    return fail(ec::invalid, "the token's name " + token + " cannot name an engine: it " + std::string{id_rule});
  if (!given.empty() && given != token)
    return fail(ec::forbidden, "the token is of engine " + token + ", not of " + std::string{given});
  return token;
}

msg<wire::SpawnRequest> request_of(wire::StartSpawned::Reader asked) {
  return msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
    auto spec = out.initSpec();
    if (asked.hasCommand())
      spec.setAdapter(asked.getCommand());
    else
      spec.setResearch(asked.getSession());
    spec.setStay(asked.getStay());
    if (asked.getPlace().hasNode())
      out.setNode(asked.getPlace().getNode());
    out.setLabels(asked.getPlace().getLabels());
    out.setTier(asked.getPlace().getTier());
  });
}

} // namespace

caf::expected<spawn_plan> read_spawn_request(const std::string& token, wire::StartSpawned::Reader asked) {
  auto engine = engine_name(token, as_view(asked.getEngine()));
  if (!engine)
    return engine.error();
  if (asked.hasCommand() == asked.hasSession())
    return fail(ec::invalid, "exactly one of command and session must be given");
  if (asked.hasSession() && asked.getSession().getId().size() == 0)
    return fail(ec::invalid, "session.id must be given");
  auto name = asked.hasCommand() ? asked.getCommand().getName() : asked.getSession().getId();
  auto kind = asked.hasCommand() ? wire::SpawnedKind::ADAPTER : wire::SpawnedKind::RESEARCH;
  return spawn_plan{*engine, kind, std::string{as_view(name)}, asked.getStay(), request_of(asked)};
}

} // namespace hive
