#include "actors/hive/link/credential_watch.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/tls_context.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_ledger.hpp"
#include "platform/log.hpp"
#include "platform/read_file.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

using look_atom = caf::atom_constant<caf::atom("look")>;

/// Room for a list of each CA, as PEM.
constexpr size_t max_list_file_bytes = size_t{1} << 20;

// internal: timers; the argument tells whether the look repeats one that failed.
using credential_watch_self = credential_watch_actor::extend<caf::reacts_to<look_atom, bool>>;

bool are_equal(const credentials& a, const credentials& b) {
  return a.own.cert == b.own.cert && a.trusted == b.trusted;
}

class credential_watch_state {
public:
  using pointer = credential_watch_self::stateful_pointer<credential_watch_state>;
  static inline const char* name = "credential_watch";

  void init(pointer self, credential_watch_services services, credential_watch_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    look_at_lists();
    self_->delayed_send(self_, options_->interval, look_atom::value, false);
  }

  void on_timer(bool is_second) {
    if (!is_second)
      self_->delayed_send(self_, options_->interval, look_atom::value, false);
    look(is_second);
  }

  void look(bool is_second) {
    auto next = load_credentials(options_->directory, certificate_role::node, now_unix_micros() / micros_per_s);
    auto failure = next ? try_out(*next) : next.error();
    if (!failure)
      take(*next);
    else if (is_second)
      report(text_of(failure));
    else
      self_->delayed_send(self_, options_->second_look, look_atom::value, true);
    look_at_lists();
    self_->send(services_.door, check_certificates{});
  }

private:
  caf::error try_out(const credentials& next) const {
    auto tls = tls_context::make(next);
    if (tls)
      return caf::none;
    return fail(code_of(tls.error()),
                (options_->directory / certificate_files::certificate).string() + ": " + text_of(tls.error()));
  }

  /// What the door has not taken is tried again at the next look.
  void take(const credentials& next) {
    if (are_equal(next, options_->shown))
      return failure_.clear();
    services_.on_renewed(next);
    self_->request(services_.door, defaults::request_timeout, renew_credentials{next})
      .then(
        [this, next](caf::ok_atom) {
          failure_.clear();
          options_->shown = next;
          log::info("Certificates reloaded: new connections use them name={} serial={} until={} cas={}",
                    next.own.cert.name(), next.own.cert.serial(),
                    format_iso8601(next.own.cert.not_after() * micros_per_s), next.trusted.size());
        },
        [this](const caf::error& refused) { report(text_of(refused)); });
  }

  /// Once per failure, and not at each look.
  void report(const std::string& why) {
    if (std::exchange(failure_, why) != why)
      log::error("Certificates not reloaded, the previous ones stay in use: {}", why);
  }

  void look_at_lists() {
    auto path = options_->directory / ca_files::revocations;
    auto text = read_file(path, max_list_file_bytes);
    if (!text) {
      if (auto why = text_of(text.error());
          code_of(text.error()) != ec::not_found && std::exchange(list_failure_, why) != why)
        log::error("Revocation lists not read: {}", why);
      return;
    }
    list_failure_.clear();
    if (std::exchange(lists_, *text) != *text)
      services_.on_revocations(path.string(), std::move(*text));
  }

  pointer self_ = nullptr;
  credential_watch_services services_;
  std::optional<credential_watch_options> options_; ///< set by `init`
  std::string failure_, list_failure_;              ///< reported last; empty after a success
  std::string lists_;                               ///< text of the file as last read
};

credential_watch_self::behavior_type credential_watch(credential_watch_state::pointer self,
                                                      credential_watch_services services,
                                                      credential_watch_options options) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(options));
  return {
    [&state](const look_at_credentials&) { state.look(false); },
    [&state](look_atom, bool is_second) { state.on_timer(is_second); },
  };
}

} // namespace

credential_watch_actor spawn_credential_watch(caf::actor_system& system, credential_watch_services services,
                                              credential_watch_options options) {
  return system.spawn(credential_watch, std::move(services), std::move(options));
}

} // namespace hive
