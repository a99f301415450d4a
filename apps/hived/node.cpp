#include "apps/hived/node.hpp"

#include "actors/benchmark/command_adapter.hpp"
#include "actors/benchmark/inputs.hpp"
#include "actors/benchmark/registry.hpp"
#include "actors/benchmark/runner.hpp"
#include "actors/daemon/coding_daemon.hpp"
#include "actors/events/events.hpp"
#include "actors/hive/door.hpp"
#include "actors/hive/engine_desk.hpp"
#include "actors/hive/federation.hpp"
#include "actors/hive/network.hpp"
#include "actors/http/api.hpp"
#include "actors/http/event_routes.hpp"
#include "actors/http/hive_routes.hpp"
#include "actors/http/research_routes.hpp"
#include "actors/http/task_routes.hpp"
#include "actors/node/descriptor_limit.hpp"
#include "actors/node/environment.hpp"
#include "actors/node/identity.hpp"
#include "actors/store/committer.hpp"
#include "actors/tracker/research.hpp"
#include "actors/tracker/tracker.hpp"
#include "actors/upgrade/checker.hpp"
#include "apps/version.hpp"
#include "gpu/devices.hpp"
#include "messages/register.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <mutex>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

namespace hive {
namespace {

constexpr int64_t micros_per_s = 1'000'000;

std::string_view as_text(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

struct caf_config : caf::actor_system_config {
  explicit caf_config(const door_config& door) {
    register_messages(*this);
    if (door.listen)
      configure_network(*this, door.network);
    set("logger.verbosity", caf::atom("quiet")); // CAF's own log is about CAF
    // One queue for all workers: with stealing, a chain of messages between few busy actors waits on sleeping workers.
    // Measured with the tracker's benchmark: 88,000 to 105,000 records/s with stealing, 132,000 to 190,000 with this.
    set("scheduler.policy", caf::atom("sharing"));
  }
};

/// What the node is doing, written by the supervisor and read by the HTTP server's thread.
class node_status {
public:
  void set(const std::string& now) {
    std::lock_guard lock{mutex_};
    text_ = now;
  }

  std::string get() const {
    std::lock_guard lock{mutex_};
    return text_;
  }

private:
  mutable std::mutex mutex_;
  std::string text_ = "starting";
};

} // namespace

struct node::impl {
  explicit impl(const node_config& given) : config{given}, system_config{config.door}, system{system_config} {
  }

  node_config config;
  descriptor_budget descriptors;
  node_identity identity;
  std::shared_ptr<database> db;
  std::shared_ptr<node_status> status = std::make_shared<node_status>();
  std::shared_ptr<prometheus::Registry> metrics = std::make_shared<prometheus::Registry>();
  std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
  caf_config system_config;
  caf::actor_system system;

  // Handles of the services, each set when its service starts and used by those behind it.
  committer_actor committer;
  events_actor events;
  runner_actor runner;
  inputs_actor inputs;
  registry_actor registry;
  upgrade_checker_actor upgrades;
  tracker_actor tracker;
  federation_actor federation;
  research_actor research;
  coding_daemon_actor coding_daemon;
  spawner_actor spawner;
  engine_host_actor engines;
  door_actor door;
  supervisor_actor supervisor;

  /// Wraps a spawn function as a service whose typed handle is kept in `handle`.
  template <class Handle, class Spawn>
  static service make_service(std::string name, Handle& handle, Spawn spawn) {
    return {std::move(name), [&handle, spawn]() -> caf::expected<caf::actor> {
              handle = spawn();
              return caf::actor_cast<caf::actor>(handle);
            }};
  }

  /// In the order of their needs: each may use those before it.
  std::vector<service> services() {
    auto store = make_service("store", committer, [this] { return spawn_committer(system, db); });
    store.essential = true;
    std::vector<service> out{
      store,
      {"events", [this] { return start_events(); }},
      make_service("runner", runner, [this] { return system.spawn(hive::runner, describe_runner()); }),
      make_service("inputs", inputs,
                   [this] { return system.spawn(hive::inputs, std::shared_ptr<const database>{db}, committer); }),
      make_service("registry", registry, [this] { return spawn_registry(system, db, committer, describe_registry()); }),
      make_service("upgrades", upgrades, [this] { return spawn_upgrade_checker(system, db, events); }),
      make_service("tracker", tracker,
                   [this] {
                     auto options = config.tracker;
                     options.node = identity.id.value;
                     return spawn_tracker(system, db, committer, std::move(options));
                   }),
      {"federation", [this] { return start_federation(); }},
      make_service("research", research,
                   [this] {
                     return system.spawn(research_directory, research_services{db, committer, tracker, federation});
                   }),
      make_service("coding daemon", coding_daemon,
                   [this] { return system.spawn(hive::coding_daemon, tracker, federation, config.coding_daemon); }),
      {"http", [this] { return start_http(); }}};
    if (config.door.listen) {
      out.push_back(make_service("spawner", spawner, [this] { return start_spawner(); }));
      out.push_back(make_service("engines", engines, [this] {
        return system.spawn(engine_desk, engine_services{tracker, federation, spawner}, identity.id);
      }));
      out.push_back({"door", [this] { return start_door(); }});
    }
    return out;
  }

  node_description describe_node() const {
    node_description out;
    out.name = config.name;
    out.tier = config.tier;
    out.labels = config.labels;
    out.gpus = find_gpus().devices;
    out.software = version_text;
    return out;
  }

  /// As the node introduces itself while it has no door.
  msg<wire::Hello> own_hello() const {
    auto card = make_card(describe_node(), {}, identity, std::nullopt, now_unix_micros());
    return make_hello(identity, certificate_role::node, card ? *card : msg<wire::NodeCard>{});
  }

  caf::error commit(write_set writes) {
    caf::scoped_actor self{system};
    caf::error failure;
    self->request(committer, defaults::commit_timeout, std::move(writes))
      .receive([](const committed&) {}, [&](caf::error& error) { failure = std::move(error); });
    return failure;
  }

  /// What the federation tells is ordered by epoch: a second start needs one of its own, as the node's start does.
  caf::error begin_next_epoch() {
    // The epoch that an earlier federation raised may still be on its way to the disk.
    if (auto failure = commit({}))
      return failure;
    auto next = epoch_write(*db, identity.epoch + 1);
    if (!next)
      return next.error();
    if (auto failure = commit(std::move(next->writes)))
      return failure;
    identity.epoch = next->epoch;
    return caf::none;
  }

  /// Ids of events rise with the epoch.
  caf::expected<caf::actor> start_events() {
    if (events)
      if (auto failure = begin_next_epoch())
        return failure;
    events = system.spawn(hive::events, events_options{.epoch = identity.epoch});
    return caf::actor_cast<caf::actor>(events);
  }

  caf::expected<caf::actor> start_federation() {
    if (federation)
      if (auto failure = begin_next_epoch())
        return failure;
    federation_options options;
    options.keys = {identity.public_key, identity.secret_key};
    options.epoch = identity.epoch;
    options.gossip = config.gossip;
    options.views = config.views;
    options.self = own_hello();
    if (config.door.shown)
      options.admit = [ca = config.door.shown->ca](const public_key& key, wire::NodeCard::Reader card) {
        auto admission = card.getAdmission();
        return check_admission(ca, as_text(admission.getCertificate()), node_id_of(key),
                               as_text(admission.getSignature()), now_unix_micros() / micros_per_s);
      };
    federation =
      system.spawn(hive::federation, federation_services{db, committer, tracker, registry, events}, std::move(options));
    return caf::actor_cast<caf::actor>(federation);
  }

  spawner_actor start_spawner() {
    spawner_options options;
    options.keys = {identity.public_key, identity.secret_key};
    options.policy = engine_policy(config);
    options.is_first = identity.epoch == 1 && !spawner;
    return system.spawn(hive::spawner, spawner_services{federation, runner, research}, std::move(options));
  }

  caf::expected<caf::actor> start_door() {
    door_options options;
    options.listen = *config.door.listen;
    options.advertise = config.door.advertise;
    options.join = config.door.join;
    options.identity = identity;
    options.about = describe_node();
    options.shown = config.door.shown;
    options.engines = engines;
    auto opened = spawn_door(system, std::move(options), federation);
    if (!opened)
      return opened.error();
    door = opened->door;
    config.door.listen = opened->at; // a restart takes the same one, also where any was asked for
    return caf::actor_cast<caf::actor>(door);
  }

  runner_options describe_runner() const {
    runner_options out;
    out.limits.push_back({RLIMIT_NOFILE, descriptors.inherited, true}); // some programs go through all they could have
    return out;
  }

  registry_options describe_registry() {
    registry_options out;
    out.events = events;
    out.node = config.name;
    out.environment = describe_environment(find_gpus());
    out.checkout = config.checkout;
    out.repeats = config.repeats;
    out.builtin = builtin_adapters();
    out.command_adapter = [this](const msg<wire::CommandSpec>& spec) { return command_definition(spec); };
    return out;
  }

  std::vector<adapter_definition> builtin_adapters() {
    std::vector<adapter_definition> out;
    auto add = [&](std::string name, std::chrono::milliseconds timeout, std::function<std::string()> why_idle,
                   std::function<adapter_actor()> spawn) {
      auto& definition = out.emplace_back();
      definition.name = std::move(name);
      definition.timeout = timeout;
      definition.why_idle = std::move(why_idle);
      definition.spawn = std::move(spawn);
    };
    std::shared_ptr<const database> stored = db;
    add(
      "model_registry", config.model_registry.timeout,
      [this, stored] { return config.model_registry.why_idle(*stored); },
      [this, stored] { return system.spawn(model_registry_adapter, stored, config.model_registry); });
    add(
      "world_model", config.world_model.timeout, [this, stored] { return config.world_model.why_idle(*stored); },
      [this, stored] { return system.spawn(world_model_adapter, stored, inputs, config.world_model); });
    add(
      "regression", config.regression.timeout, [this] { return config.regression.why_idle(); },
      [this] { return system.spawn(regression_adapter, runner, std::string{"regression"}, config.regression); });
    add(
      "guardrail", config.guardrail.timeout, [this] { return config.guardrail.why_idle(); },
      [this] { return system.spawn(guardrail_adapter, config.guardrail); });
    return out;
  }

  adapter_definition command_definition(const msg<wire::CommandSpec>& spec) {
    adapter_definition out;
    out.name = spec->getName().cStr();
    out.tier = spec->getTier();
    out.source = "command";
    out.requires_gpu = spec->getRequiresGpu();
    out.min_vram_gb = spec->getMinVramGb();
    out.timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(spec->getTimeoutS()));
    out.spawn = [this, spec] { return system.spawn(command_adapter, runner, spec); };
    return out;
  }

  caf::expected<caf::actor> start_http() {
    http::api_services api;
    api.registry = registry;
    api.upgrades = upgrades;
    api.inputs = inputs;
    api.health = [this] { return health(); };
    api.not_ready = [status = status, stored = std::shared_ptr<const database>{db}] {
      if (auto now = status->get(); now != "ok")
        return now;
      auto full = stored->check_room();
      return full ? text_of(full) : std::string{};
    };
    api.metrics = metrics;
    api.version = version_text;
    http::event_stream_options streams;
    streams.max_streams = std::min(streams.max_streams, defaults::part_of_connections(config.http.max_connections));
    auto routes =
      http::api_routes(api, {http::task_routes(tracker), http::hive_routes(federation), http::research_routes(research),
                             http::event_routes(events, *metrics, streams)});
    auto server = http::spawn_server(system, config.http, std::move(routes), metrics);
    if (!server)
      return server.error();
    config.http.port = server->port; // a restart takes the same one, also where any was asked for
    return server->gateway;
  }

  msg<wire::Health> health() const {
    return msg<wire::Health>::build([&](wire::Health::Builder out) {
      out.setStatus(status->get());
      out.setNode(config.name);
      out.setId(identity.id.value);
      out.setVersion(version_text);
      out.setEpoch(identity.epoch);
      out.setUptimeS(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_at).count());
    });
  }

  caf::error start_services() {
    supervisor_options options;
    options.on_status = [status = status](const std::string& now) { status->set(now); };
    supervisor = spawn_supervisor(system, services(), std::move(options));
    caf::scoped_actor self{system};
    caf::error failure;
    self->request(supervisor, caf::infinite, start_atom::value)
      .receive([](caf::ok_atom) {}, [&](caf::error& err) { failure = std::move(err); });
    return failure;
  }
};

node::node(std::unique_ptr<impl> state) : impl_{std::move(state)} {
}

node::~node() = default;

caf::expected<std::unique_ptr<node>> node::start(const node_config& config) {
  auto descriptors = raise_descriptor_limit(config.http.max_connections);
  if (!descriptors)
    return descriptors.error();
  auto state = std::make_unique<impl>(config);
  state->descriptors = *descriptors;
  state->config.http.max_connections = descriptors->connections;
  if (config.door.listen)
    forbid_remote_spawning(state->system);
  auto options = config.store;
  options.on_background_error = [](std::string what) { spdlog::error("The store's background work failed: {}", what); };
  auto db = database::open(std::move(options));
  if (!db)
    return db.error();
  state->db = std::move(*db);
  auto identity = begin_epoch(*state->db, now_unix_micros());
  if (!identity)
    return identity.error();
  state->identity = std::move(*identity);
  if (auto failure = state->start_services())
    return failure;
  return std::unique_ptr<node>{new node{std::move(state)}};
}

const node_id& node::id() const {
  return impl_->identity.id;
}

std::string node::http_endpoint() const {
  return impl_->config.http.endpoint();
}

std::string node::door_endpoint() const {
  auto& at = impl_->config.door.listen;
  return at ? at->text() : "off";
}

caf::error node::serve_until(shutdown_signal& signal) {
  caf::scoped_actor self{impl_->system};
  self->monitor(impl_->supervisor);
  signal.watch([supervisor = impl_->supervisor](int number) {
    spdlog::info("Stopping on signal {}; a second one stops at once", number);
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  });
  caf::error reason;
  self->receive([&](caf::down_msg& down) { reason = std::move(down.reason); });
  return reason == caf::exit_reason::user_shutdown ? caf::error{} : reason;
}

} // namespace hive
