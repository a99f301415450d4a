#include "apps/hivectl/upgrade_wait.hpp"

#include "apps/hivectl/event_wakeup.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/lease_client.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/signal_receiver.hpp"
#include "apps/hivectl/upgrade_news.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;
using upgrade_clock = std::chrono::steady_clock;

/// Time between two looks, for what no event tells, such as a deadline that passes: short at first, because a decision
/// by stored snapshots comes soon.
constexpr std::chrono::milliseconds first_between_looks = 200ms;
constexpr std::chrono::milliseconds longest_between_looks = 2s;
/// Events that come together are one look.
constexpr std::chrono::milliseconds event_gathering = 50ms;
/// How long a node may be away, for example for its restart.
constexpr auto patience_with_gate = 60s;

/// Whether a node that gave this error may answer later: in its restart, or when it is busy.
bool may_come_back(const caf::error& error) {
  auto code = code_of(error);
  return code == ec::unavailable || code == ec::overloaded || code == ec::timed_out;
}

/// One wait for one proposal.
class upgrade_waiter {
public:
  upgrade_waiter(session& s, msg<wire::ClusterUpgrade> upgrade, const upgrade_wait_options& options)
      : s_{s}, options_{options}, upgrade_{std::move(upgrade)}, id_{upgrade_->getId().cStr()}, short_id_{
                                                                                                 short_upgrade_id(
                                                                                                   upgrade_->getId())} {
  }

  outcome run() {
    auto status = follow();
    if (!status)
      return status;
    if (has_left()) {
      s_.out.remark(what_next());
      return status;
    }
    s_.out.answer(upgrade_, [&] { show_upgrade(*upgrade_, s_.out); });
    if (is_late_)
      s_.out.remark("--timeout is over, and the proposal is " + describe_state(*upgrade_) + ". " + what_next());
    else if (*status == exit_status::inconclusive && upgrade_->getDecision() == wire::UpgradeDecision::HELD)
      s_.out.remark("the proposal is held; votes that come later can still decide it. " + what_next());
    return status;
  }

private:
  /// Until the goal is reached, the time is over, or a signal comes.
  outcome follow() {
    progress shown{"Upgrade " + short_id_, s_.set};
    event_wakeup events{s_.node, "upgrade", id_};
    auto stop = signals_.end_requested();
    for (auto pause = first_between_looks;; pause = std::min(2 * pause, longest_between_looks)) {
      tell(shown);
      if (auto status = end_of_upgrade(*upgrade_, options_.goal, options_.is_held_enough))
        return *status;
      auto left = time_left();
      if (left <= 0ms) {
        is_late_ = true;
        return exit_status::inconclusive;
      }
      events.wait(std::min(left, pause), stop);
      pause_until(std::min(left, event_gathering), stop);
      if (has_left())
        return static_cast<exit_status>(signals_.exit_status());
      if (auto error = look(stop))
        return error;
    }
  }

  bool has_left() const {
    return signals_.first_end() != 0;
  }

  std::chrono::milliseconds time_left() const {
    if (!options_.timeout_s)
      return longest_between_looks;
    auto until = start_ + std::chrono::duration<double>{*options_.timeout_s};
    return std::chrono::ceil<std::chrono::milliseconds>(until - upgrade_clock::now());
  }

  /// Asks for the proposal. A node that is away for a moment is no error.
  caf::error look(const std::stop_token& stop) {
    auto answer = s_.node.ask<wire::ClusterUpgrade>({.path = upgrade_path(id_), .stop = stop});
    if (!answer && code_of(answer.error()) == ec::unauthorized) {
      // A node that started again has another operator token.
      if (auto again = s_.connect()) {
        s_.node = std::move(*again);
        answer = s_.node.ask<wire::ClusterUpgrade>({.path = upgrade_path(id_), .stop = stop});
      }
    }
    if (answer) {
      upgrade_ = std::move(*answer);
      last_answer_ = upgrade_clock::now();
      return {};
    }
    bool is_patient = upgrade_clock::now() - last_answer_ <= patience_with_gate;
    if (has_left() || (may_come_back(answer.error()) && is_patient))
      return {};
    return fail_as(exit_status_of(answer.error()), text_of(answer.error()) + ". " + what_next());
  }

  void tell(progress& shown) {
    for (const auto& line : news_.since_last(*upgrade_))
      shown.tell(line);
    auto names = names_of_members(*upgrade_);
    auto awaited = list_of_names(names, upgrade_->getAwaited());
    shown.now("Upgrade " + short_id_ + " is " + describe_state(*upgrade_) +
              (awaited.empty() ? "" : ", awaited: " + awaited));
  }

  std::string what_next() const {
    return "The proposal goes on: 'hivectl upgrade watch " + short_id_ + "' follows it, 'hivectl upgrade stop " +
           short_id_ + "' stops it";
  }

  session& s_;
  const upgrade_wait_options& options_;
  signal_receiver signals_; // before other threads
  msg<wire::ClusterUpgrade> upgrade_;
  const std::string id_;
  const std::string short_id_;
  const upgrade_clock::time_point start_ = upgrade_clock::now();
  upgrade_clock::time_point last_answer_ = start_;
  upgrade_news news_;
  bool is_late_ = false;
};

} // namespace

outcome wait_for_upgrade(session& s, msg<wire::ClusterUpgrade> upgrade, const upgrade_wait_options& options) {
  return upgrade_waiter{s, std::move(upgrade), options}.run();
}

} // namespace hive::ctl
