#include "actors/gpu/scheduler.hpp"

#include "actors/store/committer.hpp"
#include "messages/change.hpp"
#include "messages/gpu_probe.capnp.h"
#include "messages/json.hpp"
#include "platform/process_stamp.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <csignal>
#include <future>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

// The evidence of leases, from polls that the test makes up.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A program that holds a lease, as it is started by its holder.
class holding_process {
public:
  explicit holding_process(const std::string& token) {
    auto variable = "HIVE_LEASE_TOKEN=" + token;
    std::array<char*, 2> environment{variable.data(), nullptr};
    std::string program = "/bin/sleep", time = "1000";
    std::array<char*, 3> words{program.data(), time.data(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, words.data(), environment.data()) != 0)
      throw std::runtime_error("no process could be started");
    auto is_visible = [&] { return environment_of(static_cast<uint32_t>(pid_), "HIVE_LEASE_TOKEN") == token; };
    EXPECT_TRUE(wait_until(is_visible)) << "the kernel shows it a moment later";
  }

  ~holding_process() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  holding_process(const holding_process&) = delete;
  holding_process& operator=(const holding_process&) = delete;

  pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_ = -1;
};

/// The probe: tells the test who watches it.
gpu_probe_actor::behavior_type probe_of_test(gpu_probe_actor::pointer, std::promise<gpu_watcher_actor>* watching) {
  return {[watching](gpu_watch_atom, const gpu_watcher_actor& watcher) { watching->set_value(watcher); },
          [](gpu_pace_atom, uint32_t) {},
          [](gpu_latest_atom) -> caf::result<msg<wire::GpuReport>> { return fail(ec::unavailable, "not asked for"); },
          [](gpu_stirred_atom) {}, [](gpu_tick_atom, uint64_t) {}};
}

class scheduler_evidence : public testing::Test {
protected:
  void start(std::vector<simulated_gpu> simulated = {}) {
    std::promise<gpu_watcher_actor> watching;
    probe = actors.system().spawn(probe_of_test, &watching);
    scheduler = spawn_gpu_scheduler(
      actors.system(), {db, committer, {}, probe},
      {.node = {"0123456789abcdef"}, .keys = key_pair::generate(), .ledger = {}, .simulated = simulated});
    watcher = watching.get_future().get();
  }

  ~scheduler_evidence() override {
    watcher = nullptr;
    for (auto each : {caf::actor_cast<caf::actor>(scheduler), caf::actor_cast<caf::actor>(probe),
                      caf::actor_cast<caf::actor>(committer)})
      if (each) {
        caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
        actors.client()->wait_for(each);
      }
  }

  /// A poll that begins now, of which `more` says the rest: members of the reading as JSON.
  void poll(const std::string& more = R"("processes":{})") {
    auto text = R"({"library":"fake","library_state":"usable","driver":"580.1","devices":[{"uuid":"GPU-0","name":"H200",
      "state":"ok","memory":{"total_mib":8192,"reserved_mib":192,"used_mib":0,"free_mib":8000},)" +
                more + "}]}";
    auto report = from_json<wire::GpuReport>(text);
    ASSERT_TRUE(report) << text_of(report.error()) << text;
    caf::anon_send(watcher, changed(*report, [](wire::GpuReport::Builder out) {
                     auto now = std::chrono::steady_clock::now().time_since_epoch();
                     out.setMonotonicUs(
                       static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
                   }));
  }

  static std::string use(pid_t pid, int mib) {
    return R"({"pid":)" + std::to_string(pid) + R"(,"used_mib":)" + std::to_string(mib) + "}";
  }

  msg<wire::Lease> take(const std::string& holder, bool shared = false) {
    auto lease = actors.ask<msg<wire::Lease>>(scheduler, msg<wire::RequestLease>::build([&](auto out) {
                                                out.setHolder(holder);
                                                out.setVramGb(2);
                                                out.setShared(shared);
                                                out.setMaxDurationS(60);
                                              }));
    EXPECT_TRUE(lease) << text_of(lease.error());
    EXPECT_EQ((*lease)->getState(), wire::LeaseState::ACTIVE);
    return *lease;
  }

  void ready(const msg<wire::Lease>& lease) {
    auto renewed = actors.ask<msg<wire::Lease>>(scheduler, msg<wire::RenewLease>::build([&](auto out) {
                                                  out.setId(lease->getId());
                                                  out.setToken(lease->getToken());
                                                  out.setReady(true);
                                                }));
    EXPECT_TRUE(renewed) << text_of(renewed.error());
  }

  msg<wire::Lease> find(const msg<wire::Lease>& lease) {
    auto found = actors.ask<msg<wire::Lease>>(
      scheduler, msg<wire::LeaseQuery>::build([&](auto out) { out.setId(lease->getId()); }));
    EXPECT_TRUE(found) << text_of(found.error());
    return found ? *found : msg<wire::Lease>{};
  }

  msg<wire::Lease> release(const msg<wire::Lease>& lease) {
    auto released = actors.ask<msg<wire::Lease>>(scheduler, msg<wire::ReleaseLease>::build([&](auto out) {
                                                   out.setId(lease->getId());
                                                   out.setToken(lease->getToken());
                                                 }));
    EXPECT_TRUE(released) << text_of(released.error());
    return released ? *released : msg<wire::Lease>{};
  }

  /// Releases it, lets the probe see the device idle until it has ended, and reads it from the history.
  msg<wire::Lease> end(const msg<wire::Lease>& lease) {
    release(lease);
    msg<wire::LeaseHistory> history;
    EXPECT_TRUE(wait_until([&] {
      poll();
      auto newest = actors.ask<msg<wire::LeaseHistory>>(
        scheduler, msg<wire::LeaseHistoryQuery>::build([](auto out) { out.setLimit(1); }));
      EXPECT_TRUE(newest) << text_of(newest.error());
      history = *newest;
      return history->getLeases().size() == 1 && history->getLeases()[0].getId() == lease->getId();
    }));
    return msg<wire::Lease>::copy_of(history->getLeases()[0]);
  }

  static std::vector<std::string> reasons_of(const msg<wire::Lease>& lease) {
    std::vector<std::string> out;
    for (auto each : lease->getEvidence().getReasons())
      out.emplace_back(each.cStr());
    return out;
  }

  temporary_directory temp;
  std::shared_ptr<database> db = std::move(*database::open({.directory = temp.path()}));
  test_system actors;
  committer_actor committer = spawn_committer(actors.system(), {db});
  gpu_probe_actor probe;
  gpu_scheduler_actor scheduler;
  gpu_watcher_actor watcher;
};

TEST_F(scheduler_evidence, of_an_undisturbed_lease_is_clean_while_held_and_afterwards) {
  start();
  poll();
  auto lease = take("trainer");
  std::string token = lease->getToken().cStr();
  {
    holding_process program{token};
    poll(R"("processes":{"list":[)" + use(program.pid(), 1500) + R"(]},"utilisation_percent":90,"sm_mhz":1980,
         "clock_events":{"bits":0},"temperature_c":61)");
    auto held = find(lease);
    auto evidence = held->getEvidence();
    EXPECT_EQ(evidence.getQuality(), wire::RunQuality::CLEAN);
    EXPECT_THAT(reasons_of(held), IsEmpty());
    EXPECT_EQ(evidence.getLease(), lease->getId());
    EXPECT_TRUE(evidence.getExclusive());
    EXPECT_EQ(evidence.getDeclaredS(), 60);
    EXPECT_STREQ(evidence.getDriver().cStr(), "580.1");
    ASSERT_THAT(evidence.getDevices(), SizeIs(1));
    auto device = evidence.getDevices()[0];
    EXPECT_STREQ(device.getName().cStr(), "H200");
    EXPECT_EQ(device.getPeakMib(), 1500);
    EXPECT_EQ(device.getSmMhzMedian(), 1980);
    EXPECT_EQ(device.getObservations(), 1u);
    EXPECT_STREQ(evidence.getToken().cStr(), "01234567.1.1");
    EXPECT_EQ(token.find(evidence.getToken().cStr()), 0u) << "the code that makes it a secret is left out";
    EXPECT_GT(token.size(), evidence.getToken().size());
  }
  auto ended = end(lease);
  EXPECT_EQ(ended->getOutcome(), wire::LeaseOutcome::RELEASED);
  EXPECT_EQ(ended->getEvidence().getDevices()[0].getPeakMib(), 1500);
  EXPECT_EQ(find(lease)->getEvidence().getDevices()[0].getPeakMib(), 1500);
  EXPECT_EQ(ended->getEvidence().getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(scheduler_evidence, names_throttling_and_programs_without_a_lease) {
  start();
  poll();
  auto lease = take("trainer");
  holding_process program{lease->getToken().cStr()};
  poll(R"("processes":{"list":[)" + use(1, 300) + "," + use(program.pid(), 1500) +
       R"(]},"utilisation_percent":90,"clock_events":{"bits":64})");
  EXPECT_THAT(reasons_of(find(lease)),
              ElementsAre(HasSubstr("(hardware thermal slowdown)"), "programs without a lease used 300 MiB of it"));
  auto released = release(lease);
  EXPECT_THAT(reasons_of(released), SizeIs(2)) << "the answer to the holder has it too";
  poll(R"("processes":{"list":[)" + use(program.pid(), 1500) + R"(]},"ecc_uncorrected":7)");
  EXPECT_EQ(find(lease)->getEvidence().getDevices()[0].getObservations(), 1u) << "what comes after does not count";
}

TEST_F(scheduler_evidence, leases_of_one_device_are_co_tenants_also_after_one_has_ended) {
  start();
  poll();
  auto first = take("first", true);
  ready(first);
  EXPECT_THAT(reasons_of(find(first)), IsEmpty());
  auto second = take("second", true);
  auto ended = end(second);
  EXPECT_THAT(reasons_of(ended), ElementsAre("other leases used it: " + std::string{first->getId().cStr()}));
  EXPECT_THAT(reasons_of(find(first)), ElementsAre("other leases used it: " + std::string{second->getId().cStr()}));
  ready(first);
  auto third = take("third", true);
  EXPECT_THAT(reasons_of(find(third)), ElementsAre("other leases used it: " + std::string{first->getId().cStr()}))
    << "the second one ended before";
}

TEST_F(scheduler_evidence, of_a_simulated_device_is_simulated) {
  start({{"demo", 8192}});
  auto lease = take("trainer");
  EXPECT_EQ(find(lease)->getEvidence().getQuality(), wire::RunQuality::SIMULATED);
  EXPECT_EQ(end(lease)->getEvidence().getQuality(), wire::RunQuality::SIMULATED);
}

TEST_F(scheduler_evidence, a_request_that_waits_has_none) {
  start();
  poll();
  auto lease = take("trainer");
  auto waits = actors.ask<msg<wire::Lease>>(scheduler, msg<wire::RequestLease>::build([](auto out) {
                                              out.setHolder("second");
                                              out.setVramGb(1);
                                              out.setWait(false);
                                            }));
  ASSERT_TRUE(waits) << text_of(waits.error());
  EXPECT_FALSE((*waits)->hasEvidence());
}

} // namespace
} // namespace hive
