#include "actors/engines/spawner.hpp"

#include "actors/defaults.hpp"
#include "actors/engines/load_slots.hpp"
#include "actors/engines/placement.hpp"
#include "actors/engines/research_session_proxy.hpp"
#include "actors/engines/spawn_ledger.hpp"
#include "actors/engines/ticket.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/install.capnp.h"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/node_identity.hpp"
#include "platform/log.hpp"
#include "platform/rate_limiter.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <set>
#include <string>

namespace hive {
namespace {

// internal: publishes the changed load.
using load_atom = caf::atom_constant<caf::atom("load")>;
using spawner_self = spawner_actor::extend<caf::reacts_to<load_atom>>;

class spawner_state {
public:
  using pointer = spawner_self::stateful_pointer<spawner_state>;
  static inline const char* name = "spawner";

  spawner_state() = default;
  spawner_state(const spawner_state&) = delete;
  spawner_state& operator=(const spawner_state&) = delete;
  /// Ends all spawned actors.
  ~spawner_state() {
    for (const auto& [id, each] : spawned_)
      caf::anon_send_exit(each.actor, caf::exit_reason::user_shutdown);
  }

  void init(pointer self, spawner_services services, spawner_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    own_id_ = node_id_of(options_.keys.public_part());
    if (!options_.is_first)
      used_ = used_tickets{defaults::max_used_tickets, tickets_since{own_id_, now_unix_micros()}};
    ledger_ = spawn_ledger{options_.policy.quota, defaults::max_spawned};
    publish_load();
    self_->send(services_.links, links_in_use{link_user::spawner, {}}); // in place of what an earlier spawner said
  }

  caf::result<msg<wire::SpawnTicket>> issue(const engine_request<wire::SpawnRequest>& asked) {
    if (auto err = options_.policy.check_kind(asked.request->getSpec()))
      return refuse(asked.caller.engine, std::move(err));
    auto promise = self_->make_response_promise<msg<wire::SpawnTicket>>();
    look_up(as_view(asked.request->getNode()), [this, promise, asked](const caf::expected<node_list>& nodes) mutable {
      if (!nodes) {
        promise.deliver(nodes.error());
        return;
      }
      auto chosen =
        placement_.choose(**nodes, place_wish::of(*asked.request), asked.caller.path, std::chrono::steady_clock::now());
      if (!chosen)
        promise.deliver(refuse(asked.caller.engine, chosen.error()));
      else
        promise.deliver(issue_ticket(options_.keys, asked.caller.engine, chosen->node, asked.request->getSpec(),
                                     chosen->address, now_unix_micros()));
    });
    return promise;
  }

  caf::result<adapter_actor> spawn(const engine_request<wire::SpawnAdapter>& asked) {
    return spawn_adapter({asked.caller.engine, {}}, asked.request);
  }

  caf::result<adapter_actor> spawn(const link_request<wire::SpawnAdapter>& asked) {
    auto shower = engine_of(asked.node, asked.request->getTicket());
    if (!shower)
      return shower.error();
    return spawn_adapter(*shower, asked.request);
  }

  caf::result<research_session_actor> spawn(const engine_request<wire::SpawnResearch>& asked) {
    return spawn_research({asked.caller.engine, {}}, asked.request);
  }

  caf::result<research_session_actor> spawn(const link_request<wire::SpawnResearch>& asked) {
    auto shower = engine_of(asked.node, asked.request->getTicket());
    if (!shower)
      return shower.error();
    return spawn_research(*shower, asked.request);
  }

  caf::result<msg<wire::Install>> install(const engine_request<wire::InstallThere>& asked) {
    return install_benchmark({asked.caller.engine, {}}, asked.request);
  }

  caf::result<msg<wire::Install>> install(const link_request<wire::InstallThere>& asked) {
    auto shower = engine_of(asked.node, asked.request->getTicket());
    if (!shower)
      return shower.error();
    return install_benchmark(*shower, asked.request);
  }

  /// Ends what the engine with this name has spawned.
  caf::result<msg<wire::SpawnedEnded>> end(const std::string& engine, const std::string& id) {
    auto* entry = ledger_.find(id);
    auto found = spawned_.find(id);
    if (!entry || entry->engine != engine || found == spawned_.end())
      return fail(ec::not_found, "engine " + engine + " has no spawned actor " + id + " on this node");
    caf::anon_send_exit(found->second.actor, caf::exit_reason::user_shutdown);
    return msg<wire::SpawnedEnded>::build([&](wire::SpawnedEnded::Builder out) { out.setId(id); });
  }

  std::vector<spawned_here> list() const {
    std::vector<spawned_here> out;
    for (const auto& [id, each] : spawned_) {
      auto* entry = ledger_.find(id);
      auto asker = std::find_if(askers_.begin(), askers_.end(),
                                [entry](const auto& known) { return known.second == entry->asker; });
      out.push_back({describe(*entry, each), each.via, asker == askers_.end() ? caf::actor_addr{} : asker->first});
    }
    return out;
  }

  void on_down(const caf::actor_addr& ended) {
    if (auto asker = askers_.extract(ended)) {
      for (const auto& id : ledger_.ending_with(asker.mapped()))
        if (auto found = spawned_.find(id); found != spawned_.end())
          caf::anon_send_exit(found->second.actor, caf::exit_reason::user_shutdown);
      return;
    }
    auto found = std::find_if(spawned_.begin(), spawned_.end(),
                              [&](const auto& each) { return each.second.actor.address() == ended; });
    if (found != spawned_.end())
      forget(found->first);
  }

  void publish_load() {
    load_pending_ = false;
    self_->send(services_.hive, load_to_publish(static_cast<uint32_t>(ledger_.size())));
  }

private:
  /// A live actor.
  struct spawned {
    caf::actor actor;
    wire::SpawnedKind kind;
    std::string name; ///< of the adapter, or id of the research session
    node_id via;
    int64_t started_at = now_unix_micros();
  };

  /// Who shows a ticket. `via` is the node that acts for the engine over its link; empty for none.
  struct ticket_shower {
    engine_id engine;
    node_id via;
  };

  using node_list = msg<wire::NodeList>;
  using verified = std::function<void(caf::expected<ticket_claims>)>;

  /// Asks the hive for one node, or for all if `node` is empty; an unknown id gives an empty list.
  void look_up(std::string_view node, std::function<void(const caf::expected<node_list>&)> then) {
    auto query = msg<wire::NodeQuery>::build([&](wire::NodeQuery::Builder out) {
      if (!node.empty())
        out.setNode(std::string{node});
    });
    self_->request(services_.hive, defaults::request_timeout, query)
      .then([then](const node_list& nodes) { then(nodes); },
            [then](const caf::error& err) {
              if (code_of(err) == ec::not_found)
                then(node_list{});
              else
                then(err);
            });
  }

  /// The engine for which node `via` shows this ticket: one that it serves over HTTP.
  caf::expected<ticket_shower> engine_of(const node_id& via, wire::SpawnTicket::Reader ticket) {
    auto claims = read_ticket(ticket);
    if (!claims)
      return refuse({"of node " + via.value, {}}, claims.error());
    if (claims->issuer != via)
      return refuse(claims->engine, fail(ec::forbidden, "node " + via.value + " shows a ticket that node " +
                                                          claims->issuer.value + " has issued"));
    return ticket_shower{http_engine(via, claims->engine.name), via};
  }

  caf::result<adapter_actor> spawn_adapter(const ticket_shower& by, const msg<wire::SpawnAdapter>& wanted) {
    return spawn_for_ticket<adapter_actor>(by, *wanted, "adapter", wanted->getSpec().hasAdapter(),
                                           [this, by, wanted](const spawn_entry& entry, auto promise) {
                                             auto spec = wanted->getSpec().getAdapter();
                                             start_adapter(by, entry, msg<wire::CommandSpec>::copy_of(spec), promise);
                                           });
  }

  caf::result<research_session_actor> spawn_research(const ticket_shower& by, const msg<wire::SpawnResearch>& wanted) {
    return spawn_for_ticket<research_session_actor>(
      by, *wanted, "research", wanted->getSpec().hasResearch(),
      [this, by, wanted](const spawn_entry& entry, auto promise) {
        start_research(by, entry, msg<wire::StartResearch>::copy_of(wanted->getSpec().getResearch()), promise);
      });
  }

  /// Admits the request and calls `start` with the new entry and the promise of the answer. `kind` names the part of
  /// the specification that must be given.
  template <class Actor, class Wanted, class Start>
  caf::result<Actor> spawn_for_ticket(const ticket_shower& by, const Wanted& wanted, const char* kind, bool is_given,
                                      Start start) {
    auto asker = watch_asker(); // before the promise, which clears the current sender
    return redeem<Actor>(
      by, wanted, kind, is_given,
      [this, by, asker, start, stay = wanted.getSpec().getStay()](const ticket_claims& ticket, auto promise) mutable {
        auto entry = admit({ticket.nonce, by.engine.name, asker, stay}, ticket);
        if (entry)
          start(*entry, promise);
        else
          promise.deliver(refuse(by.engine, entry.error()));
      });
  }

  /// An install takes no place in the quota of its engine: the installer has its own bounds.
  caf::result<msg<wire::Install>> install_benchmark(const ticket_shower& by, const msg<wire::InstallThere>& wanted) {
    return redeem<msg<wire::Install>>(
      by, *wanted, "benchmark", wanted->getSpec().hasBenchmark(),
      [this, by, wanted](const ticket_claims& ticket, auto promise) mutable {
        if (auto err = used_.use(ticket, now_unix_micros())) {
          promise.deliver(refuse(by.engine, std::move(err)));
          return;
        }
        auto benchmark = wanted->getSpec().getBenchmark();
        log::info("Engine installs a benchmark engine={} benchmark={} via={}", by.engine.name,
                  as_view(benchmark.getName()), by.via.value);
        if (benchmark.getWait())
          pass_install(msg<wire::InstallBenchmark>::copy_of(benchmark), promise);
        else
          pass_install(
            msg<wire::StartInstall>::build([&](wire::StartInstall::Builder out) { out.setRequest(benchmark); }),
            promise);
      });
  }

  /// Without a timeout: an install takes what it takes, within the bounds of its steps.
  template <class Request>
  void pass_install(const msg<Request>& request, caf::typed_response_promise<msg<wire::Install>> promise) {
    self_->request(services_.installer, caf::infinite, request)
      .then([promise](const msg<wire::Install>& install) mutable { promise.deliver(install); },
            [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
  }

  /// Checks a ticket, and calls `then` with its content and the promise of the answer.
  template <class Answer, class Wanted, class Then>
  caf::result<Answer> redeem(const ticket_shower& by, const Wanted& wanted, const char* kind, bool is_given,
                             Then then) {
    auto promise = self_->make_response_promise<Answer>();
    if (!is_given) {
      promise.deliver(refuse(by.engine, fail(ec::invalid, "spec." + std::string{kind} + " must be given")));
      return promise;
    }
    verify(by, wanted.getTicket(), wanted.getSpec(), [promise, then](caf::expected<ticket_claims> ticket) mutable {
      if (ticket)
        then(*ticket, promise);
      else
        promise.deliver(ticket.error());
    });
    return promise;
  }

  void start_adapter(const ticket_shower& by, const spawn_entry& entry, const msg<wire::CommandSpec>& spec,
                     caf::typed_response_promise<adapter_actor> promise) {
    auto actor = services_.make_adapter(spec);
    std::string name{as_view(spec->getName())};
    log::info("Adapter spawned engine={} adapter={} id={}", entry.engine, name, entry.id);
    keep(entry, {caf::actor_cast<caf::actor>(actor), wire::SpawnedKind::ADAPTER, name, by.via});
    promise.deliver(actor);
  }

  void start_research(const ticket_shower& by, const spawn_entry& entry, const msg<wire::StartResearch>& wanted,
                      caf::typed_response_promise<research_session_actor> promise) {
    self_->request(services_.research, defaults::research_timeout, wanted)
      .then(
        [this, by, promise, entry](const msg<wire::ResearchSession>& session) mutable {
          std::string id{as_view(session->getId())};
          auto proxy = spawn_research_session_proxy(self_->system(), {services_.research}, {id});
          log::info("Research session spawned engine={} session={} id={}", entry.engine, id, entry.id);
          keep(entry, {caf::actor_cast<caf::actor>(proxy), wire::SpawnedKind::RESEARCH, id, by.via});
          promise.deliver(proxy);
        },
        [this, promise, entry](const caf::error& err) mutable {
          ledger_.remove(entry.id);
          promise.deliver(err);
        });
  }

  /// Checks the ticket and the policy.
  void verify(const ticket_shower& by, wire::SpawnTicket::Reader ticket, wire::SpawnSpec::Reader spec, verified then) {
    auto claims = check_ticket(ticket, {own_id_, by.engine, spec, now_unix_micros()});
    if (!claims) {
      then(refuse(by.engine, claims.error()));
      return;
    }
    auto kept = msg<wire::SpawnSpec>::copy_of(spec);
    look_up(claims->issuer.value, [this, by, claims = *claims, kept, then](const caf::expected<node_list>& nodes) {
      auto err = nodes ? judge(claims, *kept, **nodes) : nodes.error();
      if (err)
        then(nodes ? refuse(by.engine, std::move(err)) : std::move(err));
      else
        then(claims);
    });
  }

  caf::error judge(const ticket_claims& ticket, wire::SpawnSpec::Reader spec, wire::NodeList::Reader nodes) {
    if (auto err = check_issuer(nodes, ticket.issuer))
      return err;
    if (auto err = used_.check(ticket, now_unix_micros()))
      return err;
    return options_.policy.check_spawn(spec);
  }

  /// On success the new actor counts in the ledger. A ticket is used up only by a spawn: one that is refused may be
  /// shown again, for example when the quota has room.
  caf::expected<spawn_entry> admit(const spawn_entry& entry, const ticket_claims& ticket) {
    if (!is_there(entry.asker))
      return fail(ec::unavailable, "its connection was lost meanwhile");
    if (auto err = ledger_.add(entry))
      return err;
    if (auto err = used_.use(ticket, now_unix_micros())) {
      ledger_.remove(entry.id);
      return err;
    }
    return entry;
  }

  /// Logs the error and returns it.
  caf::error refuse(const engine_id& engine, caf::error why) {
    uint64_t left_out = 0;
    if (budget_.allow(std::chrono::steady_clock::now(), left_out))
      log::warn("Spawn refused: {}{} engine={}", text_of(why),
                left_out > 0 ? " (and " + std::to_string(left_out) + " further requests)" : "", engine.name);
    return why;
  }

  /// Monitors the actor that sent the current request, to notice its end and that of its connection.
  asker_id watch_asker() {
    auto [known, is_new] = askers_.emplace(caf::actor_cast<caf::actor_addr>(self_->current_sender()), newest_asker_);
    if (is_new) {
      known->second = newest_asker_ = {newest_asker_.value + 1};
      self_->monitor(known->first);
    }
    return known->second;
  }

  bool is_there(asker_id asker) const {
    return std::any_of(askers_.begin(), askers_.end(), [asker](const auto& known) { return known.second == asker; });
  }

  msg<wire::Spawned> describe(const spawn_entry& entry, const spawned& what) const {
    return msg<wire::Spawned>::build([&](wire::Spawned::Builder out) {
      out.setId(entry.id);
      out.setEngine(entry.engine);
      out.setNode(own_id_.value);
      out.setKind(what.kind);
      out.setName(what.name);
      out.setStay(entry.stay);
      out.setStartedAt(what.started_at);
    });
  }

  void keep(const spawn_entry& entry, spawned what) {
    self_->monitor(what.actor);
    if (!is_there(entry.asker) && !entry.stay) // lost while the research session was starting
      caf::anon_send_exit(what.actor, caf::exit_reason::user_shutdown);
    spawned_.emplace(entry.id, std::move(what));
    load_changed();
    tell_links();
  }

  void forget(const std::string& id) {
    auto gone = spawned_.extract(id);
    auto entry = ledger_.remove(id);
    log::info("Spawned actor ended engine={} id={}", entry ? entry->engine : std::string{}, id);
    load_changed();
    tell_links();
    if (gone.mapped().kind != wire::SpawnedKind::RESEARCH || !entry || entry->stay)
      return;
    const auto& research = gone.mapped().name;
    auto finish = msg<wire::FinishResearch>::build([&](wire::FinishResearch::Builder out) {
      out.setId(research);
      out.setSummary("Its engine is gone.");
    });
    self_->request(services_.research, defaults::research_timeout, finish)
      .then([](const msg<wire::ResearchReport>&) {},
            [research](const caf::error& err) {
              log::warn("Research session of a lost engine could not be finished: {} session={}", text_of(err),
                        research);
            });
  }

  /// What another node has spawned here ends with its link, so that link is in use.
  void tell_links() {
    std::set<node_id> nodes;
    for (const auto& [id, each] : spawned_)
      if (!each.via.value.empty())
        nodes.insert(each.via);
    if (nodes == used_links_)
      return;
    used_links_ = std::move(nodes);
    self_->send(services_.links, links_in_use{link_user::spawner, used_links_});
  }

  void load_changed() {
    if (!std::exchange(load_pending_, true))
      self_->delayed_send(self_, defaults::load_interval, load_atom::value);
  }

  pointer self_ = nullptr;
  spawner_services services_;
  spawner_options options_;
  node_id own_id_;
  placement placement_;
  used_tickets used_{defaults::max_used_tickets};
  spawn_ledger ledger_{0, 0};
  std::map<std::string, spawned> spawned_;
  std::map<caf::actor_addr, asker_id> askers_;
  asker_id newest_asker_;
  std::set<node_id> used_links_; ///< as told
  bool load_pending_ = false;
  rate_limiter budget_{std::chrono::steady_clock::now(), defaults::refusal_log_burst, defaults::refusal_log_per_s};
};

spawner_self::behavior_type spawner(spawner_state::pointer self, spawner_services services, spawner_options options) {
  auto& state = self->state;
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down.source); });
  state.init(self, std::move(services), std::move(options));
  return {
    [&state](const engine_request<wire::SpawnRequest>& asked) { return state.issue(asked); },
    [&state](const engine_request<wire::SpawnAdapter>& asked) { return state.spawn(asked); },
    [&state](const engine_request<wire::SpawnResearch>& asked) { return state.spawn(asked); },
    [&state](const link_request<wire::SpawnAdapter>& asked) { return state.spawn(asked); },
    [&state](const link_request<wire::SpawnResearch>& asked) { return state.spawn(asked); },
    [&state](const engine_request<wire::InstallThere>& asked) { return state.install(asked); },
    [&state](const link_request<wire::InstallThere>& asked) { return state.install(asked); },
    [&state](const engine_request<wire::EndSpawned>& asked) {
      return state.end(asked.caller.engine.name, asked.request->getId().cStr());
    },
    [&state](const link_request<wire::EndSpawned>& asked) {
      return state.end(asked.request->getEngine().cStr(), asked.request->getId().cStr());
    },
    [&state](spawned_here_query) { return state.list(); },
    [&state](load_atom) { state.publish_load(); },
  };
}

} // namespace

spawner_actor spawn_spawner(caf::actor_system& system, spawner_services services, spawner_options options) {
  return system.spawn(spawner, std::move(services), std::move(options));
}

} // namespace hive
