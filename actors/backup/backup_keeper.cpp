#include "actors/backup/backup_keeper.hpp"

#include "actors/aside.hpp"
#include "actors/backup/backup_schedule.hpp"
#include "messages/backup.capnp.h"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/backup/backup_directory.hpp"

#include <atomic>
#include <caf/all.hpp>
#include <functional>
#include <optional>

namespace hive {
namespace {

// internal: looks whether a backup is due
using look_atom = caf::atom_constant<caf::atom("look")>;

/// With the message that the actor sends itself.
using keeper_self = backups_actor::extend<caf::reacts_to<look_atom>>;

using made_backup = msg<wire::BackupMade>;
using backup_handler = std::function<void(caf::expected<made_backup>)>;

std::string mib_text(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

void log_made(wire::BackupMade::Reader made) {
  auto backup = made.getBackup();
  log::info("Backup made. number={} directory={} size={} new={} records={} seconds={:.1f}", backup.getNumber(),
            as_view(made.getDirectory()), mib_text(backup.getBytes()), mib_text(backup.getNewBytes()),
            backup.getRecords(), made.getDurationS());
  for (auto what : made.getRepaired())
    log::warn("A damaged file of an earlier backup was copied again from the store: {}", printable(as_view(what)));
  for (auto what : made.getDamaged())
    log::error("An earlier backup is damaged: {}", printable(as_view(what)));
}

/// The directory may not exist before the first backup.
caf::expected<msg<wire::Backups>> list_configured(const std::filesystem::path& directory, uint32_t limit) {
  if (directory.empty())
    return msg<wire::Backups>{};
  auto list = list_backups(directory, limit);
  if (list || code_of(list.error()) != ec::not_found)
    return list;
  return msg<wire::Backups>::build([&](wire::Backups::Builder out) { out.setDirectory(directory.string()); });
}

class keeper_state {
public:
  using pointer = keeper_self::stateful_pointer<keeper_state>;
  static inline const char* name = "backups";

  ~keeper_state() {
    *cancelled_ = true;
  }

  void init(pointer self, backup_keeper_services services, backup_keeper_options options) {
    self_ = self;
    db_ = std::move(services.db);
    options_ = std::move(options);
    schedule_.every = options_.backups.directory.empty() ? std::chrono::seconds{0} : options_.every;
    if (schedule_.every.count() > 0)
      begin_schedule();
  }

  caf::result<made_backup> make(wire::BackupRequest::Reader request) {
    auto how = options_.backups;
    if (request.hasTo())
      how.directory = request.getTo().cStr();
    if (how.directory.empty())
      return fail(ec::invalid, "no directory for backups is configured (backup.directory), and the request names none");
    if (request.getRateMib() > 0)
      how.rate_bytes = uint64_t{request.getRateMib()} << 20;
    if (is_running_)
      return fail(ec::busy, "another backup is being made");
    auto promise = self_->make_response_promise<made_backup>();
    start(std::move(how), [promise](caf::expected<made_backup> made) mutable {
      if (made)
        promise.deliver(std::move(*made));
      else
        promise.deliver(std::move(made.error()));
    });
    return promise;
  }

  caf::result<msg<wire::Backups>> list(wire::BackupsQuery::Reader query) {
    auto promise = self_->make_response_promise<msg<wire::Backups>>();
    run_aside<msg<wire::Backups>>(
      self_,
      [directory = options_.backups.directory, limit = query.getLimit()] { return list_configured(directory, limit); },
      [this, promise](caf::expected<msg<wire::Backups>> list) {
        auto to = promise;
        if (list)
          to.deliver(with_state(*list));
        else
          to.deliver(std::move(list.error()));
      });
    return promise;
  }

  void look() {
    auto now = now_unix_micros();
    if (!is_running_ && schedule_.is_due(now))
      return start(options_.backups, [this](const caf::expected<made_backup>&) { look_later(); });
    look_later();
  }

private:
  /// The age of the newest backup counts, not that of the process.
  void begin_schedule() {
    run_aside<msg<wire::Backups>>(
      self_, [directory = options_.backups.directory] { return list_configured(directory, 1); },
      [this](const caf::expected<msg<wire::Backups>>& list) {
        if (list)
          schedule_.last_success = std::max(schedule_.last_success, (*list)->getLastSuccess());
        else
          log::warn("The backups cannot be listed, so that one is made now: {}", text_of(list.error()));
        look();
      });
  }

  void look_later() {
    self_->delayed_send(self_, schedule_.next_look(now_unix_micros()), look_atom::value);
  }

  void start(backup_options how, backup_handler done) {
    is_running_ = true;
    bool is_configured = how.directory == options_.backups.directory;
    run_aside<made_backup>(
      self_,
      [db = db_, options = options_, how, cancelled = cancelled_] {
        return create_backup({*db, options.node, options.data, options.configuration, options.software}, how,
                             *cancelled);
      },
      [this, is_configured, how, done](caf::expected<made_backup> made) {
        is_running_ = false;
        finish(made, how, is_configured);
        done(std::move(made));
      });
  }

  void finish(const caf::expected<made_backup>& made, const backup_options& how, bool is_configured) {
    if (made)
      log_made(**made);
    else
      log::error("Backup failed. directory={} reason={}", how.directory.string(), printable(text_of(made.error())));
    if (!is_configured)
      return;
    last_error_ = made ? std::string{} : text_of(made.error());
    schedule_.last_failure = made ? 0 : now_unix_micros();
    if (made)
      schedule_.last_success = (*made)->getBackup().getCreatedAt();
  }

  msg<wire::Backups> with_state(const msg<wire::Backups>& list) const {
    return changed(list, [this](wire::Backups::Builder out) {
      out.setEveryS(static_cast<uint64_t>(schedule_.every.count()));
      out.setRunning(is_running_);
      if (!last_error_.empty())
        out.setLastError(last_error_);
    });
  }

  pointer self_ = nullptr;
  std::shared_ptr<const database> db_;
  backup_keeper_options options_;
  backup_schedule schedule_;
  bool is_running_ = false;
  std::string last_error_; ///< of the newest attempt in the configured directory
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

keeper_self::behavior_type keeper(keeper_state::pointer self, backup_keeper_services services,
                                  backup_keeper_options options) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(options));
  return {[&state](const msg<wire::BackupRequest>& request) { return state.make(*request); },
          [&state](const msg<wire::BackupsQuery>& query) { return state.list(*query); },
          [&state](look_atom) { state.look(); }};
}

} // namespace

backups_actor spawn_backup_keeper(caf::actor_system& system, backup_keeper_services services,
                                  backup_keeper_options options) {
  return system.spawn(keeper, std::move(services), std::move(options));
}

} // namespace hive
