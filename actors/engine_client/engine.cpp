#include "actors/engine_client/engine.hpp"

#include "actors/engine_client/connections.hpp"
#include "actors/engines/ticket.hpp"
#include "actors/hive/link/card.hpp"
#include "actors/hive/link/network.hpp"
#include "actors/remote/register.hpp"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <caf/all.hpp>
#include <csignal>
#include <sodium.h>

namespace hive {
namespace {

struct engine_system_config : caf::actor_system_config {
  explicit engine_system_config(const engine_options& options) {
    register_remote_messages(*this);
    configure_network(*this, {});
    set("logger.verbosity", caf::atom("quiet"));
    options.configure(*this);
  }
};

/// Makes a write to a closed connection fail instead of ending the process.
void ignore_sigpipe() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

/// An engine has a new identity in each run.
node_identity make_identity() {
  auto keys = key_pair::generate();
  return {node_id_of(keys.public_part()), 1, keys};
}

/// Builds the identity of this engine from its options.
caf::expected<engine_self> make_self(const engine_options& options) {
  engine_self out{make_identity(), {}, {}};
  auto name = options.name;
  if (!options.tls.empty()) {
    auto shown = load_credentials(options.tls, certificate_role::engine, now_unix_micros() / micros_per_s);
    if (!shown)
      return shown.error();
    auto tls = tls_context::make(*shown);
    if (!tls)
      return tls.error();
    out.tls = std::move(*tls);
    name = shown->own.cert.name();
  }
  if (!is_valid_id(name))
    return fail(ec::invalid, "the engine's name \"" + name + "\" " + std::string{id_rule});
  auto about = msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) { out.setName(name); });
  auto card = make_card(about, {}, out.identity, std::nullopt, now_unix_micros());
  if (!card)
    return card.error();
  out.hello = make_hello(out.identity, certificate_role::engine, *card);
  return out;
}

caf::expected<endpoint> door_of(const engine_options& options) {
  auto at = endpoint::parse(options.address);
  if (!at || at->port == 0)
    return fail(ec::invalid, "the address must be ADDRESS:PORT, not " + options.address);
  if (options.tls.empty() && !at->is_loopback())
    return fail(ec::invalid, "the node at " + options.address + " is not on the loopback; that needs certificates");
  return *at;
}

} // namespace

struct engine::impl {
  impl(engine_options given, endpoint door, engine_self self)
      : options{std::move(given)}, at{std::move(door)}, config{options}, system{config}, connections{system,
                                                                                                     std::move(self)} {
    forbid_remote_spawning(system);
  }

  deadline until() const {
    return std::chrono::steady_clock::now() + options.timeout;
  }

  caf::expected<engine_session_actor> own_session(deadline until) {
    auto there = connections.reach(at, std::nullopt, until);
    if (!there)
      return there.error();
    node = there->node;
    return there->session;
  }

  template <class Answer, class Request>
  caf::expected<Answer> ask(const engine_session_actor& session, const Request& request, deadline until) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    caf::scoped_actor self{system, true};
    caf::expected<Answer> out{caf::error{}};
    self->request(session, std::max(left, std::chrono::milliseconds{1}), request)
      .receive([&](const Answer& answer) { out = answer; },
               [&](caf::error& err) {
                 out = err == caf::sec::request_timeout ? fail(ec::outcome_unknown, "the node did not answer in time")
                                                        : std::move(err);
               });
    return out;
  }

  template <class Answer, class Request>
  caf::expected<msg<Answer>> ask_own(const msg<Request>& request) {
    auto end = until();
    auto session = own_session(end);
    if (!session)
      return session.error();
    return ask<msg<Answer>>(*session, request, end);
  }

  /// The session with a node that a ticket or the caller names.
  caf::expected<engine_session_actor> session_of(const node_id& which, const std::string& address, deadline until) {
    auto door = endpoint::parse(address);
    if (!door)
      return fail(ec::malformed, "node " + which.value + " gives its door as " + address);
    auto there = connections.reach(*door, which, until);
    if (!there)
      return there.error();
    return there->session;
  }

  caf::expected<engine_session_actor> find_session(const node_id& which, deadline until) {
    if (auto known = connections.find(which))
      return *known;
    auto own = own_session(until);
    if (!own)
      return own.error();
    auto nodes = ask<msg<wire::NodeList>>(*own, msg<wire::NodeQuery>{}, until);
    if (!nodes)
      return nodes.error();
    for (auto each : (*nodes)->getNodes())
      if (as_view(each.getId()) == which.value)
        return session_of(which, std::string{as_view(each.getAddress())}, until);
    return fail(ec::not_found, "there is no node " + which.value);
  }

  /// `Order` is the request that carries the ticket; its answer is a `Handle`.
  template <class Handle, class Order>
  caf::expected<spawned_actor<Handle>> spawn(const msg<wire::SpawnSpec>& spec, const spawn_place& where) {
    auto end = until();
    auto own = own_session(end);
    if (!own)
      return own.error();
    auto ticket = ask<msg<wire::SpawnTicket>>(*own, spawn_request(spec, where), end);
    if (!ticket)
      return ticket.error();
    auto claims = read_ticket(**ticket);
    if (!claims)
      return claims.error();
    auto session =
      claims->target == node ? own : session_of(claims->target, std::string{as_view((*ticket)->getAddress())}, end);
    if (!session)
      return session.error();
    auto order = msg<Order>::build([&](typename Order::Builder out) {
      out.setTicket(**ticket);
      out.setSpec(*spec);
    });
    auto actor = ask<Handle>(*session, order, end);
    if (!actor)
      return actor.error();
    return spawned_actor<Handle>{std::move(*actor), claims->nonce, claims->target};
  }

  static msg<wire::SpawnRequest> spawn_request(const msg<wire::SpawnSpec>& spec, const spawn_place& where) {
    return msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
      out.setSpec(*spec);
      out.setNode(where.node.value);
      auto labels = out.initLabels(static_cast<uint32_t>(where.labels.size()));
      for (uint32_t i = 0; i < labels.size(); ++i)
        labels.set(i, where.labels[i]);
    });
  }

  engine_options options;
  endpoint at;
  engine_system_config config;
  caf::actor_system system;
  engine_connections connections;
  node_id node;
};

engine::engine(std::unique_ptr<impl> state) : impl_{std::move(state)} {
}

engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

caf::expected<engine> engine::connect(engine_options options) {
  auto at = door_of(options);
  if (!at)
    return at.error();
  auto self = make_self(options);
  if (!self)
    return self.error();
  ignore_sigpipe();
  auto state = std::make_unique<impl>(std::move(options), std::move(*at), std::move(*self));
  auto session = state->own_session(state->until());
  if (!session)
    return session.error();
  return engine{std::move(state)};
}

const node_id& engine::node() const {
  return impl_->node;
}

caf::actor_system& engine::system() {
  return impl_->system;
}

caf::expected<engine_session_actor> engine::session() {
  return impl_->own_session(impl_->until());
}

caf::expected<msg<wire::TasksRecorded>> engine::record(const msg<wire::RecordTasks>& tasks) {
  return impl_->ask_own<wire::TasksRecorded>(tasks);
}

caf::expected<msg<wire::BestTool>> engine::best_tool(const std::string& task_type, wire::ToolScope scope) {
  return impl_->ask_own<wire::BestTool>(msg<wire::BestToolQuery>::build([&](wire::BestToolQuery::Builder out) {
    out.setTaskType(task_type);
    out.setScope(scope);
  }));
}

caf::expected<msg<wire::Route>> engine::route(const msg<wire::RouteQuery>& query) {
  return impl_->ask_own<wire::Route>(query);
}

caf::expected<msg<wire::NodeList>> engine::nodes() {
  return impl_->ask_own<wire::NodeList>(msg<wire::NodeQuery>{});
}

caf::expected<msg<wire::AgentInputStored>> engine::put_recipe(const msg<wire::PutRecipe>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::AgentInputStored>> engine::put_trust(const msg<wire::PutTrust>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::AgentInputStored>> engine::put_prompt(const msg<wire::PutPrompt>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::AgentInputStored>> engine::set_active(const msg<wire::SetActive>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::AgentInputStored>> engine::add_spans(const msg<wire::AddSpans>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::AgentInputStored>> engine::add_runs(const msg<wire::AddRuns>& given) {
  return impl_->ask_own<wire::AgentInputStored>(given);
}

caf::expected<msg<wire::CaptureOutcome>> engine::capture(const msg<wire::CaptureBaseline>& given) {
  return impl_->ask_own<wire::CaptureOutcome>(given);
}

caf::expected<msg<wire::Baseline>> engine::baseline(const msg<wire::BaselineQuery>& query) {
  return impl_->ask_own<wire::Baseline>(query);
}

caf::expected<msg<wire::BaselineList>> engine::baselines(const msg<wire::BaselineListQuery>& query) {
  return impl_->ask_own<wire::BaselineList>(query);
}

caf::expected<msg<wire::BaselineComparison>> engine::compare(const msg<wire::CompareBaselines>& query) {
  return impl_->ask_own<wire::BaselineComparison>(query);
}

caf::expected<msg<wire::AgentTrend>> engine::trend(const msg<wire::TrendQuery>& query) {
  return impl_->ask_own<wire::AgentTrend>(query);
}

caf::expected<msg<wire::AgentValidation>> engine::validate(const msg<wire::ValidateAgent>& query) {
  return impl_->ask_own<wire::AgentValidation>(query);
}

caf::expected<msg<wire::AgentExplanation>> engine::explain(const msg<wire::ExplainQuery>& query) {
  return impl_->ask_own<wire::AgentExplanation>(query);
}

caf::expected<msg<wire::Agent>> engine::agent(const msg<wire::AgentQuery>& query) {
  return impl_->ask_own<wire::Agent>(query);
}

caf::expected<spawned_actor<adapter_actor>> engine::spawn(const msg<wire::CommandSpec>& what, const spawn_place& where,
                                                          spawn_life life) {
  auto spec = msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
    out.setAdapter(*what);
    out.setStay(life == spawn_life::stays);
  });
  return impl_->spawn<adapter_actor, wire::SpawnAdapter>(spec, where);
}

caf::expected<spawned_actor<research_session_actor>> engine::spawn(const msg<wire::StartResearch>& what,
                                                                   const spawn_place& where, spawn_life life) {
  auto spec = msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
    out.setResearch(*what);
    out.setStay(life == spawn_life::stays);
  });
  return impl_->spawn<research_session_actor, wire::SpawnResearch>(spec, where);
}

caf::error engine::end(const node_id& node, const std::string& id) {
  auto end = impl_->until();
  auto session = impl_->find_session(node, end);
  if (!session)
    return session.error();
  auto what = msg<wire::EndSpawned>::build([&](wire::EndSpawned::Builder out) { out.setId(id); });
  auto ended = impl_->ask<msg<wire::SpawnedEnded>>(*session, what, end);
  return ended ? caf::error{} : ended.error();
}

} // namespace hive
