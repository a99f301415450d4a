#include "actors/engine_client/engine.hpp"

#include "actors/engine_client/connections.hpp"
#include "actors/engine_client/gpu_lease_impl.hpp"
#include "actors/engine_client/lease_keeper.hpp"
#include "actors/engine_client/requests.hpp"
#include "actors/engines/placement.hpp"
#include "actors/engines/ticket.hpp"
#include "actors/hive/link/card.hpp"
#include "actors/hive/link/network.hpp"
#include "actors/remote/register.hpp"
#include "actors/scheduling/scheduling.hpp"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"

#include <array>
#include <caf/all.hpp>
#include <csignal>
#include <sodium.h>

namespace hive {
namespace {

struct engine_system_config : caf::actor_system_config {
  explicit engine_system_config(const engine_options& options) {
    register_remote_messages(*this);
    configure_network(*this, {});
    configure_scheduling(*this);
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

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    if (!joiner)
      return;
    request_blocking<caf::ok_atom>(system, joiner, settle_atom::value, options.timeout);
    caf::anon_send_exit(joiner, caf::exit_reason::user_shutdown);
  }

  deadline until() const {
    return std::chrono::steady_clock::now() + options.timeout;
  }

  caf::expected<engine_connections::reached> reach_own(deadline until) {
    auto there = connections.reach(at, std::nullopt, until);
    if (there)
      node = there->node;
    return there;
  }

  caf::expected<engine_session_actor> own_session(deadline until) {
    auto there = reach_own(until);
    if (!there)
      return there.error();
    return there->session;
  }

  template <class Answer, class Handle, class Request>
  caf::expected<Answer> ask(const Handle& whom, const Request& request, deadline until) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return request_blocking<Answer>(system, whom, request, left);
  }

  template <class Answer, class Request>
  caf::expected<msg<Answer>> ask_own(const msg<Request>& request) {
    auto end = until();
    auto session = own_session(end);
    if (!session)
      return session.error();
    return ask<msg<Answer>>(*session, request, end);
  }

  /// The joiner of the connection with the engine's own node.
  caf::expected<record_joiner_actor> recorder(deadline until) {
    auto session = own_session(until);
    if (!session)
      return session.error();
    std::lock_guard lock{recording};
    if (!joiner || joined_over != *session)
      joiner = spawn_record_joiner(system, {*session, options.timeout, options.gather_records});
    joined_over = *session;
    return joiner;
  }

  /// The joiner of the newest connection, which may be lost; null before the first. Many threads take it.
  record_joiner_actor known_recorder() {
    std::lock_guard lock{recording};
    return joiner;
  }

  caf::expected<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& tasks) {
    if (options.gather_records.count() == 0)
      return ask_own<wire::TasksRecorded>(tasks);
    auto end = until();
    if (auto known = known_recorder()) {
      auto answer = ask<msg<wire::TasksRecorded>>(known, tasks, end);
      if (answer || answer.error() != caf::sec::request_receiver_down)
        return answer;
    }
    // It ended with its connection, before it got the records.
    auto next = recorder(end);
    if (!next)
      return next.error();
    auto answer = ask<msg<wire::TasksRecorded>>(*next, tasks, end);
    if (!answer && answer.error() == caf::sec::request_receiver_down)
      return fail(ec::unavailable, "the records were not sent: the connection with the node was lost");
    return answer;
  }

  /// The connection with a node that a ticket or the caller names.
  caf::expected<engine_connections::reached> reach(const node_id& which, const std::string& address, deadline until) {
    auto door = endpoint::parse(address);
    if (!door)
      return fail(ec::malformed, "node " + which.value + " gives its door as " + address);
    return connections.reach(*door, which, until);
  }

  caf::expected<engine_session_actor> session_of(const node_id& which, const std::string& address, deadline until) {
    auto there = reach(which, address, until);
    if (!there)
      return there.error();
    return there->session;
  }

  caf::expected<engine_connections::reached> find_node(const node_id& which, deadline until) {
    if (auto known = connections.find(which))
      return *known;
    auto nodes = list_nodes(until);
    if (!nodes)
      return nodes.error();
    for (auto each : (*nodes)->getNodes())
      if (as_view(each.getId()) == which.value)
        return reach(which, std::string{as_view(each.getAddress())}, until);
    return fail(ec::not_found, "there is no node " + which.value);
  }

  caf::expected<msg<wire::NodeList>> list_nodes(deadline until) {
    auto own = own_session(until);
    if (!own)
      return own.error();
    return ask<msg<wire::NodeList>>(*own, msg<wire::NodeQuery>{}, until);
  }

  // -- leases ----------------------------------------------------------------------

  /// The node where a lease is to be taken. Which one is chosen here, from what the engine's own node knows; only the
  /// chosen node's scheduler grants.
  caf::expected<engine_connections::reached> reach_for_lease(const gpu_lease_options& wanted, deadline until) {
    if (!wanted.place)
      return reach_own(until);
    auto nodes = list_nodes(until);
    if (!nodes)
      return nodes.error();
    place_wish wish{wanted.place->node.value, wanted.place->labels, gpu_need_of(wanted.vram_gb, wanted.shared),
                    wanted.place->tier};
    std::lock_guard one_at_a_time{placing};
    auto chosen = lease_places.choose(**nodes, wish, spawn_path::door, std::chrono::steady_clock::now());
    if (!chosen)
      return chosen.error();
    if (chosen->node == node)
      return reach_own(until);
    return reach(chosen->node, chosen->address, until);
  }

  /// The key makes the request one, however often it is sent.
  static msg<wire::RequestLease> lease_request(const gpu_lease_options& wanted) {
    std::array<unsigned char, 16> key{};
    randombytes_buf(key.data(), key.size());
    return msg<wire::RequestLease>::build([&](wire::RequestLease::Builder out) {
      out.setVramGb(wanted.vram_gb);
      out.setShared(wanted.shared);
      out.setDevices(wanted.devices);
      out.setTimed(wanted.timed);
      out.setPriority(wanted.priority);
      out.setMaxDurationS(static_cast<double>(wanted.max_duration.count()));
      out.setTtlS(static_cast<double>(wanted.ttl.count()));
      out.setKey(to_hex(key));
    });
  }

  caf::expected<gpu_lease> lease(const gpu_lease_options& wanted) {
    auto request = lease_request(wanted);
    if (auto fault = check(capnp::DynamicStruct::Reader{*request}))
      return fail(ec::invalid, "the lease: " + fault->pointer + " " + fault->rule);
    auto there = reach_for_lease(wanted, until());
    if (!there)
      return there.error();
    auto status = std::make_shared<lease_status>(wanted.on_lost);
    auto keeper =
      spawn_lease_keeper(system, {there->session, there->local, there->node, request, options.timeout, status});
    auto record = request_blocking<msg<wire::Lease>>(system, keeper, granted_atom::value, wanted.wait);
    if (!record) {
      bool still_waits = code_of(record.error()) == ec::outcome_unknown;
      caf::anon_send(keeper, withdraw_atom::value);
      return still_waits ? fail(ec::timed_out, "the lease was not granted within the time to wait for it")
                         : record.error();
    }
    auto lease = **record;
    return gpu_lease{std::unique_ptr<gpu_lease::impl>{new gpu_lease::impl{
      system, there->session, keeper, status, options.timeout, there->node, *record,
      std::string{as_view(lease.getId())}, std::string{as_view(lease.getToken())}, devices_of(lease)}}};
  }

  /// A ticket for what is wanted, shown to its node.
  template <class Answer>
  struct redeemed {
    Answer answer;
    ticket_claims ticket;
  };

  template <class Handle, class Order>
  caf::expected<spawned_actor<Handle>> spawn(const msg<wire::SpawnSpec>& spec, const spawn_place& where) {
    auto done = redeem<Handle, Order>(spec, where, std::chrono::milliseconds{0});
    if (!done)
      return done.error();
    return spawned_actor<Handle>{std::move(done->answer), done->ticket.nonce, done->ticket.target};
  }

  /// `Order` is the request that carries the ticket; what it asks for may take `patience` longer than other calls.
  template <class Answer, class Order>
  caf::expected<redeemed<Answer>> redeem(const msg<wire::SpawnSpec>& spec, const spawn_place& where,
                                         std::chrono::milliseconds patience) {
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
    auto answer = ask<Answer>(*session, order, end + patience);
    if (!answer)
      return answer.error();
    return redeemed<Answer>{std::move(*answer), std::move(*claims)};
  }

  static msg<wire::SpawnRequest> spawn_request(const msg<wire::SpawnSpec>& spec, const spawn_place& where) {
    return msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
      out.setSpec(*spec);
      out.setNode(where.node.value);
      auto labels = out.initLabels(static_cast<uint32_t>(where.labels.size()));
      for (uint32_t i = 0; i < labels.size(); ++i)
        labels.set(i, where.labels[i]);
      out.setTier(where.tier);
    });
  }

  engine_options options;
  endpoint at;
  engine_system_config config;
  caf::actor_system system;
  engine_connections connections;
  node_id node;
  std::mutex recording; ///< guards the two below
  engine_session_actor joined_over;
  record_joiner_actor joiner;
  std::mutex placing;
  placement lease_places;
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

caf::expected<record_joiner_actor> engine::recorder() {
  return impl_->recorder(impl_->until());
}

caf::expected<msg<wire::TasksRecorded>> engine::record(const msg<wire::RecordTasks>& tasks) {
  return impl_->record(tasks);
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

caf::expected<msg<wire::Install>> engine::install(const msg<wire::InstallBenchmark>& what, const spawn_place& where,
                                                  std::chrono::milliseconds patience) {
  auto spec = msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) { out.setBenchmark(*what); });
  auto done = impl_->redeem<msg<wire::Install>, wire::InstallThere>(spec, where, patience);
  if (!done)
    return done.error();
  return std::move(done->answer);
}

caf::expected<msg<wire::GpuList>> engine::gpus() {
  return impl_->ask_own<wire::GpuList>(msg<wire::GpuQuery>{});
}

caf::expected<gpu_lease> engine::lease(const gpu_lease_options& wanted) {
  return impl_->lease(wanted);
}

caf::error engine::end(const node_id& node, const std::string& id) {
  auto end = impl_->until();
  auto there = impl_->find_node(node, end);
  if (!there)
    return there.error();
  auto what = msg<wire::EndSpawned>::build([&](wire::EndSpawned::Builder out) { out.setId(id); });
  auto ended = impl_->ask<msg<wire::SpawnedEnded>>(there->session, what, end);
  return ended ? caf::error{} : ended.error();
}

} // namespace hive
