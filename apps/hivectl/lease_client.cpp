#include "apps/hivectl/lease_client.hpp"

#include "apps/hivectl/format.hpp"
#include "apps/hivectl/gpu_view.hpp"
#include "apps/hivectl/progress.hpp"
#include "platform/http_client.hpp"

#include <condition_variable>
#include <mutex>
#include <unistd.h>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;
using wait_clock = std::chrono::steady_clock;

/// Interval between looks at a request that waits: short at first, because most leases are granted soon.
constexpr auto first_queue_look = 100ms;
constexpr auto longest_queue_look = 1s;

/// A node in its restart, or one that is busy.
bool may_pass(const caf::error& error) {
  return exit_status_of(error) == exit_status::unreachable;
}

caf::error withdraw(session& s, const lease_release& what) {
  if (auto withdrawn = release_lease(s.node, what); !withdrawn)
    s.out.remark("the request could not be withdrawn and ends by itself: " + text_of(withdrawn.error()));
  return fail(ec::timed_out, "the request was withdrawn");
}

/// One request on its way through the queue.
class lease_wait {
public:
  lease_wait(session& s, const msg<wire::RequestLease>& request, msg<wire::Lease> queued, std::stop_token stop)
      : s_{s}, request_{request}, key_{request->getKey().cStr()}, lease_{std::move(queued)}, stop_{std::move(stop)},
        shown_{"Waiting for a GPU", s.set} {
  }

  caf::expected<msg<wire::Lease>> wait() {
    auto next = std::chrono::milliseconds{first_queue_look};
    while (lease_->getState() == wire::LeaseState::QUEUED) {
      explain();
      pause_until(next, stop_);
      next = std::min<std::chrono::milliseconds>(2 * next, longest_queue_look);
      if (stop_.stop_requested())
        return withdraw(s_, {.id = lease_->getId().cStr(), .token = key_});
      if (auto seen = look()) {
        lease_ = std::move(*seen);
        last_answer_ = wait_clock::now();
      } else if (!stop_.stop_requested() &&
                 (!may_pass(seen.error()) || wait_clock::now() - last_answer_ > patience_with_leases)) {
        return seen.error();
      }
    }
    return lease_;
  }

private:
  /// Keeps it in the queue. A lease that was granted is asked for once more, since only that answer has its token; so
  /// is one that the node has forgotten.
  caf::expected<msg<wire::Lease>> look() {
    std::string id = lease_->getId().cStr();
    auto seen = s_.node.ask<wire::Lease>({.path = lease_path(id) + "?token=" + http::url_encode(key_), .stop = stop_});
    bool is_unknown = !seen && code_of(seen.error()) == ec::not_found;
    if (is_unknown || (seen && (*seen)->getState() != wire::LeaseState::QUEUED))
      return request_lease(s_.node, request_, stop_);
    return seen ? seen : without_key(seen.error());
  }

  /// Errors name the URL that was asked, and people show them to others.
  caf::error without_key(const caf::error& error) const {
    auto text = text_of(error);
    if (auto place = text.find(key_); place != text.npos)
      text.replace(place, key_.size(), "***");
    return fail_as(exit_status_of(error), text);
  }

  void explain() {
    auto why = s_.node.ask<wire::LeaseExplanation>({.path = lease_path(lease_->getId().cStr(), "/why"), .stop = stop_});
    if (!why) // of no importance beside the request
      return;
    auto text = describe_wait(**why);
    shown_.now("Waiting for a GPU: " + text);
    bool is_shown = ::isatty(STDERR_FILENO) == 1;
    if (!is_shown && !std::exchange(is_told_, true))
      s_.out.remark("waiting for a GPU: " + text);
  }

  session& s_;
  const msg<wire::RequestLease>& request_;
  const std::string key_;
  msg<wire::Lease> lease_;
  const std::stop_token stop_;
  wait_clock::time_point last_answer_ = wait_clock::now();
  bool is_told_ = false;
  progress shown_;
};

} // namespace

void pause_until(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock{mutex};
  changed.wait_for(lock, stop, time, [] { return false; });
}

std::string lease_path(const std::string& id, const std::string& what) {
  return "/gpus/leases/" + http::url_encode(id) + what;
}

caf::expected<msg<wire::Lease>> request_lease(const client& node, const msg<wire::RequestLease>& request,
                                              std::stop_token stop) {
  return node.ask<wire::Lease>(
    {.method = "POST", .path = "/gpus/leases?wait=false", .body = to_json(request), .stop = std::move(stop)});
}

caf::expected<msg<wire::Lease>> take_lease(session& s, const msg<wire::RequestLease>& request, std::stop_token stop) {
  auto lease = request_lease(s.node, request, stop);
  if (!lease && stop.stop_requested()) { // it may have been heard; the same request tells its id
    auto again = request_lease(s.node, request);
    return again ? withdraw(s, {.id = (*again)->getId().cStr(), .token = request->getKey().cStr()}) : again.error();
  }
  if (lease && (*lease)->getState() == wire::LeaseState::QUEUED)
    return lease_wait{s, request, std::move(*lease), std::move(stop)}.wait();
  return lease;
}

caf::expected<msg<wire::Lease>> renew_lease(const client& node, const lease_renewal& renewal, std::stop_token stop) {
  auto body = msg<wire::RenewLease>::build([&](wire::RenewLease::Builder out) {
    out.setId(renewal.id);
    out.setToken(renewal.token);
    out.setReady(renewal.ready);
    out.setPid(renewal.pid);
  });
  return node.ask<wire::Lease>(
    {.method = "POST", .path = lease_path(renewal.id, "/renew"), .body = to_json(body), .stop = std::move(stop)});
}

caf::expected<msg<wire::Lease>> release_lease(const client& node, const lease_release& release, std::stop_token stop) {
  auto body = msg<wire::ReleaseLease>::build([&](wire::ReleaseLease::Builder out) {
    out.setId(release.id);
    out.setToken(release.token);
    out.setReason(release.reason);
    out.setNow(release.now);
  });
  return node.ask<wire::Lease>(
    {.method = "DELETE", .path = lease_path(release.id), .body = to_json(body), .stop = std::move(stop)});
}

std::string describe_loss(wire::Lease::Reader lease) {
  auto outcome = lease.getOutcome();
  auto what = outcome == wire::LeaseOutcome::OPEN ? name_of(lease.getState()) : name_of(outcome);
  std::string reason = lease.getReason().cStr();
  return "lease " + std::string{lease.getId().cStr()} + " is lost (" + what + ")" +
         (reason.empty() ? "" : ": " + reason);
}

} // namespace hive::ctl
