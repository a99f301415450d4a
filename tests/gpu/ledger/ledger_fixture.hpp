#pragma once

#include "gpu/ledger/audit.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive::gpu::testing {

using namespace std::chrono_literals;
using wire::GpuAvailability;
using wire::LeaseOutcome;
using wire::LeaseState;

/// A ledger with a clock and devices whose memory the test sets. Time passes with a poll each 500 ms and with a tick at
/// each deadline.
class ledger_fixture : public ::testing::Test {
public:
  static constexpr duration poll_interval = 500ms;

  /// Devices have 10,000 MiB that can be leased.
  ledger_fixture() {
    options.load_limit = 0s;
  }

  sighting& add_device(const std::string& uuid, uint32_t island = 0, mib total = 10'000) {
    devices.push_back({.uuid = uuid, .island = island, .total = total});
    return devices.back();
  }
  sighting& device(const std::string& uuid) {
    return *std::ranges::find(devices, uuid, &sighting::uuid);
  }
  const device_account& account(const std::string& uuid) {
    return *std::ranges::find(what().devices(), uuid, &device_account::uuid);
  }
  GpuAvailability state_of(const std::string& uuid) {
    return account(uuid).state_at(now, options);
  }

  /// Its processes use this much of the device.
  void use(lease_id id, const std::string& uuid, mib used) {
    auto& seen = device(uuid);
    forget(id, uuid);
    seen.leased.push_back({id, used});
    seen.used += used;
  }
  /// Its processes are gone, with their memory.
  void forget(lease_id id, const std::string& uuid) {
    auto& seen = device(uuid);
    for (const auto& each : seen.leased)
      if (each.lease == id)
        seen.used -= each.used;
    std::erase_if(seen.leased, [&](const usage& each) { return each.lease == id; });
  }

  ledger& what() {
    if (!ledger_)
      start();
    return *ledger_;
  }
  /// The node starts; `options.epoch` grows at each start.
  void start() {
    if (ledger_)
      ++options.epoch;
    ledger_.emplace(options);
    poll();
  }

  /// The node starts, and has seen nothing yet.
  void restart() {
    ledger_.emplace(options);
  }

  void apply(const event& happening) {
    if (!ledger_)
      ledger_.emplace(options);
    said = ledger_->apply(happening, now);
    for (const auto& each : said)
      if (each.what == output::kind::ask || each.what == output::kind::kill)
        orders.emplace_back(now - began, (each.what == output::kind::ask ? "ask " : "kill ") + name_of(each.id));
    ASSERT_EQ(audit{*ledger_}.find_violation(), "");
  }
  void poll() {
    next_poll_ = now + poll_interval;
    apply(events::observed{devices, now});
  }
  /// Lets time pass. Without polls if the probe is silent.
  void pass(duration time) {
    for (auto until = now + time; now < until;) {
      auto next = is_silent ? until : std::min(until, next_poll_);
      if (auto due = what().next_deadline())
        next = std::min(next, std::max(*due, now));
      now = std::max(now, next);
      if (!is_silent && now >= next_poll_)
        poll();
      else
        apply(events::ticked{});
      if (HasFatalFailure())
        return;
    }
  }
  /// Lets time pass up to the longest delay of a tick, with polls until just before it.
  void pass_with_late_tick(duration time) {
    auto due = now + time;
    while (now + poll_interval < due) {
      now += poll_interval;
      poll();
    }
    now = due + options.lateness;
    apply(events::ticked{});
  }
  /// The machine sleeps: time has passed, and nothing happened.
  void sleep(duration time) {
    now += time;
  }

  /// Asks, and gives the request a name for messages.
  lease_id ask(lease_request asked, const std::string& name = {}) {
    what();
    apply(events::requested{asked});
    auto found = std::ranges::find(said, output::kind::accepted, &output::what);
    if (found == said.end()) {
      ADD_FAILURE() << "refused: " << (said.empty() ? "without a word" : said.front().text);
      return {};
    }
    names_.try_emplace(found->id, name.empty() ? asked.holder : name);
    return found->id;
  }
  /// Asks, and has the lease at once.
  lease_id hold(const lease_request& asked, const std::string& name = {}) {
    return stored(ask(asked, name));
  }
  /// Its grant is on disk.
  lease_id stored(lease_id id) {
    EXPECT_EQ(state(id), LeaseState::RESERVED);
    apply(events::stored{id});
    return id;
  }
  /// Code and text of the refusal of the last event; empty when it was not refused.
  std::string refusal() const {
    auto found = std::ranges::find(said, output::kind::refused, &output::what);
    return found == said.end() ? "" : std::string{name_of(found->code)} + ": " + found->text;
  }
  std::string refused(const lease_request& asked) {
    what();
    apply(events::requested{asked});
    return refusal();
  }
  void release(lease_id id) {
    apply(events::released{id, what().find(id)->token});
  }
  void renew(lease_id id, bool ready = false, bool has_processes = false) {
    apply(events::renewed{id, what().find(id)->token, ready, has_processes});
  }
  /// Gives it back, and waits until its memory has been seen free.
  void finish(lease_id id) {
    release(id);
    pass(poll_interval);
    EXPECT_EQ(state(id), LeaseState::ENDED);
  }

  const lease& at(lease_id id) {
    static const lease none;
    const auto* found = what().find(id);
    return found ? *found : none;
  }
  LeaseState state(lease_id id) {
    return at(id).state;
  }
  LeaseOutcome outcome(lease_id id) {
    return at(id).outcome;
  }
  bool is_waiting(lease_id id) {
    return what().find(id) && state(id) == LeaseState::QUEUED;
  }
  bool is_granted(lease_id id) {
    return at(id).is_in_use();
  }
  /// Its devices, such as "A B".
  std::string where(lease_id id) {
    std::string out;
    for (const auto& each : at(id).devices)
      out += (out.empty() ? "" : " ") + what().devices()[each.device].uuid();
    return out;
  }
  /// From now to its promised start; nothing without a promise.
  std::optional<duration> promised_in(lease_id id) {
    auto promise = at(id).promised_at;
    return promise ? std::optional{*promise - now} : std::nullopt;
  }
  /// Whether the last event led to this output about the lease.
  bool has_said(output::kind kind, lease_id id) const {
    return std::ranges::any_of(said, [&](const output& each) { return each.what == kind && each.id == id; });
  }

  /// A lease of whole devices.
  static lease_request whole(const std::string& holder, duration longest = 1h, uint32_t devices = 1) {
    lease_request out{.holder = holder, .key = {}};
    out.vram = 8'000;
    out.devices = devices;
    out.ttl = 1h;
    out.max_duration = longest;
    return out;
  }
  /// A lease of a part.
  static lease_request part(const std::string& holder, mib vram, duration longest = 1h, uint32_t devices = 1) {
    auto out = whole(holder, longest, devices);
    out.vram = vram;
    out.shared = true;
    return out;
  }

  /// From the end of a lease to its memory being free or quarantined, at most.
  duration to_free() const {
    return options.ask_grace + options.kill_limit + options.drain_limit + 4 * options.lateness;
  }

  ledger_options options;
  instant began{1'000'000s};
  instant now{began};
  std::vector<sighting> devices;
  bool is_silent = false;
  std::vector<output> said;                             ///< by the last event
  std::vector<std::pair<duration, std::string>> orders; ///< to ask or kill, since `began`

private:
  std::string name_of(lease_id id) const {
    auto found = names_.find(id);
    return found == names_.end() ? std::to_string(id.value) : found->second;
  }
  static std::string_view name_of(ec code);

  std::optional<ledger> ledger_;
  instant next_poll_{0};
  std::map<lease_id, std::string> names_;
};

inline std::string_view ledger_fixture::name_of(ec code) {
  switch (code) {
  case ec::invalid:
    return "invalid";
  case ec::unsupported:
    return "unsupported";
  case ec::overloaded:
    return "overloaded";
  case ec::conflict:
    return "conflict";
  case ec::not_found:
    return "not found";
  case ec::forbidden:
    return "forbidden";
  default:
    return "another code";
  }
}

} // namespace hive::gpu::testing
