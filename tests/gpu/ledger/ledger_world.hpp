#pragma once

#include "gpu/ledger/audit.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hive::gpu::testing {

/// What may go wrong in a world beside holders that misbehave.
enum class weather {
  calm, ///< nothing: every promise must be kept
  rough ///< devices are lost, memory does not come back, others use the devices, the probe goes silent, the node
        ///< crashes
};

/// A machine with GPUs, holders and a store around a ledger, all random. It knows the truth, of which the ledger sees
/// what a probe sees, and checks after each event that nothing was promised or handed out wrongly.
class ledger_world {
public:
  ledger_world(uint64_t seed, weather how);

  /// Lets `count` random events happen. Returns the first violation, with the seed; empty when there is none.
  std::string run(size_t count);

  size_t grants() const {
    return grants_;
  }
  size_t kept_promises() const {
    return kept_promises_;
  }
  const std::map<wire::LeaseOutcome, size_t>& outcomes() const {
    return outcome_counts_;
  }

private:
  static constexpr duration poll_interval = std::chrono::milliseconds{500};

  struct machine_device {
    uint32_t island = 0;
    bool simulated = false;
    mib total = 0;
    mib reserved = 0;
    mib driver = 0;
    mib foreign = 0;
    bool is_lost = false;
  };

  /// Memory that a lease uses in truth.
  struct allocation {
    lease_id lease;
    size_t device = 0;
    mib leased = 0;
    mib used = 0;
    bool has_process = true;
    instant free_at{0}; ///< when its process is gone; max: never
  };

  struct holder {
    lease_request asked;
    lease_token token;
    bool is_named = false;  ///< its processes are known to the node
    bool is_opaque = false; ///< the driver does not tell what they use
    bool renews = true;
    bool obeys = true;
    bool leaks = false;
    bool has_allocated = false;
    bool has_loaded = false;
    instant renewed_at{0}; ///< or stored, or restored
  };

  struct promise_made {
    instant at;
    instant made_at;
  };

  int random(int below) {
    return static_cast<int>(random_() % static_cast<uint64_t>(below));
  }
  bool chance(int percent) {
    return random(100) < percent;
  }
  bool is_rough() const {
    return weather_ == weather::rough;
  }

  void make_devices();
  void tick();
  void act();
  void request();
  void renew();
  void release();
  void end_twice();
  void misuse();
  void repeat();
  void operate();
  void hurt();
  void crash();
  void store_pending();
  void poll();
  sighting see(size_t device);
  void settle();
  bool is_settled() const;
  bool is_idle() const;
  bool is_half_drained() const;
  void live(instant until);
  void apply(const event& what);
  void take(const output& what);
  void on_changed(lease_id id);
  void on_granted(const lease& held);
  void on_ended(const lease& ended);
  void end_processes(lease_id id);
  void allocate(lease_id id);

  // what must hold (ledger_world_checks.cpp)
  void check_promise(const lease& waiting);
  void check_outcome(const lease& what);
  void check_room(const lease& held);
  void check_turn(const lease& held);
  void check_loading(const lease& held);
  void check_times(const lease& held);
  void check_capacity();
  void check_bounds();
  void check_after_poll();
  void check_feasible(const lease& waiting);
  void check_replay();
  void violate(const std::string& what);
  instant expiry_of(const lease& held) const;
  instant order_of(const lease& waiting) const;

  lease_id any_active();
  bool must_hold(const promise_made& what) const;
  size_t devices_by_uuid(const std::string& uuid) const;
  size_t index_of(size_t ledger_device) const;

  uint64_t seed_;
  weather weather_;
  std::mt19937_64 random_;
  ledger_options options_;
  ledger ledger_;
  instant now_;
  instant next_poll_;
  bool has_late_ticks_ = false;
  duration late_{0}; ///< how late the next tick is
  bool is_asleep_ = false;
  bool is_restoring_ = false;
  instant woken_at_{0};
  instant silent_until_{0};
  instant last_failure_{0}; ///< as of the poll that showed it
  bool is_failing_ = false; ///< something has failed that no poll has shown
  bool is_unclear_ = false; ///< memory may be missing at any time
  instant last_good_poll_{0};
  std::vector<machine_device> devices_;
  std::vector<allocation> allocations_;
  std::map<lease_id, holder> holders_; ///< of requests that have not ended
  std::set<lease_id> open_;            ///< granted, and not ended as the ledger says
  std::map<lease_id, promise_made> promises_;
  std::set<lease_id> had_promise_; ///< also before a restart
  std::map<lease_id, std::pair<lease, std::vector<std::string>>> stored_;
  std::set<lease_id> pending_;
  std::set<lease_id> ended_;
  std::map<lease_id, instant> asked_at_;
  std::vector<std::pair<lease_id, lease_request>> with_keys_; ///< that ended lately
  std::vector<std::pair<event, instant>> log_;                ///< of this start of the node
  std::vector<std::vector<output>> outputs_;                  ///< for each event of the log
  std::map<wire::LeaseOutcome, size_t> outcome_counts_;
  std::set<lease_token> tokens_;
  lease_token last_token_; ///< before the present event
  std::optional<ec> refusal_;
  lease_id accepted_;
  size_t grants_ = 0;
  size_t kept_promises_ = 0;
  std::string violation_;
};

} // namespace hive::gpu::testing
