#include "actors/benchmark/install/installer.hpp"

#include "actors/aside.hpp"
#include "actors/benchmark/install/install_commands.hpp"
#include "actors/benchmark/install/install_ledger.hpp"
#include "actors/benchmark/install/install_run.hpp"
#include "actors/benchmark/install/installed_adapter.hpp"
#include "actors/store/commit.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/fetch_url.hpp"
#include "platform/log.hpp"
#include "storage/install_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <set>

namespace hive {
namespace {

using install_files::installed_directory;
using installed_list = std::vector<msg<wire::InstalledBenchmark>>;

std::string name_in(wire::InstalledBenchmark::Reader installed) {
  return std::string{as_view(installed.getRequest().getName())};
}

class installer_state {
public:
  using pointer = installer_actor::stateful_pointer<installer_state>;
  using promise = caf::typed_response_promise<msg<wire::Install>>;
  static inline const char* name = "installer";

  void init(pointer self, installer_services services, install_options options, const installed_list& stored) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    ledger_ = install_ledger{options_.own_id};
    std::set<std::string> kept;
    for (const auto& installed : stored) {
      ledger_.restore(installed);
      kept.emplace(as_view(installed->getDirectory()));
      offer(installed, open_directory(installed));
    }
    run_aside<caf::unit_t>(
      self_,
      [directory = options_.directory, node = options_.node, kept]() -> caf::expected<caf::unit_t> {
        if (auto left = install_files::remove_leftovers(directory, node, kept))
          return left;
        return caf::unit;
      },
      [this](const caf::expected<caf::unit_t>& removed) {
        if (!removed)
          log::warn("Files of interrupted installs are left. reason={}", text_of(removed.error()));
        is_ready_ = true;
        start_next();
      });
  }

  caf::result<msg<wire::Install>> install(const msg<wire::InstallBenchmark>& request) {
    auto given = self_->make_response_promise<msg<wire::Install>>();
    accept(request, given, true);
    return given;
  }

  caf::result<msg<wire::Install>> start_install(const msg<wire::StartInstall>& request) {
    auto given = self_->make_response_promise<msg<wire::Install>>();
    accept(msg<wire::InstallBenchmark>::copy_of(request->getRequest()), given, false);
    return given;
  }

  caf::result<msg<wire::Install>> find(const msg<wire::InstallQuery>& query) const {
    auto found = ledger_.describe(std::string{as_view(query->getName())});
    if (!found)
      return found.error();
    return *found;
  }

  msg<wire::InstallList> list() const {
    return ledger_.describe_all();
  }

  caf::result<msg<wire::BenchmarkInfo>> remove(const msg<wire::BenchmarkName>& query) {
    auto name = std::string{as_view(query->getName())};
    auto* found = ledger_.find(name);
    if (!found || !found->installed)
      return fail(ec::not_found, "no benchmark named " + name + " is installed");
    if (found->wanted)
      return fail(ec::busy, "an install of " + name + " is waiting or running");
    if (!removing_.insert(name).second)
      return fail(ec::busy, name + " is being removed");
    auto given = self_->make_response_promise<msg<wire::BenchmarkInfo>>();
    write_set writes;
    install_store::erase(writes, name);
    commit(self_, services_.committer, std::move(writes))
      .then([this, name, given](const committed&) { withdraw(name, given); },
            [this, name, given](caf::error& error) mutable {
              removing_.erase(name);
              given.deliver(std::move(error));
            });
    return given;
  }

  void enter(const install_step& step) {
    ledger_.enter(step.name, step.state, step.progress);
    log::info("An install goes on: {}. benchmark={}", step.progress, step.name);
  }

private:
  // -- acceptance --------------------------------------------------------------

  /// Checks the request, then asks whether another adapter has the name.
  void accept(const msg<wire::InstallBenchmark>& request, promise given, bool waits) {
    if (auto refused = install_commands::check(*request, options_)) {
      given.deliver(std::move(refused));
      return;
    }
    self_->request(services_.registry, defaults::request_timeout, msg<wire::BenchmarkQuery>::build([](auto) {}))
      .then(
        [this, request, given, waits](const msg<wire::BenchmarkList>& known) mutable {
          if (auto refused = queue(request, *known))
            given.deliver(std::move(refused));
          else
            begin(std::string{as_view(request->getName())}, given, waits);
        },
        [given](caf::error& error) mutable { given.deliver(std::move(error)); });
  }

  caf::error queue(const msg<wire::InstallBenchmark>& request, wire::BenchmarkList::Reader known) {
    auto name = std::string{as_view(request->getName())};
    if (is_foreign(known, name))
      return fail(ec::already_exists, "an adapter named " + name + " exists already");
    if (removing_.contains(name))
      return fail(ec::busy, name + " is being removed");
    if (auto refused = ledger_.accept(request, now_unix_micros()))
      return refused;
    log::info("Install accepted. benchmark={} repository={} commit={}", name, as_view(request->getRepoUrl()),
              as_view(request->getCommit()));
    return caf::none;
  }

  void begin(const std::string& name, promise given, bool waits) {
    if (waits)
      waiting_[name] = given;
    start_next();
    if (!waits)
      given.deliver(*ledger_.describe(name));
  }

  /// Whether an adapter that is not ours has the name.
  bool is_foreign(wire::BenchmarkList::Reader known, const std::string& name) const {
    auto* own = ledger_.find(name);
    if (own && own->installed)
      return false;
    for (auto info : known.getBenchmarks())
      if (as_view(info.getName()) == name)
        return true;
    return false;
  }

  // -- the running install -----------------------------------------------------

  void start_next() {
    if (!is_ready_)
      return;
    auto next = ledger_.start_next();
    if (!next)
      return;
    auto name = std::string{as_view((*next)->getName())};
    auto run = spawn_install_run(self_->system(), services_.runner, options_, self_);
    self_->request(run, caf::infinite, *next)
      .then([this, name](const msg<wire::InstalledBenchmark>& installed) { store(name, installed); },
            [this, name](const caf::error& error) { give_up(name, error); });
  }

  /// From the commit on, the install counts.
  void store(const std::string& name, const msg<wire::InstalledBenchmark>& installed) {
    auto directory = open_directory(installed);
    write_set writes;
    install_store::put(writes, installed);
    commit(self_, services_.committer, std::move(writes))
      .then([this, name, installed, directory](const committed&) { offer_new(name, installed, directory); },
            [this, name, directory](const caf::error& error) {
              directory->remove_when_unused();
              give_up(name, error);
            });
  }

  void offer_new(const std::string& name, const msg<wire::InstalledBenchmark>& installed,
                 const std::shared_ptr<installed_directory>& directory) {
    self_->request(services_.registry, defaults::request_timeout, offer_adapter{define(installed, directory)})
      .then(
        [this, name, installed, directory](const msg<wire::BenchmarkInfo>&) {
          if (auto old = std::exchange(directories_[name], directory))
            old->remove_when_unused();
          ledger_.finish(name, installed);
          log::info("Benchmark installed. benchmark={} commit={} files={} bytes={}", name,
                    as_view(installed->getCommit()), installed->getFiles(), installed->getBytes());
          answer(name, *ledger_.describe(name));
          start_next();
        },
        [this, name, directory](const caf::error& error) { take_back(name, directory, error); });
  }

  /// The name was taken in the meantime, which only a first install meets: there is no older record to restore.
  void take_back(const std::string& name, const std::shared_ptr<installed_directory>& directory,
                 const caf::error& why) {
    write_set writes;
    install_store::erase(writes, name);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, name, directory, why](const committed&) {
          directory->remove_when_unused();
          give_up(name, why);
        },
        [this](const caf::error& error) { self_->quit(error); });
  }

  void give_up(const std::string& name, const caf::error& why) {
    ledger_.fail(name, text_of(why));
    log::warn("Install failed. benchmark={} reason={}", name, text_of(why));
    answer(name, why);
    start_next();
  }

  template <class Answer>
  void answer(const std::string& name, Answer&& with) {
    auto found = waiting_.find(name);
    if (found == waiting_.end())
      return;
    auto given = found->second;
    waiting_.erase(found);
    given.deliver(std::forward<Answer>(with));
  }

  // -- adapters ----------------------------------------------------------------

  std::shared_ptr<installed_directory> open_directory(const msg<wire::InstalledBenchmark>& installed) const {
    return std::make_shared<installed_directory>(options_.directory / std::string{as_view(installed->getDirectory())});
  }

  adapter_definition define(const msg<wire::InstalledBenchmark>& installed,
                            std::shared_ptr<installed_directory> directory) const {
    auto out =
      installed_adapter_definition(self_->system(), {services_.runner}, options_, installed, std::move(directory));
    out.owner = installer_actor{self_};
    return out;
  }

  /// Offers what is stored. A later release may have a built-in adapter of this name: it takes precedence, and the
  /// install stays stored.
  void offer(const msg<wire::InstalledBenchmark>& installed, const std::shared_ptr<installed_directory>& directory) {
    auto name = name_in(*installed);
    directories_[name] = directory;
    self_->request(services_.registry, defaults::request_timeout, offer_adapter{define(installed, directory)})
      .then([](const msg<wire::BenchmarkInfo>&) {},
            [name](const caf::error& error) {
              log::warn("Installed benchmark not used. benchmark={} reason={}", name, text_of(error));
            });
  }

  void withdraw(const std::string& name, caf::typed_response_promise<msg<wire::BenchmarkInfo>> given) {
    auto forget = [this, name] {
      removing_.erase(name);
      ledger_.remove(name);
      if (auto directory = directories_.extract(name); directory && directory.mapped())
        directory.mapped()->remove_when_unused();
      log::info("Installed benchmark removed. benchmark={}", name);
    };
    self_->request(services_.registry, defaults::request_timeout, withdraw_adapter{name})
      .then(
        [given, forget](const msg<wire::BenchmarkInfo>& info) mutable {
          forget();
          given.deliver(info);
        },
        [given, forget](caf::error& error) mutable {
          forget();
          given.deliver(std::move(error));
        });
  }

  pointer self_ = nullptr;
  installer_services services_;
  install_options options_;
  install_ledger ledger_;
  bool is_ready_ = false; ///< whether leftovers were removed
  std::map<std::string, promise> waiting_;
  std::set<std::string> removing_;
  std::map<std::string, std::shared_ptr<installed_directory>> directories_; ///< of what is installed
};

installer_actor::behavior_type installer(installer_state::pointer self, installer_services services,
                                         install_options options, installed_list stored) {
  self->state.init(self, std::move(services), std::move(options), stored);
  return {
    [self](const msg<wire::InstallBenchmark>& request) { return self->state.install(request); },
    [self](const msg<wire::StartInstall>& request) { return self->state.start_install(request); },
    [self](const msg<wire::InstallQuery>& query) { return self->state.find(query); },
    [self](const msg<wire::InstallListQuery>&) { return self->state.list(); },
    [self](const msg<wire::BenchmarkName>& query) { return self->state.remove(query); },
    [self](const install_step& step) { self->state.enter(step); },
  };
}

} // namespace

caf::error install_options::validate() const {
  for (const auto& prefix : allowed)
    if (auto wrong = check_fetch_prefix(prefix))
      return fail(ec::invalid, "allowed: " + text_of(wrong));
  if (!directory.empty() && !directory.is_absolute())
    return fail(ec::invalid, "directory: must be an absolute path, not " + directory.string());
  bool is_index =
    index.empty() || index.starts_with('/') || index.starts_with("https://") || index.starts_with("http://");
  if (!is_index)
    return fail(ec::invalid, "index: must be the URL of a package index or the absolute path of a directory");
  return caf::none;
}

caf::expected<installer_actor> spawn_installer(caf::actor_system& system, installer_services services,
                                               install_options options) {
  auto stored = install_store{*services.db}.all();
  if (!stored)
    return stored.error();
  return system.spawn(installer, std::move(services), std::move(options), std::move(*stored));
}

} // namespace hive
