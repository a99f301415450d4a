#include "apps/hivectl/lease_keeper.hpp"

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;
using renewal_clock = std::chrono::steady_clock;

/// Interval between looks at the lease, so that its revocation is noticed while there is time to end in order.
constexpr std::chrono::milliseconds look_interval{2'000};
/// A node answers a renewal at once. One that hangs is asked again within the time to live.
constexpr auto renewal_timeout = 5s;

/// Whether the node says that the lease has ended, or is another's. Anything else may pass.
bool is_end(const caf::error& error) {
  auto code = code_of(error);
  return code == ec::conflict || code == ec::not_found || code == ec::forbidden;
}

} // namespace

lease_keeper::lease_keeper(session& s, std::chrono::milliseconds ttl, lease_renewal renewal, loss_handler on_loss)
    : s_{s}, node_{s.node}, interval_{ttl / 3}, renewal_{std::move(renewal)}, on_loss_{std::move(on_loss)},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {
}

void lease_keeper::run(const std::stop_token& stop) {
  auto due = renewal_clock::now() + interval_;
  for (;;) {
    pause_until(std::min(interval_, look_interval), stop);
    if (stop.stop_requested())
      return;
    bool is_due = renewal_clock::now() >= due;
    auto lease = ask(is_due, stop);
    if (stop.stop_requested())
      return;
    if (!lease && is_end(lease.error()))
      return on_loss_(reason_of_end(lease.error(), stop), stop);
    if (!lease) {
      note_failure(lease.error());
      continue;
    }
    note_answer();
    if ((*lease)->getState() != wire::LeaseState::ACTIVE)
      return on_loss_(describe_loss(**lease), stop);
    if (is_due)
      due = renewal_clock::now() + interval_;
  }
}

caf::expected<msg<wire::Lease>> lease_keeper::ask(bool is_renewal, const std::stop_token& stop) {
  if (is_renewal)
    return renew_lease(node_, renewal_, stop);
  return node_.ask<wire::Lease>({.path = lease_path(renewal_.id), .timeout = renewal_timeout, .stop = stop});
}

/// The lease itself tells more than the refusal of its renewal.
std::string lease_keeper::reason_of_end(const caf::error& error, const std::stop_token& stop) const {
  auto lease = node_.ask<wire::Lease>({.path = lease_path(renewal_.id), .timeout = renewal_timeout, .stop = stop});
  if (lease && (*lease)->getState() != wire::LeaseState::ACTIVE)
    return describe_loss(**lease);
  return "lease " + renewal_.id + " is lost: " + text_of(error);
}

void lease_keeper::note_failure(const caf::error& error) {
  if (code_of(error) == ec::unauthorized)
    if (auto again = s_.connect())
      node_ = std::move(*again);
  if (!std::exchange(fails_, true))
    s_.out.remark("lease " + renewal_.id + " cannot be renewed now, and is tried again: " + text_of(error));
}

void lease_keeper::note_answer() {
  if (std::exchange(fails_, false))
    s_.out.remark("lease " + renewal_.id + " is renewed again");
}

} // namespace hive::ctl
