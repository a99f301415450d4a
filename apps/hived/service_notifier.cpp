#include "apps/hived/service_notifier.hpp"

#include "actors/store/commit.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <caf/all.hpp>

namespace hive {
namespace {

using look_atom = caf::atom_constant<caf::atom("look")>; // internal
using clock = std::chrono::steady_clock;

/// One late answer is not the end of the node.
constexpr int looks_per_watchdog = 3;
/// Whatever the manager asks for, the store has other work.
constexpr std::chrono::milliseconds shortest_interval{10};

class notifier {
public:
  notifier(caf::event_based_actor* self, notifier_services services, notifier_options options)
      : self_{self}, services_{std::move(services)}, options_{std::move(options)} {
    if (auto watchdog = options_.manager.watchdog())
      proof_interval_ = std::max<clock::duration>(*watchdog / looks_per_watchdog, shortest_interval);
  }

  caf::behavior run() {
    look();
    return {[this](look_atom) { look(); }};
  }

private:
  void look() {
    tell_status();
    if (proof_interval_ && !is_asking_ && clock::now() >= next_proof_)
      ask_committer();
    auto pause = proof_interval_ ? std::min<clock::duration>(options_.interval, *proof_interval_) : options_.interval;
    self_->delayed_send(self_, pause, look_atom::value);
  }

  void tell_status() {
    auto problem = options_.why_not_ready();
    auto now = problem.empty() ? std::string{status_ready} : "not ready: " + problem;
    if (now == told_)
      return;
    options_.manager.status(now);
    told_ = std::move(now);
  }

  /// Nothing is written, but the question stands in the queue behind what is.
  void ask_committer() {
    is_asking_ = true;
    commit(self_, services_.committer, {})
      .then([this](const committed&) { take_answer(); }, [this](const caf::error& error) { take_error(error); });
  }

  void take_answer() {
    is_asking_ = false;
    next_proof_ = clock::now() + *proof_interval_;
    options_.manager.alive();
  }

  /// On a full disk it refuses, and works. A full or closed queue proves nothing about the committer behind it.
  void take_error(const caf::error& error) {
    is_asking_ = false;
    auto code = code_of(error);
    if (code != ec::overloaded && code != ec::unavailable)
      take_answer();
  }

  caf::event_based_actor* self_;
  notifier_services services_;
  notifier_options options_;
  std::optional<clock::duration> proof_interval_; ///< nothing: nobody watches
  clock::time_point next_proof_{};
  bool is_asking_ = false;
  std::string told_;
};

caf::behavior run_notifier(caf::stateful_actor<std::unique_ptr<notifier>>* self, const notifier_services& services,
                           const notifier_options& options) {
  self->state = std::make_unique<notifier>(self, services, options);
  return self->state->run();
}

} // namespace

caf::actor spawn_service_notifier(caf::actor_system& system, notifier_services services, notifier_options options) {
  return system.spawn<caf::detached>(run_notifier, std::move(services), std::move(options));
}

} // namespace hive
