#include "apps/hived/node.hpp"

#include "actors/benchmark/command_adapter.hpp"
#include "actors/benchmark/inputs.hpp"
#include "actors/benchmark/registry.hpp"
#include "actors/benchmark/result_slots.hpp"
#include "actors/daemon/coding_daemon.hpp"
#include "actors/engines/engine_acceptor.hpp"
#include "actors/engines/load_slots.hpp"
#include "actors/engines/spawner.hpp"
#include "actors/events/events.hpp"
#include "actors/hive/federation/federation.hpp"
#include "actors/hive/link/door.hpp"
#include "actors/hive/link/network.hpp"
#include "actors/http/api_routes.hpp"
#include "actors/http/event_routes.hpp"
#include "actors/http/hive_routes.hpp"
#include "actors/http/research_routes.hpp"
#include "actors/http/task_routes.hpp"
#include "actors/node/descriptor_limit.hpp"
#include "actors/node/environment.hpp"
#include "actors/process/runner.hpp"
#include "actors/remote/register.hpp"
#include "actors/store/commit.hpp"
#include "actors/store/committer.hpp"
#include "actors/tracker/delta_publisher.hpp"
#include "actors/tracker/research.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "actors/tracker/tracker.hpp"
#include "actors/upgrade/checker.hpp"
#include "apps/hived/operator_token_file.hpp"
#include "apps/hived/toml_section.hpp"
#include "apps/version.hpp"
#include "gpu/devices.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/epoch.hpp"

#include <algorithm>
#include <mutex>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace hive {
namespace {

constexpr int64_t micros_per_s = 1'000'000;
/// A write in flight for longer makes the node not ready: a healthy disk takes milliseconds, a busy one less than a
/// second.
constexpr std::chrono::seconds stalled_disk{5};

std::string_view as_text(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

struct caf_config : caf::actor_system_config {
  explicit caf_config(const door_config& door) {
    register_remote_messages(*this);
    if (door.listen)
      configure_network(*this, door.network);
    set("logger.verbosity", caf::atom("quiet")); // CAF's own log is about CAF
    // One queue for all workers: with work stealing, chains of messages between few busy actors wait for sleeping
    // workers. Measured with the tracker's benchmark: 88,000 to 105,000 records/s with stealing, 132,000 to 190,000
    // with sharing.
    set("scheduler.policy", caf::atom("sharing"));
  }
};

/// Reloads the configured tokens. Keeps the previous ones when they cannot be read.
void reload_tokens(const token_sources& from, http::authorizer& into) {
  if (from.file.empty())
    return log::info("No tokens to reload: http.tokens_file is not configured");
  try {
    auto tokens = read_tokens(from);
    auto count = tokens.size();
    into.replace_tokens(std::move(tokens));
    log::info("HTTP tokens reloaded. tokens={} file={}", count, from.file.string());
  } catch (const config_error& e) {
    log::error("HTTP tokens not reloaded, the previous ones stay valid: {}", e.what());
  }
}

/// The node's state, written by the supervisor and read by the HTTP server's thread.
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
    config.http.access = access;
  }

  node_config config;
  descriptor_budget descriptors;
  const std::shared_ptr<http::authorizer> access =
    std::make_shared<http::authorizer>(config.http.tokens, config.http.open);
  std::unique_ptr<operator_token_file> operator_token; ///< set once HTTP is served
  node_identity identity;
  std::shared_ptr<database> db;
  std::shared_ptr<node_status> status = std::make_shared<node_status>();
  std::shared_ptr<prometheus::Registry> metrics = std::make_shared<prometheus::Registry>();
  std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
  caf_config system_config;
  caf::actor_system system;

  // Handles of the services; each is set when its service starts, and used by later services.
  committer_actor committer;
  events_actor events;
  runner_actor runner;
  inputs_actor inputs;
  registry_actor registry;
  upgrade_checker_actor upgrades;
  tracker_actor tracker;
  publisher_actor publisher;
  federation_actor federation;
  research_actor research;
  coding_daemon_actor coding_daemon;
  spawner_actor spawner;
  engine_host_actor engines;
  door_actor door;
  supervisor_actor supervisor;

  /// Wraps a spawn function as a service and stores its typed handle in `handle`.
  template <class Handle, class Spawn>
  static service make_service(std::string name, Handle& handle, Spawn spawn) {
    return {std::move(name), [&handle, spawn]() -> caf::expected<caf::actor> {
              handle = spawn();
              return caf::actor_cast<caf::actor>(handle);
            }};
  }

  /// In dependency order: each service may use those before it.
  std::vector<service> services() {
    auto store = make_service("store", committer, [this] { return spawn_committer(system, db); });
    store.essential = true;
    std::vector<service> out{
      store,
      {"events", [this] { return start_events(); }},
      make_service("runner", runner, [this] { return spawn_runner(system, describe_runner()); }),
      make_service("inputs", inputs,
                   [this] {
                     return spawn_inputs(system, {db, committer});
                   }),
      make_service("registry", registry,
                   [this] {
                     return spawn_registry(system, {db, committer, events}, describe_registry());
                   }),
      make_service("upgrades", upgrades,
                   [this] {
                     return spawn_upgrade_checker(system, {db, events});
                   }),
      make_service("tracker", tracker,
                   [this] {
                     auto options = config.tracker;
                     options.node = identity.id.value;
                     return spawn_tracker(system, {db, committer}, std::move(options));
                   }),
      make_service("publisher", publisher,
                   [this] {
                     return spawn_delta_publisher(system, {db, committer});
                   }),
      {"federation", [this] { return start_federation(); }},
      make_service("research", research,
                   [this] {
                     return spawn_research(system, {db, committer, tracker, publisher});
                   }),
      make_service("coding daemon", coding_daemon,
                   [this] {
                     return spawn_coding_daemon(system, {tracker, publisher}, config.coding_daemon);
                   }),
      {"http", [this] { return start_http(); }}};
    if (config.door.listen) {
      out.push_back(make_service("spawner", spawner, [this] { return start_spawner(); }));
      out.push_back(make_service("engines", engines, [this] {
        return spawn_engine_acceptor(system, {tracker, federation, spawner}, {identity.id});
      }));
      out.push_back({"door", [this] { return start_door(); }});
    }
    return out;
  }

  msg<wire::NodeCard> describe_node() const {
    return msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
      out.setName(config.name);
      out.setTier(config.tier);
      auto labels = out.initLabels(static_cast<uint32_t>(config.labels.size()));
      for (uint32_t i = 0; i < labels.size(); ++i)
        labels.set(i, config.labels[i]);
      auto devices = find_gpus().devices;
      auto gpus = out.initGpus(static_cast<uint32_t>(devices.size()));
      for (uint32_t i = 0; i < gpus.size(); ++i) {
        gpus[i].setName(devices[i].name);
        gpus[i].setVramMib(devices[i].vram_mib);
      }
      out.setSoftware(version_text);
    });
  }

  /// The node's identity while it has no door.
  msg<wire::Hello> own_hello() const {
    auto card = make_card(describe_node(), {}, identity, std::nullopt, now_unix_micros());
    return make_hello(identity, certificate_role::node, card ? *card : msg<wire::NodeCard>{});
  }

  caf::error await_commit(write_set writes) {
    caf::scoped_actor self{system};
    caf::error failure;
    commit(self.ptr(), committer, std::move(writes))
      .receive([](const committed&) {}, [&](caf::error& error) { failure = std::move(error); });
    return failure;
  }

  /// The federation's statements are ordered by epoch, so a restarted federation needs a new epoch, like a restarted
  /// node.
  caf::error begin_next_epoch() {
    // The previous federation's epoch may still be in flight.
    if (auto failure = await_commit({}))
      return failure;
    auto next = epoch_write(*db, identity.epoch + 1);
    if (!next)
      return next.error();
    if (auto failure = await_commit(std::move(next->writes)))
      return failure;
    identity.epoch = next->epoch;
    return caf::none;
  }

  /// Event ids increase with the epoch.
  caf::expected<caf::actor> start_events() {
    if (events)
      if (auto failure = begin_next_epoch())
        return failure;
    events = spawn_events(system, {.epoch = identity.epoch});
    return caf::actor_cast<caf::actor>(events);
  }

  /// Without certificates, everybody is admitted; only allowed on the loopback.
  static caf::expected<attested> admit_all(const public_key&, wire::NodeCard::Reader) {
    return attested{};
  }

  /// A card is judged as of the time it was written: a node's measurements outlive its certificate.
  static void trust(const credentials& shown, hive_core_options& options) {
    options.admit = [trusted = shown.trusted](const public_key& key,
                                              wire::NodeCard::Reader card) -> caf::expected<attested> {
      auto shows = card.getAdmission();
      auto cert = check_admission(trusted, as_text(shows.getCertificate()), node_id_of(key),
                                  as_text(shows.getSignature()), card.getWrittenAt() / micros_per_s);
      if (!cert)
        return cert.error();
      return attested{cert->key_fingerprint()};
    };
    auto& dates = options.certificates.emplace();
    dates.own_from = shown.own.cert.not_before();
    dates.own_until = shown.own.cert.not_after();
    dates.ca_until = shown.issuer().not_after();
    dates.watched = {{"This node's certificate (" + shown.own.cert.name() + ")", dates.own_until}};
    for (const auto& ca : shown.trusted)
      dates.watched.push_back({"The certificate of the CA " + ca.name(), ca.not_after()});
  }

  /// Certificate expiry times, for alerts.
  void show_expiry(const credentials& shown) {
    auto& family = prometheus::BuildGauge()
                     .Name("hive_certificate_expiry_timestamp_seconds")
                     .Help("When the node's certificate and that of the CA which issued it expire, in Unix time.")
                     .Register(*metrics);
    family.Add({{"certificate", "node"}}).Set(static_cast<double>(shown.own.cert.not_after()));
    family.Add({{"certificate", "ca"}}).Set(static_cast<double>(shown.issuer().not_after()));
  }

  /// What this node shares with the hive.
  std::vector<slot_topic> topics() const {
    return {{tool_stats_rules(), tracker, tracker}, {latest_results_rules(), {}, registry}, {load_rules()}};
  }

  caf::expected<caf::actor> start_federation() {
    if (federation)
      if (auto failure = begin_next_epoch())
        return failure;
    hive_core_options options;
    options.keys = identity.keys;
    options.epoch = identity.epoch;
    options.admit = admit_all;
    options.gossip = config.gossip;
    options.overlay = config.overlay;
    options.self = own_hello();
    if (config.door.shown) {
      trust(*config.door.shown, options);
      show_expiry(*config.door.shown);
    }
    federation = spawn_federation(system, {db, committer, events, topics()}, {std::move(options)});
    return caf::actor_cast<caf::actor>(federation);
  }

  spawner_actor start_spawner() {
    spawner_options options;
    options.keys = identity.keys;
    options.policy = engine_policy(config);
    options.is_first = identity.epoch == 1 && !spawner;
    auto make_adapter = [this](const msg<wire::CommandSpec>& spec) {
      return spawn_command_adapter(system, {runner}, spec);
    };
    return spawn_spawner(system, {federation, make_adapter, research}, std::move(options));
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
    config.door.listen = opened->at; // fixed for restarts, even if any free port was requested
    return caf::actor_cast<caf::actor>(door);
  }

  runner_options describe_runner() const {
    runner_options out;
    // some programs iterate over all possible descriptors
    out.limits.push_back({RLIMIT_NOFILE, descriptors.inherited, true});
    return out;
  }

  registry_options describe_registry() {
    registry_options out;
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
    auto add = [&](std::string name, std::chrono::milliseconds timeout, std::function<std::string()> unavailable_reason,
                   std::function<adapter_actor()> spawn) {
      auto& definition = out.emplace_back();
      definition.name = std::move(name);
      definition.timeout = timeout;
      definition.unavailable_reason = std::move(unavailable_reason);
      definition.spawn = std::move(spawn);
    };
    std::shared_ptr<const database> stored = db;
    add(
      "model_registry", config.model_registry.timeout,
      [this, stored] { return config.model_registry.unavailable_reason(*stored); },
      [this, stored] { return spawn_model_registry_adapter(system, {stored}, config.model_registry); });
    add(
      "world_model", config.world_model.timeout,
      [this, stored] { return config.world_model.unavailable_reason(*stored); },
      [this, stored] {
        return spawn_world_model_adapter(system, {stored, inputs}, config.world_model);
      });
    add(
      "regression", config.regression.timeout, [this] { return config.regression.unavailable_reason(); },
      [this] { return spawn_regression_adapter(system, {runner}, config.regression); });
    add(
      "guardrail", config.guardrail.timeout, [this] { return config.guardrail.unavailable_reason(); },
      [this] { return spawn_guardrail_adapter(system, config.guardrail); });
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
    out.spawn = [this, spec] { return spawn_command_adapter(system, {runner}, spec); };
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
      if (auto age = stored->progress()->age(); age > stalled_disk)
        return "the disk has not confirmed a write for " + std::to_string(age / std::chrono::seconds{1}) + " s";
      auto full = stored->check_room();
      return full ? text_of(full) : std::string{};
    };
    api.status = [this, not_ready = api.not_ready] { return at_a_glance(not_ready()); };
    api.metrics = metrics;
    api.version = version_text;
    http::event_stream_options streams;
    streams.max_streams = std::min(streams.max_streams, defaults::part_of_connections(config.http.max_connections));
    auto routes =
      http::api_routes(api, {http::task_routes(tracker), http::hive_routes(federation, publisher),
                             http::research_routes(research), http::event_routes(events, *metrics, streams)});
    auto server = http::spawn_server(system, config.http, std::move(routes), metrics);
    if (!server)
      return server.error();
    config.http.port = server->port; // fixed for restarts, even if any free port was requested
    if (auto failure = hand_out_operator_token()) {
      caf::anon_send_exit(server->gateway, caf::exit_reason::kill);
      return failure;
    }
    return server->gateway;
  }

  /// Once per process: the token stays valid as long as the process runs.
  caf::error hand_out_operator_token() {
    if (operator_token)
      return caf::none;
    auto token = http::make_operator_token();
    auto written = operator_token_file::write(token_places(config.store.directory, config.http.port), token.secret);
    if (!written)
      return written.error();
    operator_token = std::move(*written);
    access->set_operator(std::move(token.known), operator_token->path().string());
    log::info("Operator token written. file={}", operator_token->path().string());
    if (config.http.tokens.empty() && config.http.open == http::role::operate)
      log::warn("Every program that can connect may run commands as this user: http.open = \"operate\". http={}",
                config.http.endpoint());
    return caf::none;
  }

  msg<wire::NodeStatus> at_a_glance(const std::string& not_ready) const {
    std::error_code failed;
    auto room = std::filesystem::space(config.store.directory, failed);
    return msg<wire::NodeStatus>::build([&](wire::NodeStatus::Builder out) {
      out.setHealth(*health());
      out.setReady(not_ready.empty());
      if (!not_ready.empty())
        out.setNotReady(not_ready);
      out.setStoreFreeBytes(failed ? 0 : room.available);
      out.setStoreMinFreeBytes(config.store.min_free_bytes);
    });
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
  options.on_background_error = [](std::string what) { log::error("RocksDB background work failed: {}", what); };
  options.on_notice = [](std::string what) { log::warn("{}", what); };
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

caf::error node::serve_until(signal_watcher& signals, shutdown_guard& guard) {
  caf::scoped_actor self{impl_->system};
  self->monitor(impl_->supervisor);
  auto stop = [supervisor = impl_->supervisor, writes = impl_->db->progress(), &guard](int number) {
    guard.begin(writes);
    log::info("Stopping on signal {}; a second signal ends the process at once", number);
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  };
  // Both callbacks may still run while this node is destroyed.
  auto reload = [from = impl_->config.tokens, access = impl_->access] { reload_tokens(from, *access); };
  signals.watch({.stop = stop, .reload = reload});
  caf::error reason;
  self->receive([&](caf::down_msg& down) { reason = std::move(down.reason); });
  return reason == caf::exit_reason::user_shutdown ? caf::error{} : reason;
}

} // namespace hive
