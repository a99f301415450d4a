// The GPU ledger with 10,000 waiting requests: how long it takes from the event that frees memory to the grant
// (grant_us, of single events), and how many events of a realistic mix it applies a second. Beside it a scheduler that
// scans its whole queue, without promises, drains or tokens. Does not measure the store, the probe, or the actor around
// the ledger.

#include "gpu/ledger/ledger.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <list>
#include <random>
#include <unordered_map>

namespace hive::gpu {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr mib device_mib = 40'000;
constexpr size_t island_devices = 8;
constexpr size_t queue_length = 10'000;

/// Requests as a cluster of several users gets them: parts of a device, whole devices, and gangs.
class request_source {
public:
  lease_request next() {
    lease_request out{.holder = "holder " + std::to_string(random_() % 50), .key = {}};
    auto kind = random_() % 100;
    out.shared = kind < 50;
    out.vram = out.shared ? 1'000 + random_() % 20'000 : device_mib / 2;
    out.devices = kind < 88 ? 1 : 2u << random_() % 3;
    out.ttl = 1h;
    out.max_duration = std::chrono::seconds{60u << random_() % 9};
    out.patience = 1h;
    return out;
  }
  size_t below(size_t bound) {
    return random_() % bound;
  }

private:
  std::mt19937 random_{42};
};

/// The ledger, with a clock that goes 5 ms per event and a poll of the devices every 250 ms.
class ledger_under_load {
public:
  explicit ledger_under_load(size_t devices) : ledger_{options()} {
    for (size_t i = 0; i < devices; ++i)
      seen_.push_back(
        {.uuid = "GPU-" + std::to_string(i), .island = static_cast<uint32_t>(i / island_devices), .total = device_mib});
    poll();
  }

  void request(const lease_request& what) {
    apply(events::requested{what});
  }
  void store(lease_id id) {
    apply(events::stored{id});
  }
  void renew(lease_id id) {
    apply(events::renewed{id, ledger_.find(id)->token, true, false});
  }
  void ask(lease_id id) {
    apply(events::polled{id});
  }
  void release(lease_id id) {
    apply(events::released{id, ledger_.find(id)->token});
  }
  void poll() {
    apply(events::observed{seen_, now_});
  }
  void tick() {
    if (auto due = ledger_.next_deadline(); due && *due <= now_)
      apply(events::ticked{});
  }

  size_t queued() const {
    return ledger_.queued();
  }
  /// Leases that were granted, or that have come to wait or ended since the last call.
  std::vector<std::pair<lease_id, wire::LeaseState>> take_changed() {
    return std::exchange(changed_, {});
  }
  bool has_granted() const {
    return has_granted_;
  }
  size_t events() const {
    return events_;
  }

private:
  static ledger_options options() {
    ledger_options out;
    out.max_queued_of_holder = out.max_queued;
    return out;
  }

  void apply(const event& what) {
    now_ += 5ms;
    ++events_;
    has_granted_ = false;
    for (const auto& each : ledger_.apply(what, now_))
      if (each.what == output::kind::changed) {
        auto state = ledger_.find(each.id)->state;
        has_granted_ = has_granted_ || state == wire::LeaseState::RESERVED;
        changed_.emplace_back(each.id, state);
      }
  }

  ledger ledger_;
  instant now_{1'000'000s};
  std::vector<sighting> seen_;
  std::vector<std::pair<lease_id, wire::LeaseState>> changed_;
  bool has_granted_ = false;
  size_t events_ = 0;
};

/// What one writes first: whatever frees memory scans the whole queue, and what fits starts, on the best fit.
class scan_under_load {
public:
  explicit scan_under_load(size_t devices) : free_(devices, device_mib) {
  }

  void request(const lease_request& what) {
    begin();
    lease_id id{++newest_};
    waiting_.push_back({id, what});
    places_[id] = {};
    changed_.emplace_back(id, wire::LeaseState::QUEUED);
    auto where = place(what);
    if (!where.empty())
      start(std::prev(waiting_.end()), where);
  }
  void store(lease_id id) {
    begin();
    benchmark::DoNotOptimize(places_.find(id));
  }
  void renew(lease_id id) {
    store(id);
  }
  void ask(lease_id id) {
    store(id);
  }
  void release(lease_id id) {
    begin();
    auto found = places_.find(id);
    if (found == places_.end() || found->second.where.empty())
      return;
    for (auto i : found->second.where)
      free_[i] += found->second.charge;
    places_.erase(found);
    changed_.emplace_back(id, wire::LeaseState::ENDED);
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      auto next = std::next(each);
      if (auto where = place(each->what); !where.empty())
        start(each, where);
      each = next;
    }
  }
  void poll() {
    begin();
  }
  void tick() {
  }

  size_t queued() const {
    return waiting_.size();
  }
  std::vector<std::pair<lease_id, wire::LeaseState>> take_changed() {
    return std::exchange(changed_, {});
  }
  bool has_granted() const {
    return has_granted_;
  }
  size_t events() const {
    return events_;
  }

private:
  struct waiting_request {
    lease_id id;
    lease_request what;
  };
  struct place_of {
    std::vector<size_t> where; ///< nothing while it waits
    mib charge = 0;
  };

  void begin() {
    ++events_;
    has_granted_ = false;
  }

  std::vector<size_t> place(const lease_request& what) const {
    auto needed = what.shared ? what.vram : device_mib;
    std::vector<size_t> out;
    for (size_t first = 0; first < free_.size(); first += island_devices) {
      std::vector<size_t> fitting;
      for (size_t i = first; i < first + island_devices; ++i)
        if (free_[i] >= needed)
          fitting.push_back(i);
      if (fitting.size() < what.devices || !out.empty())
        continue;
      std::ranges::sort(fitting, {}, [this](size_t i) { return free_[i]; });
      fitting.resize(what.devices);
      out = fitting;
    }
    return out;
  }

  void start(std::list<waiting_request>::iterator which, const std::vector<size_t>& where) {
    auto charge = which->what.shared ? which->what.vram : device_mib;
    for (auto i : where)
      free_[i] -= charge;
    places_[which->id] = {where, charge};
    changed_.emplace_back(which->id, wire::LeaseState::RESERVED);
    has_granted_ = true;
    waiting_.erase(which);
  }

  std::vector<mib> free_;
  std::list<waiting_request> waiting_;
  std::unordered_map<lease_id, place_of, hash_lease_id> places_;
  std::vector<std::pair<lease_id, wire::LeaseState>> changed_;
  uint64_t newest_ = 0;
  bool has_granted_ = false;
  size_t events_ = 0;
};

/// Ids in no order, one of which is chosen in constant time.
class id_set {
public:
  void add(lease_id id) {
    if (places_.try_emplace(id, ids_.size()).second)
      ids_.push_back(id);
  }
  void remove(lease_id id) {
    auto found = places_.find(id);
    if (found == places_.end())
      return;
    places_[ids_.back()] = found->second;
    std::swap(ids_[found->second], ids_.back());
    ids_.pop_back();
    places_.erase(id);
  }
  bool empty() const {
    return ids_.empty();
  }
  lease_id any(request_source& random) const {
    return ids_[random.below(ids_.size())];
  }

private:
  std::vector<lease_id> ids_;
  std::unordered_map<lease_id, size_t, hash_lease_id> places_;
};

/// Holders who ask, renew, and give back, so that the queue keeps its length.
template <class Scheduler>
class load {
public:
  explicit load(size_t devices) : scheduler_{devices} {
    fill();
  }

  /// One event of a holder, and what it leads to. Of 100: 45 questions of who waits, 40 renewals, 10 releases, 5 polls.
  void step() {
    scheduler_.tick();
    auto roll = random_.below(100);
    if (roll < 45)
      timed([&] { scheduler_.ask(waiting_.any(random_)); });
    else if (roll < 85 && !held_.empty())
      timed([&] { scheduler_.renew(held_.any(random_)); });
    else if (roll < 95 && !held_.empty()) {
      auto id = held_.any(random_);
      held_.remove(id);
      timed([&] { scheduler_.release(id); });
    } else {
      timed([&] { scheduler_.poll(); });
    }
    fill();
  }

  size_t events() const {
    return scheduler_.events();
  }
  steady_clock::duration spent() const {
    return spent_;
  }
  /// Of events that led to a grant, in microseconds.
  double grant_us(double quantile) {
    if (grants_.empty())
      return 0;
    std::ranges::sort(grants_);
    auto rank = static_cast<size_t>(quantile * static_cast<double>(grants_.size() - 1));
    return std::chrono::duration<double, std::micro>{grants_[rank]}.count();
  }
  size_t grants() const {
    return grants_.size();
  }

private:
  /// Only the scheduler's own work is measured.
  template <class Event>
  void timed(Event apply) {
    auto begin = steady_clock::now();
    apply();
    auto took = steady_clock::now() - begin;
    spent_ += took;
    if (scheduler_.has_granted() && is_full_)
      grants_.push_back(took);
    follow();
  }

  void follow() {
    for (auto [id, state] : scheduler_.take_changed()) {
      if (state == wire::LeaseState::QUEUED) {
        waiting_.add(id);
      } else {
        waiting_.remove(id);
        if (state == wire::LeaseState::RESERVED)
          granted_.push_back(id);
        else if (state != wire::LeaseState::ACTIVE)
          held_.remove(id);
      }
    }
    for (auto id : std::exchange(granted_, {})) {
      held_.add(id);
      timed([&] { scheduler_.store(id); });
    }
  }

  void fill() {
    while (scheduler_.queued() < queue_length) {
      auto what = random_.next();
      timed([&] { scheduler_.request(what); });
    }
    is_full_ = true;
  }

  request_source random_;
  Scheduler scheduler_;
  id_set waiting_;
  id_set held_;
  std::vector<lease_id> granted_;
  std::vector<steady_clock::duration> grants_;
  steady_clock::duration spent_{0};
  bool is_full_ = false; ///< the queue has its length
};

/// Warmed up until the first leases have ended, since an empty node grants at once.
template <class Scheduler>
void queue_of_10000(benchmark::State& state) {
  load<Scheduler> all{static_cast<size_t>(state.range(0))};
  for (int i = 0; i < 2'000; ++i)
    all.step();
  auto events = all.events();
  for (auto _ : state) {
    auto before = all.spent();
    for (int i = 0; i < 100; ++i)
      all.step();
    state.SetIterationTime(std::chrono::duration<double>{all.spent() - before}.count());
  }
  state.SetItemsProcessed(static_cast<int64_t>(all.events() - events));
  state.counters["grants"] = static_cast<double>(all.grants());
  state.counters["grant_us_p50"] = all.grant_us(.5);
  state.counters["grant_us_p99"] = all.grant_us(.99);
}

void ledger_events(benchmark::State& state) {
  queue_of_10000<ledger_under_load>(state);
}

void linear_scan_events(benchmark::State& state) {
  queue_of_10000<scan_under_load>(state);
}

BENCHMARK(ledger_events)->Arg(8)->Arg(32)->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(linear_scan_events)->Arg(8)->Arg(32)->UseManualTime()->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace hive::gpu
