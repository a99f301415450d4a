#include "actors/engines/http_engines.hpp"

#include "actors/engines/engine_list.hpp"
#include "actors/engines/spawn_request.hpp"
#include "actors/engines/spawned_answers.hpp"
#include "actors/engines/spawned_table.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/change.hpp"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <list>
#include <map>
#include <set>
#include <string>

namespace hive {
namespace {

// internal: looks for missed keep-alives; ends the wait with this number.
using check_atom = caf::atom_constant<caf::atom("check")>;
using waited_atom = caf::atom_constant<caf::atom("waited")>;
using http_engines_self = http_engines_actor::extend<caf::reacts_to<check_atom>, caf::reacts_to<waited_atom, uint64_t>>;

using time_point = std::chrono::steady_clock::time_point;

time_point now() {
  return std::chrono::steady_clock::now();
}

class http_engines_state {
public:
  using pointer = http_engines_self::stateful_pointer<http_engines_state>;
  static inline const char* name = "http_engines";

  void init(pointer self, http_engines_services services, http_engines_options options) {
    self_ = self;
    services_ = std::move(services);
    own_id_ = std::move(options.own_id);
    self_->send(services_.links, links_in_use{link_user::served_engines, {}}); // in place of what an earlier one said
  }

  // -- spawning --------------------------------------------------------------------

  caf::result<msg<wire::Spawned>> start(const http_engine_request<wire::StartSpawned>& asked) {
    auto plan = read_spawn_request(asked.token, *asked.request);
    if (!plan)
      return plan.error();
    if (auto full = table_.check_room())
      return full;
    auto promise = self_->make_response_promise<msg<wire::Spawned>>();
    engine_caller caller{http_engine(own_id_, plan->engine), spawn_path::link};
    self_->request(services_.spawner, caf::infinite, engine_request<wire::SpawnRequest>{caller, plan->request})
      .then(
        [this, promise, plan = *plan](const msg<wire::SpawnTicket>& ticket) mutable {
          if (plan.kind == wire::SpawnedKind::ADAPTER)
            spawn<wire::SpawnAdapter, adapter_actor>(plan, ticket, promise);
          else
            spawn<wire::SpawnResearch, research_session_actor>(plan, ticket, promise);
        },
        [promise](const caf::error& error) mutable { promise.deliver(error); });
    return promise;
  }

  // -- questions -------------------------------------------------------------------

  msg<wire::SpawnedList> list() const {
    return describe_all(table_.list());
  }

  caf::result<msg<wire::Spawned>> find(const msg<wire::OneSpawnedQuery>& query) const {
    auto* record = table_.find(query->getId().cStr());
    if (!record)
      return unknown(query->getId().cStr());
    return describe(*record);
  }

  caf::result<msg<wire::SpawnedKept>> keep(const http_engine_request<wire::KeepSpawned>& asked) {
    std::set<std::string> ids{asked.request->getId().cStr()};
    for (auto id : asked.request->getAlso())
      ids.insert(id.cStr());
    std::vector<const spawned_record*> known;
    std::vector<std::string> gone;
    for (const auto& id : ids)
      if (auto* record = table_.find(id))
        known.push_back(record);
      else
        gone.push_back(id);
    if (known.empty())
      return unknown(*ids.begin());
    for (const auto* record : known)
      if (auto foreign = check_owner(*record, asked.token))
        return foreign;
    for (const auto* record : known)
      table_.keep(record->id, now());
    return describe_kept(known, gone);
  }

  caf::result<msg<wire::SpawnedResult>> result(const msg<wire::SpawnedResultQuery>& query) {
    auto* record = table_.find(query->getId().cStr());
    if (!record)
      return unknown(query->getId().cStr());
    if (record->state != wire::SpawnedState::RUNNING || query->getWait() <= 0)
      return describe_result(*record);
    if (waits_.size() >= defaults::max_result_waits)
      return fail(ec::overloaded, std::to_string(waits_.size()) + " requests wait for results");
    auto promise = self_->make_response_promise<msg<wire::SpawnedResult>>();
    waits_.push_back({++newest_wait_, record->id, promise});
    auto time = std::chrono::duration_cast<caf::timespan>(std::chrono::duration<double>(query->getWait()));
    self_->delayed_send(self_, time, waited_atom::value, newest_wait_);
    return promise;
  }

  void on_waited(uint64_t number) {
    for (auto each = waits_.begin(); each != waits_.end(); ++each)
      if (each->number == number) {
        answer(*each);
        waits_.erase(each);
        return;
      }
  }

  caf::result<msg<wire::EngineList>> engines() {
    auto promise = self_->make_response_promise<msg<wire::EngineList>>();
    auto give_up = [promise](const caf::error& error) mutable { promise.deliver(error); };
    self_->request(services_.connected, defaults::request_timeout, connected_engines_query{})
      .then(
        [this, promise, give_up](const std::vector<connected_engine>& connected) mutable {
          self_->request(services_.spawner, defaults::request_timeout, spawned_here_query{})
            .then(
              [this, promise, connected](const std::vector<spawned_here>& here) mutable {
                promise.deliver(list_engines({connected, here, table_.list(), self_->address()}));
              },
              give_up);
        },
        give_up);
    return promise;
  }

  // -- sessions --------------------------------------------------------------------

  template <class Answer, class Step>
  caf::result<msg<Answer>> step(const http_engine_request<Step>& asked) {
    std::string id{as_view(asked.request->getId())};
    auto* record = table_.find(id);
    if (!record)
      return unknown(id);
    if (record->kind != wire::SpawnedKind::RESEARCH)
      return fail(ec::invalid, id + " is an adapter, which has no steps");
    if (auto foreign = check_owner(*record, asked.token))
      return foreign;
    if constexpr (std::is_same_v<Answer, wire::ResearchReport>)
      if (record->report)
        return *record->report;
    auto session = sessions_.find(id);
    if (session == sessions_.end())
      return fail(ec::not_found, "session " + record->name + " runs no more: " + record->reason);
    auto renamed = changed(asked.request, [&](typename Step::Builder out) { out.setId(record->name); });
    auto promise = self_->make_response_promise<msg<Answer>>();
    if constexpr (std::is_same_v<Answer, wire::ResearchReport>)
      finishing_.insert(id);
    self_->request(session->second, defaults::request_timeout, renamed)
      .then(
        [this, promise, id](const msg<Answer>& answer) mutable {
          if constexpr (std::is_same_v<Answer, wire::ResearchReport>)
            on_finished(id, answer);
          promise.deliver(answer);
        },
        [this, promise, id](const caf::error& error) mutable {
          if (finishing_.erase(id) == 1 && !sessions_.contains(id))
            settle(id, [&] { table_.end(id, "it was lost while it finished"); });
          promise.deliver(error);
        });
    return promise;
  }

  // -- the end ---------------------------------------------------------------------

  caf::result<msg<wire::SpawnedEnded>> end(const std::string& id) {
    auto promise = self_->make_response_promise<msg<wire::SpawnedEnded>>();
    auto* record = table_.find(id);
    if (!record) {
      end_what_stayed(id, promise);
      return promise;
    }
    bool may_live = record->stay || record->state == wire::SpawnedState::RUNNING;
    auto forget = [this, promise, id]() mutable {
      settle(id, [&] { table_.end(id, "its engine ended it"); });
      table_.remove(id);
      promise.deliver(describe_end(id));
    };
    if (!may_live) {
      forget();
      return promise;
    }
    order_end(record->node, record->engine, id,
              [forget, promise, stay = record->stay](const caf::error& error) mutable {
                // Without a link everything but what may stay has ended there.
                if (!error || code_of(error) == ec::not_found || !stay)
                  forget();
                else
                  promise.deliver(error);
              });
    return promise;
  }

  void on_check() {
    checking_ = false;
    for (const auto& id : table_.overdue(now())) {
      auto* record = table_.find(id);
      log::info("Engine gone: its keep-alives stopped engine={} id={} node={}", record->engine, id, record->node.value);
      if (record->state == wire::SpawnedState::RUNNING)
        order_end(record->node, record->engine, id, [id](const caf::error& error) {
          if (error && code_of(error) != ec::not_found && code_of(error) != ec::unavailable)
            log::warn("What an engine had spawned could not be ended: {} id={}", text_of(error), id);
        });
      settle(id, [&] { table_.end(id, "its keep-alive was missed for " + keep_alive_text()); });
    }
    check_later();
  }

  void on_down(const caf::down_msg& down) {
    if (links_.erase(down.source) == 1)
      return lose_orders(down.source);
    auto actor = actors_.extract(down.source);
    if (!actor)
      return;
    const auto& id = actor.mapped();
    sessions_.erase(id);
    auto* record = table_.find(id);
    if (!record || record->state != wire::SpawnedState::RUNNING || finishing_.contains(id))
      return;
    auto is_lost = down.reason == caf::exit_reason::remote_link_unreachable;
    auto why = is_lost ? "the link with node " + record->node.value + " was lost" : "it was ended on its node";
    settle(id, [&] { table_.end(id, is_lost && record->stay ? why + "; it may go on there" : why); });
  }

private:
  struct wait {
    uint64_t number;
    std::string id;
    caf::typed_response_promise<msg<wire::SpawnedResult>> promise;
  };

  /// A request to spawn that another node has not answered.
  struct open_order {
    caf::actor_addr link;
    node_id node;
    caf::typed_response_promise<msg<wire::Spawned>> promise;
  };

  static caf::error unknown(const std::string& id) {
    return fail(ec::not_found, "nothing with id " + id + " has been spawned over the HTTP of this node");
  }

  static std::string keep_alive_text() {
    return std::to_string(std::chrono::seconds{defaults::engine_keep_alive}.count()) + " s";
  }

  /// The operator, who needs no token of its own or none at all, may act for every engine.
  static caf::error check_owner(const spawned_record& record, const std::string& token) {
    if (token.empty() || token == record.engine)
      return caf::none;
    return fail(ec::forbidden, record.id + " was spawned by engine " + record.engine + ", not by " + token);
  }

  /// Shows the ticket on its node.
  template <class Order, class Handle>
  void spawn(const spawn_plan& plan, const msg<wire::SpawnTicket>& ticket,
             caf::typed_response_promise<msg<wire::Spawned>> promise) {
    auto claims = read_ticket(*ticket);
    if (!claims) {
      promise.deliver(claims.error());
      return;
    }
    auto order = msg<Order>::build([&](typename Order::Builder out) {
      out.setTicket(*ticket);
      out.setSpec(plan.request->getSpec());
    });
    spawned_record record{claims->nonce, plan.engine, claims->target, plan.kind, plan.name, plan.stay};
    if (record.node == own_id_) {
      engine_caller caller{http_engine(own_id_, plan.engine), spawn_path::link};
      self_->request(services_.spawner, caf::infinite, engine_request<Order>{caller, order})
        .then([this, record, promise](const Handle& actor) mutable { accept(record, actor, promise); },
              [promise](const caf::error& error) mutable { promise.deliver(error); });
      return;
    }
    self_->request(services_.links, defaults::request_timeout, link_query{record.node})
      .then([this, record, order, promise](
              const spawning_link_actor& link) mutable { spawn_over<Order, Handle>(link, record, order, promise); },
            [promise](const caf::error& error) mutable { promise.deliver(error); });
  }

  /// Without a timeout: what the other node has spawned must never be unknown here. When the link is lost, it ends
  /// there.
  template <class Order, class Handle>
  void spawn_over(const spawning_link_actor& link, const spawned_record& record, const msg<Order>& order,
                  const caf::typed_response_promise<msg<wire::Spawned>>& promise) {
    if (links_.insert(link.address()).second)
      self_->monitor(link);
    orders_.emplace(record.id, open_order{link.address(), record.node, promise});
    tell_links();
    self_->request(link, caf::infinite, order)
      .then(
        [this, record](const Handle& actor) {
          if (auto open = orders_.extract(record.id))
            accept(record, actor, open.mapped().promise);
        },
        [this, record](const caf::error& error) {
          if (auto open = orders_.extract(record.id))
            open.mapped().promise.deliver(fail(code_of(error), "node " + record.node.value + ": " + text_of(error)));
          tell_links();
        });
  }

  template <class Handle>
  void accept(spawned_record record, const Handle& actor, caf::typed_response_promise<msg<wire::Spawned>> promise) {
    record.started_at_unix_micros = now_unix_micros();
    auto id = record.id;
    log::info("Spawned over HTTP engine={} name={} node={} id={}", record.engine, record.name, record.node.value, id);
    promise.deliver(describe(record));
    table_.add(std::move(record), now());
    self_->monitor(actor);
    actors_.emplace(actor.address(), id);
    follow(id, actor);
    check_later();
  }

  /// The adapter has done its work with its only measurement.
  void follow(const std::string& id, const adapter_actor& adapter) {
    self_->request(adapter, caf::infinite, msg<wire::MeasureRequest>{})
      .then(
        [this, id, adapter](const msg<wire::Measurement>& measurement) {
          settle(id, [&] { table_.finish(id, measurement); });
          caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
        },
        [this, id, adapter](const caf::error& error) {
          settle(id, [&] { table_.fail(id, text_of(error)); });
          caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
        });
  }

  void follow(const std::string& id, const research_session_actor& session) {
    sessions_.emplace(id, session);
  }

  void on_finished(const std::string& id, const msg<wire::ResearchReport>& report) {
    finishing_.erase(id);
    settle(id, [&] { table_.finish(id, report); });
  }

  /// Changes a record, and answers who waits for that.
  template <class Change>
  void settle(const std::string& id, Change change) {
    change();
    tell_links();
    auto* record = table_.find(id);
    if (record && record->state == wire::SpawnedState::RUNNING)
      return;
    for (auto each = waits_.begin(); each != waits_.end();)
      if (each->id == id) {
        answer(*each);
        each = waits_.erase(each);
      } else {
        ++each;
      }
  }

  void answer(wait& each) {
    if (auto* record = table_.find(each.id))
      each.promise.deliver(describe_result(*record));
    else
      each.promise.deliver(unknown(each.id));
  }

  /// The link is lost. What the other node has spawned for an order that it has not answered ends there.
  void lose_orders(const caf::actor_addr& link) {
    for (auto each = orders_.begin(); each != orders_.end();)
      if (each->second.link == link) {
        each->second.promise.deliver(
          fail(ec::unavailable, "the link with node " + each->second.node.value + " was lost"));
        each = orders_.erase(each);
      } else {
        ++each;
      }
  }

  /// What lives on other nodes ends with the link, so their links are in use.
  void tell_links() {
    std::set<node_id> nodes;
    for (const auto& [id, order] : orders_)
      nodes.insert(order.node);
    for (const auto* record : table_.list())
      if (record->state == wire::SpawnedState::RUNNING && record->node != own_id_)
        nodes.insert(record->node);
    if (nodes == used_links_)
      return;
    used_links_ = std::move(nodes);
    self_->send(services_.links, links_in_use{link_user::served_engines, used_links_});
  }

  /// Tells a node to end something; `then` gets the error or none.
  void order_end(const node_id& node, const std::string& engine, const std::string& id,
                 const std::function<void(const caf::error&)>& then) {
    auto order = msg<wire::EndSpawned>::build([&](wire::EndSpawned::Builder out) {
      out.setId(id);
      out.setEngine(engine);
    });
    auto done = [then](const msg<wire::SpawnedEnded>&) { then({}); };
    if (node == own_id_) {
      engine_caller caller{http_engine(own_id_, engine), spawn_path::link};
      self_->request(services_.spawner, defaults::end_spawned_timeout, engine_request<wire::EndSpawned>{caller, order})
        .then(done, then);
      return;
    }
    self_->request(services_.links, defaults::end_spawned_timeout, link_query{node})
      .then(
        [this, order, done, then](const spawning_link_actor& link) {
          self_->request(link, defaults::end_spawned_timeout, order).then(done, then);
        },
        then);
  }

  /// Ends what has outlived the actor or the node over which it was spawned, and lives here.
  void end_what_stayed(const std::string& id, caf::typed_response_promise<msg<wire::SpawnedEnded>> promise) {
    self_->request(services_.spawner, defaults::request_timeout, spawned_here_query{})
      .then(
        [this, id, promise](const std::vector<spawned_here>& here) mutable {
          for (const auto& each : here)
            if (as_view(each.what->getId()) == id && each.what->getStay())
              return order_end(own_id_, each.what->getEngine().cStr(), id,
                               [id, promise](const caf::error& error) mutable {
                                 error ? promise.deliver(error) : promise.deliver(describe_end(id));
                               });
          promise.deliver(unknown(id));
        },
        [promise](const caf::error& error) mutable { promise.deliver(error); });
  }

  void check_later() {
    if (checking_ || !table_.expects_keep_alives())
      return;
    checking_ = true;
    self_->delayed_send(self_, defaults::keep_alive_check, check_atom::value);
  }

  pointer self_ = nullptr;
  http_engines_services services_;
  node_id own_id_;
  spawned_table table_;
  std::map<std::string, open_order> orders_;
  std::set<caf::actor_addr> links_;               ///< monitored
  std::set<node_id> used_links_;                  ///< as told
  std::map<caf::actor_addr, std::string> actors_; ///< of what has been spawned
  std::map<std::string, research_session_actor> sessions_;
  std::set<std::string> finishing_; ///< sessions whose report is on its way
  std::list<wait> waits_;
  uint64_t newest_wait_ = 0;
  bool checking_ = false;
};

http_engines_self::behavior_type http_engines(http_engines_state::pointer self, http_engines_services services,
                                              http_engines_options options) {
  using namespace wire;
  auto& state = self->state;
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  state.init(self, std::move(services), std::move(options));
  return {
    [&state](const http_engine_request<StartSpawned>& asked) { return state.start(asked); },
    [&state](const msg<SpawnedQuery>&) { return state.list(); },
    [&state](const msg<OneSpawnedQuery>& query) { return state.find(query); },
    [&state](const http_engine_request<KeepSpawned>& asked) { return state.keep(asked); },
    [&state](const msg<SpawnedResultQuery>& query) { return state.result(query); },
    [&state](const http_engine_request<ResearchIteration>& asked) { return state.step<ResearchSession>(asked); },
    [&state](const http_engine_request<ResearchImprovement>& asked) { return state.step<ResearchSession>(asked); },
    [&state](const http_engine_request<FinishResearch>& asked) { return state.step<ResearchReport>(asked); },
    [&state](const msg<EndOneSpawned>& what) { return state.end(what->getId().cStr()); },
    [&state](const msg<EngineQuery>&) { return state.engines(); },
    [&state](check_atom) { state.on_check(); },
    [&state](waited_atom, uint64_t number) { state.on_waited(number); },
  };
}

} // namespace

http_engines_actor spawn_http_engines(caf::actor_system& system, http_engines_services services,
                                      http_engines_options options) {
  return system.spawn(http_engines, std::move(services), std::move(options));
}

} // namespace hive
