#include "gpu/evidence/run_fold.hpp"

#include "messages/change.hpp"
#include "tests/gpu/evidence/polls.hpp"

#include <cmath>

namespace hive::gpu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using run_fold_test = run_scene;

constexpr auto busy = R"("utilisation_percent":80)";

std::string with(const std::string& more) {
  return std::string{busy} + "," + more;
}

std::string processes(const std::string& list) {
  return R"("processes":{"list":[)" + list + "]}";
}

const process_owners own{{50, {7}}};

TEST_F(run_fold_test, repeats_what_the_lease_is) {
  run.timed = true;
  run.declared_s = 60;
  run.duration_from_history = true;
  run.devices[0].name = "H200";
  auto seen = evidence(steady(101, 110, busy), 110.5);
  EXPECT_STREQ(seen->getLease().cStr(), "1-7");
  EXPECT_STREQ(seen->getToken().cStr(), "node.1.7");
  EXPECT_STREQ(seen->getDriver().cStr(), "580.1");
  EXPECT_TRUE(seen->getExclusive());
  EXPECT_TRUE(seen->getTimed());
  EXPECT_TRUE(seen->getDurationFromHistory());
  EXPECT_EQ(seen->getDeclaredS(), 60);
  EXPECT_DOUBLE_EQ(seen->getDurationS(), 10.5);
  EXPECT_STREQ(device_of(seen).getName().cStr(), "H200");
  EXPECT_EQ(device_of(seen).getObservations(), 10u);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(run_fold_test, nothing_that_was_not_read_is_zero) {
  auto device = evidence(steady(101, 110), 110);
  auto seen = device_of(device);
  for (auto value :
       {seen.getThrottledS(), seen.getSmMhzMin(), seen.getSmMhzMedian(), seen.getMaxTemperatureC(), seen.getEccErrors(),
        seen.getPcieGeneration(), seen.getPcieWidth(), seen.getPeakMib(), seen.getForeignMib()})
    EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(seen.getPeakSource(), wire::PeakSource::UNKNOWN);
}

// -- clocks and heat --------------------------------------------------------------

TEST_F(run_fold_test, throttling_is_the_time_of_its_polls) {
  auto throttled = with(R"("clock_events":{"bits":32})");
  auto seen = evidence({poll_at(101, with(R"("clock_events":{"bits":0})")), poll_at(102.5, throttled),
                        poll_at(103, with(R"("clock_events":{"bits":2})")), poll_at(104, throttled)},
                       104);
  EXPECT_DOUBLE_EQ(device_of(seen).getThrottledS(), 2.5);
  EXPECT_EQ(device_of(seen).getClockEvents(), 34u);
  EXPECT_THAT(reasons_of(*seen), ElementsAre("throttled for 2.5 s of 4.0 s (thermal slowdown)"));
}

TEST_F(run_fold_test, an_idle_device_is_not_throttled) {
  for (const auto* idle : {R"("utilisation_percent":0,"clock_events":{"bits":4})", R"("clock_events":{"bits":5})"}) {
    auto seen = evidence(steady(101, 110, idle), 110);
    EXPECT_EQ(device_of(seen).getThrottledS(), 0) << idle;
    EXPECT_EQ(device_of(seen).getClockEvents() & 4, 0u) << idle;
  }
  EXPECT_EQ(device_of(evidence(steady(101, 110, R"("clock_events":{"bits":4})"), 110)).getThrottledS(), 10)
    << "without utilisation, what is not idle works";
}

TEST_F(run_fold_test, clocks_count_while_the_device_works) {
  auto seen = evidence({poll_at(101, R"("utilisation_percent":0,"sm_mhz":210,"temperature_c":40)"),
                        poll_at(102, with(R"("sm_mhz":1980,"temperature_c":70)")),
                        poll_at(103, with(R"("sm_mhz":1980,"temperature_c":81)")),
                        poll_at(104, with(R"("sm_mhz":1755,"temperature_c":75)"))},
                       104);
  EXPECT_EQ(device_of(seen).getSmMhzMin(), 1755);
  EXPECT_EQ(device_of(seen).getSmMhzMedian(), 1980);
  EXPECT_EQ(device_of(seen).getMaxTemperatureC(), 81);
}

// -- memory errors ----------------------------------------------------------------

TEST_F(run_fold_test, errors_before_the_lease_do_not_count) {
  auto seen = evidence({poll_at(99.5, R"("ecc_uncorrected":5)"), poll_at(101, R"("ecc_uncorrected":5)"),
                        poll_at(102, R"("ecc_uncorrected":5)")},
                       102);
  EXPECT_EQ(device_of(seen).getEccErrors(), 0);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(run_fold_test, errors_between_the_last_poll_before_and_the_first_one_count) {
  auto seen = evidence({poll_at(99.5, R"("ecc_uncorrected":5)"), poll_at(101, R"("ecc_uncorrected":6)")}, 102);
  EXPECT_EQ(device_of(seen).getEccErrors(), 1);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::DISTURBED);
  auto stale = evidence({poll_at(90, R"("ecc_uncorrected":5)"), poll_at(101, R"("ecc_uncorrected":6)")}, 102);
  EXPECT_TRUE(std::isnan(device_of(stale).getEccErrors())) << "they may have come long before";
}

TEST_F(run_fold_test, a_driver_that_was_loaded_anew_counts_from_zero) {
  auto seen = evidence({poll_at(101, R"("ecc_uncorrected":5)"), poll_at(102, R"("ecc_uncorrected":0)"),
                        poll_at(103, R"("ecc_uncorrected":2)")},
                       103);
  EXPECT_EQ(device_of(seen).getEccErrors(), 2);
}

// -- the link ---------------------------------------------------------------------

std::string link(int generation, int width) {
  return R"("pcie_generation":)" + std::to_string(generation) + R"(,"pcie_width":)" + std::to_string(width) +
         R"(,"max_pcie_generation":5,"max_pcie_width":16)";
}

TEST_F(run_fold_test, an_idle_link_is_no_narrow_one) {
  auto idle = R"("utilisation_percent":0,)" + link(1, 16);
  auto seen = evidence(
    {poll_at(101, idle), poll_at(102, with(link(5, 16))), poll_at(103, with(link(5, 16))), poll_at(104, idle)}, 104);
  EXPECT_EQ(device_of(seen).getPcieGeneration(), 5);
  EXPECT_EQ(device_of(seen).getPcieMaxGeneration(), 5);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(run_fold_test, a_link_that_is_being_lowered_or_raised_is_no_narrow_one) {
  auto seen =
    evidence({poll_at(101, with(link(1, 16))), poll_at(102, with(link(5, 16))), poll_at(103, with(link(1, 16))),
              poll_at(104, R"("utilisation_percent":0,)" + link(1, 16)), poll_at(105, with(link(2, 16)))},
             105);
  EXPECT_EQ(device_of(seen).getPcieGeneration(), 5);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(run_fold_test, a_link_that_stays_narrow_under_load_disturbs) {
  auto seen = evidence({poll_at(101, with(link(5, 16))), poll_at(102, with(link(5, 8))), poll_at(103, with(link(5, 8))),
                        poll_at(104, with(link(5, 16)))},
                       104);
  EXPECT_THAT(reasons_of(*seen), ElementsAre("its PCIe link was of generation and width 5 × 8 instead of 5 × 16"));
}

TEST_F(run_fold_test, without_a_maximum_the_link_is_compared_with_what_was_seen) {
  auto plain = [](int generation) {
    return with(R"("pcie_generation":)" + std::to_string(generation) + R"(,"pcie_width":16)");
  };
  EXPECT_THAT(reasons_of(*evidence(steady(101, 110, plain(3)), 110)), IsEmpty());
  auto seen = evidence({poll_at(101, plain(4)), poll_at(102, plain(3)), poll_at(103, plain(3))}, 103);
  EXPECT_THAT(reasons_of(*seen), ElementsAre(HasSubstr("3 × 16 instead of 4 × 16")));
}

// -- memory and company -----------------------------------------------------------

TEST_F(run_fold_test, the_peak_is_the_drivers_if_it_keeps_one) {
  auto polled = [](int first, int second) {
    return processes(R"({"pid":50,"used_mib":)" + std::to_string(first) + R"(},{"pid":51,"used_mib":)" +
                     std::to_string(second) + "}");
  };
  process_owners both{{50, {7}}, {51, {7}}};
  auto seen = evidence({poll_at(101, polled(1000, 500), both), poll_at(102, polled(100, 200), both)}, 102);
  EXPECT_EQ(device_of(seen).getPeakMib(), 1500);
  EXPECT_EQ(device_of(seen).getPeakSource(), wire::PeakSource::POLLED);
  seen = evidence({poll_at(101, processes(R"({"pid":50,"used_mib":1000,"max_used_mib":2500})"), own)}, 102);
  EXPECT_EQ(device_of(seen).getPeakMib(), 2500);
  EXPECT_EQ(device_of(seen).getPeakSource(), wire::PeakSource::ACCOUNTING);
  seen = evidence({poll_at(101, processes(R"({"pid":50})"), own)}, 102);
  EXPECT_TRUE(std::isnan(device_of(seen).getPeakMib())) << "no process tells its use";
}

TEST_F(run_fold_test, a_process_without_a_lease_disturbs) {
  auto seen = evidence({poll_at(101, processes(R"({"pid":50,"used_mib":1000},{"pid":60,"used_mib":300})"), own),
                        poll_at(102, processes(R"({"pid":50,"used_mib":1000})"), own)},
                       102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 300);
  EXPECT_THAT(reasons_of(*seen), ElementsAre("programs without a lease used 300 MiB of it"));
  seen = evidence({poll_at(101, processes(R"({"pid":50,"used_mib":1000},{"pid":60,"used_mib":8})"), own)}, 102);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN) << "an X server";
}

TEST_F(run_fold_test, a_process_that_does_not_tell_its_use_has_what_the_others_leave) {
  auto seen = evidence({poll_at(101, processes(R"({"pid":50,"used_mib":1000},{"pid":60})"), own)}, 102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 2000) << "3,000 MiB are used in all";
}

TEST_F(run_fold_test, processes_of_a_lease_that_has_not_named_them_are_taken_for_its_own) {
  auto both = processes(R"({"pid":50,"used_mib":1000},{"pid":60,"used_mib":300})");
  auto before = poll_at(99.5, processes(R"({"pid":60,"used_mib":300})"));
  auto seen = evidence({before, poll_at(101, both)}, 102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 300) << "pid 60 was there before";
  seen = evidence({poll_at(101, both)}, 102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 0);
  EXPECT_TRUE(std::isnan(device_of(seen).getPeakMib())) << "nobody knows whose it is";
  seen = evidence({poll_at(101, both), poll_at(102, both, own)}, 102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 300) << "since its own are known, the others are not";
}

TEST_F(run_fold_test, processes_of_other_leases_are_not_foreign) {
  auto seen = evidence(
    {poll_at(101, processes(R"({"pid":50,"used_mib":1000},{"pid":60,"used_mib":300})"), {{50, {7}}, {60, {8}}})}, 102);
  EXPECT_EQ(device_of(seen).getForeignMib(), 0);
}

TEST_F(run_fold_test, co_tenants_are_named_once_and_bounded) {
  run_fold fold{run};
  fold.observe(poll_at(101));
  fold.add_co_tenant("GPU-9", "1-1");
  EXPECT_EQ(device_of(fold.evidence(at_second(102))).getCoTenants().size(), 0u);
  for (int i = 0; i < 200; ++i)
    fold.add_co_tenant("GPU-0", "1-" + std::to_string(i % 100));
  EXPECT_EQ(device_of(fold.evidence(at_second(102))).getCoTenants().size(), 64u);
}

// -- what was not seen --------------------------------------------------------------

TEST_F(run_fold_test, a_gap_of_more_than_two_seconds_is_unknown_time) {
  EXPECT_EQ(device_of(evidence({poll_at(102), poll_at(104), poll_at(106)}, 108)).getUnobservedS(), 0);
  EXPECT_EQ(device_of(evidence({poll_at(103), poll_at(104)}, 104)).getUnobservedS(), 1) << "before the first poll";
  EXPECT_EQ(device_of(evidence({poll_at(101), poll_at(106)}, 106)).getUnobservedS(), 3);
  EXPECT_EQ(device_of(evidence({poll_at(101), poll_at(102)}, 107)).getUnobservedS(), 3) << "after the last poll";
}

TEST_F(run_fold_test, polls_that_do_not_tell_the_device_are_no_observations) {
  auto lost = [](double second) {
    auto poll = poll_at(second);
    poll.report =
      changed(poll.report, [](wire::GpuReport::Builder out) { out.getDevices()[0].setState(wire::GpuState::LOST); });
    return poll;
  };
  auto seen = evidence({poll_at(101), lost(102), lost(103), lost(104), lost(105), poll_at(106)}, 106);
  EXPECT_EQ(device_of(seen).getObservations(), 2u);
  EXPECT_EQ(device_of(seen).getUnobservedS(), 3);
  EXPECT_THAT(reasons_of(*seen), ElementsAre(HasSubstr("unknown for 3.0 s of 6.0 s")));
  auto another = evidence({poll_at(101, busy, {}, "GPU-9")}, 101.5);
  EXPECT_EQ(device_of(another).getObservations(), 0u);
}

TEST_F(run_fold_test, a_simulated_device_is_not_looked_for) {
  run.devices[0].simulated = true;
  auto seen = evidence({}, 500);
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::SIMULATED);
  EXPECT_EQ(device_of(seen).getUnobservedS(), 0);
}

TEST_F(run_fold_test, each_device_of_a_gang_has_its_own) {
  run.devices.push_back({"GPU-1"});
  auto seen = evidence({poll_at(101), poll_at(102)}, 110);
  EXPECT_THAT(reasons_of(*seen),
              ElementsAre("GPU-0: its state was unknown for 6.0 s of 10.0 s", "GPU-1: seen by 0 polls in 10.0 s"));
}

TEST_F(run_fold_test, its_memory_does_not_grow_with_time) {
  run_fold fold{run};
  size_t bytes = 0;
  for (uint32_t i = 1; i <= 20'000; ++i) {
    auto more = with(R"("sm_mhz":)" + std::to_string(i % 3'000) + R"(,"processes":{"list":[{"pid":)" +
                     std::to_string(i) + R"(,"used_mib":1}]})");
    fold.observe(poll_at(100 + i * 0.02, more));
    fold.add_co_tenant("GPU-0", std::to_string(i));
    if (i == 5'000)
      bytes = fold.evidence(at_second(100 + i * 0.02)).bytes().size();
  }
  EXPECT_LE(fold.evidence(at_second(500)).bytes().size(), bytes + 64);
}

} // namespace
} // namespace hive::gpu
