#include "actors/namespaces/namespace_directory.hpp"

#include "messages/ec.hpp"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/namespace.capnp.h"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <set>

namespace hive {
namespace {

namespace fs = std::filesystem;
using clock = namespace_table::clock;

// internal: a namespace may have become idle.
using idle_atom = caf::atom_constant<caf::atom("idle")>;
using remove_atom = caf::atom_constant<caf::atom("remove")>;
using directory_impl = namespaces_actor::extend<caf::reacts_to<idle_atom>>;
// internal: deletes a directory; a thread of its own, because that may take a while.
using remover_actor = caf::typed_actor<caf::replies_to<remove_atom>::with<caf::ok_atom>>;

/// Names that no namespace can have: an id begins with a letter or digit. One stands for all that do not exist, the
/// others are what is being deleted.
const std::string nowhere = ".empty";
constexpr std::string_view deleted_prefix = ".deleted-";

remover_actor::behavior_type remover(remover_actor::pointer self, const fs::path& from, const fs::path& aside) {
  return {[self, from, aside](remove_atom) -> caf::result<caf::ok_atom> {
    self->quit();
    std::error_code failed;
    fs::remove_all(aside, failed);   // of an earlier attempt
    fs::rename(from, aside, failed); // from now on it does not exist, also if the rest is left to the next start
    if (failed)
      return fail(ec::storage_failed, from.string() + " cannot be deleted: " + failed.message());
    fs::remove_all(aside, failed);
    if (failed)
      log::warn("Deleted namespace left behind on disk: {}. path={}", failed.message(), aside.string());
    return caf::ok_atom::value;
  }};
}

class directory_state {
public:
  static inline const char* name = "namespaces";

  explicit directory_state(directory_impl::pointer self) : self_{self} {
  }

  caf::error init(spawn_namespace_host spawn_host, namespace_directory_options options) {
    spawn_host_ = std::move(spawn_host);
    options_ = std::move(options);
    table_ = namespace_table{options_.table};
    std::error_code failed;
    if (!fs::exists(options_.path, failed))
      return caf::none;
    for (fs::directory_iterator each{options_.path, failed}, end; !failed && each != end; each.increment(failed)) {
      auto id = each->path().filename().string();
      if (id.starts_with(deleted_prefix))
        fs::remove_all(each->path(), failed);
      else if (is_valid_id(id))
        known_.insert(id);
    }
    return failed ? fail(ec::storage_failed, options_.path.string() + " cannot be read: " + failed.message())
                  : caf::error{};
  }

  // -- entering -----------------------------------------------------------------

  caf::result<namespace_entry> enter(const enter_namespace& request) {
    if (ending_)
      return fail(ec::unavailable, "the node is stopping");
    bool exists = known_.contains(request.id);
    if (!exists && request.may_create && known_.size() >= options_.max)
      return fail(ec::overloaded, options_.max == 0
                                    ? "this node allows no namespaces (namespaces.max is 0)"
                                    : "this node has " + std::to_string(known_.size()) +
                                        " namespaces, as many as namespaces.max allows; DELETE /api/v1/namespaces/ID "
                                        "ends one");
    auto promise = self_->make_response_promise<namespace_entry>();
    go_into(exists || request.may_create ? request.id : nowhere, {promise, request});
    return promise;
  }

  // -- the list -------------------------------------------------------------------

  msg<wire::NamespaceList> list(const msg<wire::NamespaceQuery>& query) const {
    auto from = known_.upper_bound(std::string{as_view(query->getAfter())});
    auto left = static_cast<uint32_t>(std::distance(from, known_.end()));
    auto shown = std::min(left, query->getLimit());
    return msg<wire::NamespaceList>::build([&](wire::NamespaceList::Builder out) {
      auto list = out.initNamespaces(shown);
      auto id = from;
      for (uint32_t i = 0; i < shown; ++i, ++id) {
        list[i].setId(*id);
        list[i].setOpen(table_.is_open(*id));
      }
      out.setCount(static_cast<uint32_t>(known_.size()));
      out.setMax(static_cast<uint32_t>(options_.max));
      if (shown < left)
        out.setNext(*std::prev(id));
    });
  }

  // -- deletion -------------------------------------------------------------------

  caf::result<msg<wire::NamespaceName>> remove(const msg<wire::NamespaceName>& request) {
    std::string id{as_view(request->getId())};
    if (!known_.contains(id))
      return fail(ec::not_found, "there is no namespace " + id);
    if (entries_.contains(id) && entries_[id].removal.pending())
      return fail(ec::busy, "namespace " + id + " is being deleted");
    auto promise = self_->make_response_promise<msg<wire::NamespaceName>>();
    auto& entry = entries_[id];
    entry.removal = promise;
    table_.close(id);
    if (entry.host)
      self_->send_exit(entry.host, caf::exit_reason::user_shutdown);
    else
      delete_directory(id);
    return promise;
  }

  // -- the lives of hosts -----------------------------------------------------------

  void on_down(const caf::down_msg& down) {
    auto found = std::ranges::find_if(
      entries_, [&](const auto& each) { return each.second.host && each.second.host.address() == down.source; });
    if (found == entries_.end())
      return;
    auto id = found->first; // a copy, since the entry is erased
    if (down.reason != caf::exit_reason::user_shutdown)
      log::error("Namespace closed: {}. namespace={}", text_of(down.reason), id);
    found->second.host = nullptr;
    if (found->second.removal.pending() && !ending_)
      return delete_directory(id);
    finish(id);
  }

  void on_idle() {
    ticking_ = false;
    for (const auto& id : table_.close_idle(clock::now(), used()))
      end_host(id);
    tick();
  }

  void on_exit(const caf::exit_msg& exit) {
    ending_ = true;
    end_reason_ = exit.reason;
    for (auto& [_, entry] : entries_)
      if (entry.host)
        self_->send_exit(entry.host, caf::exit_reason::user_shutdown);
    end_if_alone();
  }

private:
  struct visitor {
    caf::typed_response_promise<namespace_entry> promise;
    enter_namespace request;
  };

  /// A namespace that is open, or about to be opened, closed or deleted.
  struct entry {
    namespace_host_actor host;
    open_namespace content;
    std::vector<visitor> waiting;
    caf::typed_response_promise<msg<wire::NamespaceName>> removal;
  };

  namespace_table::is_used used() const {
    return [this](const std::string& id) {
      auto found = entries_.find(id);
      return found != entries_.end() && found->second.content.users && found->second.content.users->is_used();
    };
  }

  void go_into(const std::string& id, visitor who) {
    auto next = table_.enter(id, clock::now(), used());
    if (next.evicted)
      end_host(*next.evicted);
    switch (next.what) {
    case namespace_table::step::serve:
      return serve(entries_.at(id), who);
    case namespace_table::step::wait:
      return entries_.at(id).waiting.push_back(std::move(who));
    case namespace_table::step::refuse:
      who.promise.deliver(fail(ec::overloaded, std::to_string(options_.table.max_open) +
                                                 " namespaces are in use, as many as may be open at once"));
      return;
    case namespace_table::step::open:
      entries_[id].waiting.push_back(std::move(who));
      return open(id);
    }
  }

  static void serve(const entry& from, visitor& who) {
    who.promise.deliver(namespace_entry{from.content.routes, from.content.users->take()});
  }

  void open(const std::string& id) {
    auto host = spawn_host_(id, options_.path / id);
    entries_[id].host = host;
    self_->monitor(host);
    self_->request(host, caf::infinite, open_atom::value)
      .then([this, id, host](const open_namespace& content) { on_opened(id, host, content); },
            [this, id, host](const caf::error& error) { on_open_failed(id, host, error); });
  }

  void on_opened(const std::string& id, const namespace_host_actor& host, const open_namespace& content) {
    auto found = entries_.find(id);
    if (found == entries_.end() || found->second.host != host)
      return;
    if (id != nowhere)
      known_.insert(id);
    table_.opened(id, clock::now());
    found->second.content = content;
    if (!table_.is_open(id)) // it is being closed; who waits will enter the next one
      return;
    for (auto& who : std::exchange(found->second.waiting, {}))
      serve(found->second, who);
    tick();
  }

  /// The host ends by itself.
  void on_open_failed(const std::string& id, const namespace_host_actor& host, const caf::error& error) {
    auto found = entries_.find(id);
    if (found == entries_.end() || found->second.host != host)
      return;
    for (auto& who : std::exchange(found->second.waiting, {}))
      who.promise.deliver(fail(code_of(error), "namespace " + id + ": " + text_of(error)));
    self_->send_exit(host, caf::exit_reason::user_shutdown);
  }

  void end_host(const std::string& id) {
    if (auto found = entries_.find(id); found != entries_.end() && found->second.host)
      self_->send_exit(found->second.host, caf::exit_reason::user_shutdown);
  }

  void delete_directory(const std::string& id) {
    auto worker =
      self_->spawn<caf::detached>(remover, options_.path / id, options_.path / (std::string{deleted_prefix} + id));
    self_->request(worker, caf::infinite, remove_atom::value)
      .then(
        [this, id](caf::ok_atom) {
          known_.erase(id);
          log::info("Namespace deleted. namespace={}", id);
          auto done = std::exchange(entries_.at(id).removal, {});
          done.deliver(msg<wire::NamespaceName>::build([&](wire::NamespaceName::Builder out) { out.setId(id); }));
          finish(id);
        },
        [this, id](caf::error& error) {
          std::exchange(entries_.at(id).removal, {}).deliver(std::move(error));
          finish(id);
        });
  }

  /// Forgets a namespace that is closed; who waited for it enters anew.
  void finish(const std::string& id) {
    auto closed = std::move(entries_.at(id));
    entries_.erase(id);
    table_.closed(id);
    for (auto& who : closed.waiting) {
      auto again = enter_again(who.request);
      if (again)
        go_into(*again, std::move(who));
      else
        who.promise.deliver(again.error());
    }
    end_if_alone();
  }

  caf::expected<std::string> enter_again(const enter_namespace& request) const {
    if (ending_)
      return fail(ec::unavailable, "the node is stopping");
    return known_.contains(request.id) || request.may_create ? request.id : nowhere;
  }

  void tick() {
    auto due = table_.next_due();
    if (!due || ticking_ || ending_)
      return;
    ticking_ = true;
    self_->delayed_send(self_, std::max<clock::duration>(*due - clock::now(), std::chrono::seconds{1}),
                        idle_atom::value);
  }

  void end_if_alone() {
    bool alone = std::ranges::none_of(entries_, [](const auto& each) { return bool(each.second.host); });
    if (ending_ && alone)
      self_->quit(end_reason_);
  }

  directory_impl::pointer self_;
  spawn_namespace_host spawn_host_;
  namespace_directory_options options_;
  namespace_table table_{{}};
  std::set<std::string> known_;
  std::map<std::string, entry> entries_;
  bool ticking_ = false;
  bool ending_ = false;
  caf::error end_reason_;
};

directory_impl::behavior_type directory(directory_impl::stateful_pointer<directory_state> self,
                                        spawn_namespace_host spawn_host, namespace_directory_options options) {
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  self->set_exit_handler([self](caf::exit_msg& exit) { self->state.on_exit(exit); });
  if (auto failure = self->state.init(std::move(spawn_host), std::move(options)))
    self->quit(std::move(failure));
  return {[self](const enter_namespace& request) { return self->state.enter(request); },
          [self](const msg<wire::NamespaceQuery>& query) { return self->state.list(query); },
          [self](const msg<wire::NamespaceName>& request) { return self->state.remove(request); },
          [self](idle_atom) { self->state.on_idle(); }};
}

} // namespace

namespaces_actor spawn_namespace_directory(caf::actor_system& system, spawn_namespace_host spawn_host,
                                           namespace_directory_options options) {
  return caf::actor_cast<namespaces_actor>(system.spawn(directory, std::move(spawn_host), std::move(options)));
}

} // namespace hive
