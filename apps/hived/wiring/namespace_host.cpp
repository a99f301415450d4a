#include "apps/hived/wiring/namespace_host.hpp"

#include "actors/http/route_set.hpp"
#include "actors/store/committer.hpp"
#include "apps/hived/wiring/baseline_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/epoch.hpp"

#include <caf/all.hpp>
#include <thread>

namespace hive {
namespace {

/// The store of a namespace. Its events go nowhere.
class namespace_store_group final : public service_group, public store_handles {
public:
  namespace_store_group(node_context& node, std::shared_ptr<database> opened)
      : store_handles{std::move(opened)}, node_{node} {
  }

  std::vector<service> services() override {
    return {make_service("store", committer, [this] { return spawn_committer(node_.system, {db}); })};
  }

private:
  node_context& node_;
};

caf::expected<std::shared_ptr<database>> open_store(const node_config& config, const std::filesystem::path& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory.parent_path(), failed);
  if (failed)
    return fail(ec::storage_failed, directory.parent_path().string() + " cannot be created: " + failed.message());
  auto options = config.store;
  options.directory = directory;
  options.block_cache_bytes = defaults::namespace_cache_bytes;
  options.write_buffer_bytes = defaults::namespace_buffer_bytes;
  options.accept_losses = false; // is meant for one start of the node, for its own store
  options.on_background_error = [](std::string what) { log::error("RocksDB background work failed: {}", what); };
  options.on_notice = [](std::string what) { log::warn("{}", what); };
  auto db = database::open(std::move(options));
  if (!db)
    return db.error();
  // A store without an identity counts as damaged. Nobody is told that of a namespace.
  if (auto identity = begin_epoch(**db, now_unix_micros()); !identity)
    return identity.error();
  return std::shared_ptr<database>{std::move(*db)};
}

class host_state {
public:
  static inline const char* name = "namespace";

  explicit host_state(namespace_host_actor::pointer self) : self_{self} {
  }

  void configure(node_context& node, const adapter_group& adapters, std::string id, std::filesystem::path directory) {
    node_ = &node;
    adapters_ = &adapters;
    id_ = std::move(id);
    directory_ = std::move(directory);
  }

  caf::result<open_namespace> open() {
    auto db = open_store(node_->config, directory_);
    if (!db)
      return db.error();
    db_ = *db;
    auto& store = add<namespace_store_group>(std::move(*db));
    auto& benchmark = add<benchmark_group>(store, *adapters_, group_list{adapters_},
                                           registry_hold{[users = users_] { return users->take(); }});
    add<baseline_group>(store, benchmark, agent_care::none);
    add<tracker_group>(store, tracker_size::small);
    auto promise = self_->make_response_promise<open_namespace>();
    supervisor_ = spawn_services();
    self_->monitor(supervisor_);
    self_->request(supervisor_, caf::infinite, start_atom::value)
      .then(
        [this, promise](caf::ok_atom) mutable {
          promise.deliver(open_namespace{routes(), users_});
        },
        [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
    return promise;
  }

  void on_exit(const caf::exit_msg& exit) {
    end_reason_ = exit.reason;
    if (supervisor_)
      self_->send_exit(supervisor_, caf::exit_reason::user_shutdown);
    else
      finish();
  }

  void on_down(const caf::down_msg& down) {
    if (!end_reason_)
      end_reason_ = down.reason;
    finish();
  }

private:
  template <class Group, class... Before>
  Group& add(Before&&... before) {
    auto added = std::make_unique<Group>(*node_, std::forward<Before>(before)...);
    auto& out = *added;
    groups_.push_back(std::move(added));
    return out;
  }

  supervisor_actor spawn_services() {
    std::vector<service> services;
    for (const auto& group : groups_)
      for (auto& service : group->services())
        services.push_back(std::move(service));
    supervisor_options options;
    options.max_restarts = 0;
    options.on_give_up = [](const std::string&) {}; // the directory logs why the namespace ended
    return spawn_supervisor(node_->system, std::move(services), std::move(options));
  }

  std::shared_ptr<const http::route_set> routes() const {
    group_list groups;
    for (const auto& group : groups_)
      groups.push_back(group.get());
    return std::make_shared<http::route_set>(gather(groups, &service_group::routes));
  }

  /// The directory is free only when nobody has the store any more. This actor has a thread of its own, so it may wait.
  void finish() {
    groups_.clear();
    auto deadline = std::chrono::steady_clock::now() + defaults::namespace_release_timeout;
    while (!db_.expired() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    if (!db_.expired())
      log::error("The store of a closed namespace is still in use; it cannot be opened again before the node restarts. "
                 "namespace={}",
                 id_);
    self_->quit(end_reason_);
  }

  namespace_host_actor::pointer self_;
  node_context* node_ = nullptr;
  const adapter_group* adapters_ = nullptr;
  std::string id_;
  std::filesystem::path directory_;
  std::shared_ptr<usage> users_ = std::make_shared<usage>();
  std::weak_ptr<database> db_;
  std::vector<std::unique_ptr<service_group>> groups_;
  supervisor_actor supervisor_;
  caf::error end_reason_;
};

namespace_host_actor::behavior_type host(namespace_host_actor::stateful_pointer<host_state> self, node_context* node,
                                         const adapter_group* adapters, std::string id,
                                         std::filesystem::path directory) {
  self->state.configure(*node, *adapters, std::move(id), std::move(directory));
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  self->set_exit_handler([self](caf::exit_msg& exit) { self->state.on_exit(exit); });
  return {[self](open_atom) { return self->state.open(); }};
}

} // namespace

namespace_host_actor spawn_namespace_host_of(node_context& node, const adapter_group& adapters, const std::string& id,
                                             const std::filesystem::path& directory) {
  return node.system.spawn<caf::detached>(host, &node, &adapters, id, directory);
}

} // namespace hive
