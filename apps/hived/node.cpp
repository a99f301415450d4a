#include "apps/hived/node.hpp"

#include "actors/http/tls_identity.hpp"
#include "actors/node/supervisor.hpp"
#include "apps/hived/token_reloader.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/audit_group.hpp"
#include "apps/hived/wiring/backup_group.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/baseline_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"
#include "apps/hived/wiring/door_group.hpp"
#include "apps/hived/wiring/engine_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"
#include "apps/hived/wiring/gate_group.hpp"
#include "apps/hived/wiring/gpu_group.hpp"
#include "apps/hived/wiring/heavy_group.hpp"
#include "apps/hived/wiring/http_group.hpp"
#include "apps/hived/wiring/install_group.hpp"
#include "apps/hived/wiring/monitor_group.hpp"
#include "apps/hived/wiring/namespace_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/otlp_group.hpp"
#include "apps/hived/wiring/research_group.hpp"
#include "apps/hived/wiring/review_group.hpp"
#include "apps/hived/wiring/service_manager_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <ctime>

namespace hive {
namespace {

/// A file of tokens that changed counts from then on at the latest, also without SIGHUP.
constexpr auto file_look_interval = std::chrono::seconds{60};

/// Reads the certificate of HTTPS again. Keeps the previous one when the files cannot be used.
void reload_certificate(http::tls_identity* into) {
  if (!into)
    return;
  if (auto error = into->reload(std::time(nullptr)))
    return log::error("HTTPS certificate not reloaded, the previous one stays: {}", text_of(error));
  log::info("HTTPS certificate reloaded. expires={}", format_iso8601(into->not_after() * 1'000'000));
}

} // namespace

struct node::impl {
  /// The groups in the order in which their services start. Each may use those before it.
  explicit impl(std::unique_ptr<node_context> opened) : context{std::move(opened)} {
    auto& base = add<base_group>();
    add<service_manager_group>(base);
    auto& backups = add<backup_group>();
    auto& audit = add<audit_group>(base);
    auto& gpus = add<gpu_group>(base);
    auto& adapters = add<adapter_group>(base, gpus);
    add<heavy_group>(adapters);
    auto& benchmark = add<benchmark_group>(base, adapters, groups_so_far());
    auto& installs = add<install_group>(base, adapters, benchmark);
    auto& agents = add<baseline_group>(base, benchmark);
    auto& tracker = add<tracker_group>(base);
    add<otlp_group>(agents, tracker);
    auto& gate = add<gate_group>(base, adapters, benchmark, tracker);
    auto& federation = add<federation_group>(base, tracker, groups_so_far());
    auto& research = add<research_group>(base, tracker, agents);
    auto& engines = add<engine_group>(adapters, agents, tracker, federation, research, installs);
    add<review_group>(base, adapters, agents);
    auto& namespaces = add<namespace_group>(adapters);
    add<monitor_group>(backups, gpus, benchmark, tracker, gate, federation);
    add<http_group>(namespaces, audit, groups_so_far());
    auto& door = add<door_group>(federation, engines);
    reload_certificates = door.certificate_reload();
  }

  template <class Group, class... Before>
  Group& add(Before&&... before) {
    auto added = std::make_unique<Group>(*context, std::forward<Before>(before)...);
    auto& out = *added;
    groups.push_back(std::move(added));
    return out;
  }

  group_list groups_so_far() const {
    group_list out;
    for (const auto& group : groups)
      out.push_back(group.get());
    return out;
  }

  caf::error start_services() {
    std::vector<service> services;
    for (const auto& group : groups)
      for (auto& service : group->services())
        services.push_back(std::move(service));
    supervisor_options options;
    options.starts_wait = true; // for the first report of the GPU probe, and for the disk
    options.on_status = [status = context->status](const std::string& now) { status->set(now); };
    supervisor = spawn_supervisor(context->system, std::move(services), std::move(options));
    caf::scoped_actor self{context->system};
    caf::error failure;
    self->request(supervisor, caf::infinite, start_atom::value)
      .receive([](caf::ok_atom) {}, [&](caf::error& err) { failure = std::move(err); });
    return failure;
  }

  std::unique_ptr<node_context> context;
  std::vector<std::unique_ptr<service_group>> groups; ///< their handles must not outlive the context's actor system
  supervisor_actor supervisor;
  std::function<void()> reload_certificates;
};

node::node(std::unique_ptr<impl> state) : impl_{std::move(state)} {
}

node::~node() = default;

caf::expected<std::unique_ptr<node>> node::start(const node_config& config, const failure_handler& on_failure) {
  auto context = node_context::open(config);
  if (!context) {
    on_failure(context.error(), nullptr);
    return context.error();
  }
  auto state = std::make_unique<impl>(std::move(*context));
  if (auto failure = state->start_services()) {
    // CAF counts an actor whose thread could not be started, and waits for it below.
    on_failure(failure, state->context->db->progress());
    return failure;
  }
  return std::unique_ptr<node>{new node{std::move(state)}};
}

const node_id& node::id() const {
  return impl_->context->identity.id;
}

std::string node::http_endpoint() const {
  return impl_->context->config.http.endpoint();
}

std::string node::door_endpoint() const {
  auto& at = impl_->context->config.door.listen;
  return at ? at->text() : "off";
}

caf::error node::serve_until(signal_watcher& signals, shutdown_guard& guard) {
  auto& context = *impl_->context;
  caf::scoped_actor self{context.system};
  self->monitor(impl_->supervisor);
  // The signal watcher outlives the node. With more than the address it would keep the supervisor, whose thread the
  // actor system waits for.
  auto stop = [supervisor = impl_->supervisor.address(), writes = context.db->progress(), manager = context.manager,
               &guard](int number) {
    guard.begin(writes);
    manager.stopping("stopping on signal " + std::to_string(number));
    log::info("Stopping on signal {}; a second signal ends the process at once", number);
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  };
  // These callbacks may still run while this node is destroyed.
  auto tokens = std::make_shared<token_reloader>(context.config.tokens, context.config.http.access);
  auto reload = [tokens, tls = context.config.http.tls, manager = context.manager,
                 reload_certificates = impl_->reload_certificates] {
    manager.reloading();
    tokens->reload();
    reload_certificate(tls.get());
    reload_certificates();
    manager.ready();
  };
  auto look = [tokens, tls = context.config.http.tls] {
    tokens->look();
    if (tls && tls->has_changed())
      reload_certificate(tls.get());
  };
  context.manager.ready(); // signals that came already are pending
  signals.watch({.stop = stop, .reload = reload, .look = look, .look_every = file_look_interval});
  caf::error reason;
  self->receive([&](caf::down_msg& down) { reason = std::move(down.reason); });
  return reason == caf::exit_reason::user_shutdown ? caf::error{} : reason;
}

} // namespace hive
