#pragma once

#include "gpu/ledger/deadlines.hpp"
#include "gpu/ledger/wait_queue.hpp"

#include <deque>
#include <span>
#include <unordered_map>

namespace hive::gpu {

/// Who has which memory of a node's GPUs: a state machine without clock, thread or disk. What it does depends on its
/// options and the events alone.
///
/// Requests are served in the order of their arrival, moved by their priority. The first that does not fit is promised
/// a start: the latest moment at which it starts if every lease lasts as long as it may (EASY backfilling: D. Lifka,
/// The ANL/IBM SP scheduling system, 1995). Others may start before it only if they keep that promise. It keeps its
/// turn even if a request of a higher priority arrives, and the promise only gets earlier, unless a device fails. While
/// nobody can tell when it starts, others need not wait for it.
///
/// Memory is granted again only after it was seen free. What was not, is quarantined.
class ledger {
public:
  explicit ledger(ledger_options options);

  /// Applies one event; `now` must not be less than before. The outputs are valid until the next call.
  const std::vector<output>& apply(const event& what, instant now);

  /// When `ticked` is due. May be early; nothing when nothing waits and nothing is held. Never long after the last
  /// event, so that a long gap between events means that the machine was suspended.
  std::optional<instant> next_deadline() const {
    if (leases_.empty())
      return deadlines_.next();
    return std::min(deadlines_.next().value_or(instant::max()), now_ + options_.suspend_gap / 2);
  }

  /// A request or lease, also one that ended lately; null when unknown. Valid until the next call of `apply`.
  const lease* find(lease_id id) const;
  /// The request with this holder and key; null when unknown.
  const lease* find(const std::string& holder, const std::string& key) const;
  /// The lease that the newest accepted request became.
  lease_id newest() const {
    return {options_.epoch << counter_bits | counter_};
  }

  std::span<const device_account> devices() const {
    return devices_;
  }
  size_t queued() const {
    return queue_.size();
  }
  /// Requests that wait, in their order.
  std::vector<const lease*> waiting_leases() const;
  /// Leases that hold memory, by their grants.
  std::vector<const lease*> held_leases() const;
  /// The request whose start is promised; null when none is.
  const lease* head() const;
  /// When a waiting request starts: as promised, or, if nothing is granted before it, when the leases have ended. No
  /// promise for another than the head. Nothing while too many devices are out.
  std::optional<instant> expected_start(lease_id id) const;

  instant now() const {
    return now_;
  }
  const ledger_options& options() const {
    return options_;
  }

private:
  friend class audit;

  static constexpr int counter_bits = 32;
  static constexpr size_t max_stale_deadlines = 64;

  struct holder_use {
    size_t queued = 0;
    mib outstanding = 0;
  };

  void on(const events::requested& what);
  void on(const events::stored& what);
  void on(const events::not_stored& what);
  void on(const events::polled& what);
  void on(const events::renewed& what);
  void on(const events::released& what);
  void on(const events::revoked& what);
  void on(const events::holder_ended& what);
  void on(const events::processes_ended& what);
  void on(const events::observed& what);
  void on(const events::cleared& what);
  void on(const events::restored& what);
  void on(const events::ticked&) {
  }

  // requests
  std::string find_fault(const lease_request& asked) const;
  std::string describe_infeasible(const lease_request& asked) const;
  void enqueue(lease& request);
  void leave_queue(lease& request);
  void end_waiting(lease& request, wire::LeaseOutcome outcome, std::string reason);
  void refuse(lease_id id, ec code, std::string text);
  lease* find_mutable(lease_id id);
  lease* find_holding(lease_id id, const lease_token& token);

  // the way of a lease to its end
  void take_away(lease& held, wire::LeaseOutcome outcome, std::string reason, bool at_once);
  void start_killing(lease& held);
  void start_draining(lease& held);
  void give_back(lease& held);
  void quarantine_rest(lease& held);
  void finish(lease& held, wire::LeaseOutcome outcome);
  void remember(lease& ended);
  void remember_key(const lease& request);

  // time
  void survive_suspension();
  void fire_deadlines();
  void on_deadline(lease& due);
  instant deadline_of(const lease& what) const;
  instant free_by(const lease& held) const;
  void enter(lease& held, wire::LeaseState state);
  void schedule_deadline(lease& what);
  void forget_stale_deadlines();

  // observations
  std::optional<size_t> device_index(const std::string& uuid);
  void observe_devices(const events::observed& what);
  void observe_device(device_account& device, const sighting& seen, instant taken_at);
  void observe_leases();
  void drain_leases();
  void recover_devices();
  void refuse_infeasible();
  void restore_waiting(lease& kept);
  void restore_holding(const lease& kept, holding& what, const std::string& uuid);

  // granting (ledger_grants.cpp)
  void grant_what_fits();
  void consider(const waiting& arrived);
  bool grant_heads();
  void promise();
  void backfill();
  trial try_now(const waiting& candidate) const;
  void grant(const waiting& chosen, const device_set& where);
  const waiting* find_head() const;
  placement place_now() const;
  placement place_beside_head() const;
  void end_loading(lease& held);
  duration time_to_free() const;
  instant host_free_by() const;

  void report(output::kind what, lease_id id, std::string text = {});

  ledger_options options_;
  instant now_{0};
  uint64_t counter_ = 0;
  uint64_t sequence_ = 0;
  std::vector<device_account> devices_;
  std::unordered_map<lease_id, lease, hash_lease_id> leases_; ///< not ended
  std::vector<lease_id> held_;                                ///< those of them that hold memory, by their grants
  std::deque<lease> ended_;
  std::unordered_map<std::string, lease_id> keys_; ///< by holder and key
  std::unordered_map<std::string, holder_use> holders_;
  wait_queue queue_;
  std::optional<waiting> pinned_; ///< the head that was promised a start
  std::optional<lease_id> timed_; ///< the timed lease in use
  deadlines deadlines_;
  bool knows_devices_ = false; ///< the last observation was complete
  bool is_dirty_ = false;      ///< something may start that could not before
  bool has_failed_ = false;    ///< a device gives less than it could, or time was lost: a promise may become later
  std::optional<waiting> scanned_to_; ///< the last request that the last pass looked at; nothing: all
  std::vector<output> outputs_;
};

} // namespace hive::gpu
