#include "gpu/evidence/classify.hpp"

#include "messages/change.hpp"
#include "tests/gpu/evidence/polls.hpp"

namespace hive::gpu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A run of 20 s on one device that was seen at all times; `more` are members of the device, `run` of the run.
msg<wire::RunEvidence> evidence(const std::string& more = {}, const std::string& run = R"("exclusive":true)") {
  auto text = R"({"duration_s":20,)" + run + R"(,"devices":[{"uuid":"GPU-0","observations":20)" +
              (more.empty() ? "" : "," + more) + "}]}";
  json_error why;
  auto out = from_json<wire::RunEvidence>(text, why);
  EXPECT_TRUE(out) << why.message() << "\n" << text;
  return out ? *out : msg<wire::RunEvidence>{};
}

std::string only_reason(const msg<wire::RunEvidence>& of) {
  auto found = classify(*of);
  EXPECT_EQ(found.quality, found.reasons.empty() ? wire::RunQuality::CLEAN : wire::RunQuality::DISTURBED);
  EXPECT_LE(found.reasons.size(), 1u);
  return found.reasons.empty() ? "" : found.reasons[0];
}

TEST(classify, what_is_not_known_disturbs_nothing) {
  EXPECT_EQ(only_reason(evidence()), "");
}

TEST(classify, more_than_a_hundredth_of_the_time_throttled_disturbs) {
  EXPECT_EQ(only_reason(evidence(R"("throttled_s":0.2,"clock_events":4)")), "");
  EXPECT_EQ(only_reason(evidence(R"("throttled_s":0.21,"clock_events":36)")),
            "throttled for 0.2 s of 20.0 s (power cap, thermal slowdown)");
}

TEST(classify, names_all_disturbing_clock_events_and_no_other) {
  EXPECT_EQ(describe_clock_events(~disturbing_clock_events), "");
  EXPECT_EQ(describe_clock_events(disturbing_clock_events),
            "power cap, hardware slowdown, thermal slowdown, hardware thermal slowdown, power brake");
}

TEST(classify, memory_errors_disturb) {
  EXPECT_EQ(only_reason(evidence(R"("ecc_errors":0)")), "");
  EXPECT_EQ(only_reason(evidence(R"("ecc_errors":2)")), "2 uncorrected memory errors");
}

TEST(classify, other_leases_disturb_on_a_shared_device_too) {
  EXPECT_EQ(only_reason(evidence(R"("co_tenants":["1-3"])", R"("exclusive":false)")), "other leases used it: 1-3");
  EXPECT_EQ(only_reason(evidence(R"("co_tenants":["1-3","1-4","1-5","1-6"])")),
            "other leases used it: 1-3, 1-4, 1-5 and 1 more");
}

TEST(classify, foreign_memory_disturbs_on_an_exclusive_device) {
  EXPECT_EQ(only_reason(evidence(R"("foreign_mib":64)")), "");
  EXPECT_EQ(only_reason(evidence(R"("foreign_mib":65)")), "programs without a lease used 65 MiB of it");
  EXPECT_EQ(only_reason(evidence(R"("foreign_mib":4000)", R"("exclusive":false)")), "");
}

TEST(classify, a_narrow_link_disturbs) {
  auto best = [](const std::string& seen) { return seen + R"(,"pcie_max_generation":5,"pcie_max_width":16)"; };
  EXPECT_EQ(only_reason(evidence(best(R"("pcie_generation":5,"pcie_width":16)"))), "");
  EXPECT_EQ(only_reason(evidence(best(R"("pcie_generation":3,"pcie_width":16)"))),
            "its PCIe link was of generation and width 3 × 16 instead of 5 × 16");
  EXPECT_EQ(only_reason(evidence(best(R"("pcie_generation":5,"pcie_width":8)"))),
            "its PCIe link was of generation and width 5 × 8 instead of 5 × 16");
  EXPECT_EQ(only_reason(evidence(R"("pcie_generation":3,"pcie_width":8,"pcie_max_width":16)")),
            "its PCIe link was of generation and width 3 × 8 instead of ? × 16");
  EXPECT_EQ(only_reason(evidence(R"("pcie_max_generation":5,"pcie_max_width":16)")), "") << "it was never busy";
}

TEST(classify, a_bandwidth_that_changed_by_more_than_five_percent_disturbs) {
  EXPECT_EQ(only_reason(evidence(R"("bandwidth_before":2000,"bandwidth_after":1900)")), "");
  EXPECT_EQ(only_reason(evidence(R"("bandwidth_before":2000,"bandwidth_after":1899)")),
            "its copy bandwidth was 2000 GB/s before and 1899 after");
  EXPECT_EQ(only_reason(evidence(R"("bandwidth_before":1899,"bandwidth_after":2000)")),
            "its copy bandwidth was 1899 GB/s before and 2000 after");
  EXPECT_EQ(only_reason(evidence(R"("bandwidth_before":2000)")), "");
}

TEST(classify, a_run_that_was_hardly_seen_is_disturbed) {
  auto seen = [](int polls, double duration_s) {
    return changed(evidence(), [&](wire::RunEvidence::Builder out) {
      out.setDurationS(duration_s);
      out.getDevices()[0].setObservations(static_cast<uint32_t>(polls));
    });
  };
  EXPECT_EQ(only_reason(seen(0, 5)), "");
  EXPECT_EQ(only_reason(seen(1, 5.1)), "seen by 1 poll in 5.1 s");
  EXPECT_EQ(only_reason(seen(2, 5.1)), "");
}

TEST(classify, a_device_that_was_unknown_meanwhile_disturbs) {
  EXPECT_EQ(only_reason(evidence(R"("unobserved_s":3)")), "its state was unknown for 3.0 s of 20.0 s");
  auto hardly = changed(evidence(R"("unobserved_s":19)"),
                        [](wire::RunEvidence::Builder out) { out.getDevices()[0].setObservations(1); });
  EXPECT_EQ(only_reason(hardly), "seen by 1 poll in 20.0 s") << "one reason says it all";
}

TEST(classify, simulated_comes_before_disturbed) {
  auto found = classify(*evidence(R"("simulated":true,"ecc_errors":2)"));
  EXPECT_EQ(found.quality, wire::RunQuality::SIMULATED);
  EXPECT_THAT(found.reasons, IsEmpty());
}

TEST(classify, reasons_of_several_devices_name_them_and_are_bounded) {
  auto gang = msg<wire::RunEvidence>::build([](wire::RunEvidence::Builder out) {
    for (auto device : out.initDevices(64)) {
      device.setUuid("GPU-" + std::string(5'000, 'x'));
      device.setObservations(2);
      device.setEccErrors(1);
      device.setUnobservedS(1);
    }
  });
  auto found = classify(*gang);
  ASSERT_THAT(found.reasons, SizeIs(64));
  EXPECT_THAT(found.reasons[0], HasSubstr("GPU-x"));
  EXPECT_LT(found.reasons[0].size(), 300u);
  EXPECT_EQ(found.reasons[63], "and 65 more");
}

TEST(judge, keeps_what_others_have_found) {
  auto judged = changed(evidence(R"("ecc_errors":2)"), [](wire::RunEvidence::Builder out) {
    out.setQuality(wire::RunQuality::DISTURBED);
    auto reasons = out.initReasons(1);
    reasons.set(0, "the host was busy");
    judge(out);
    judge(out);
  });
  EXPECT_EQ(judged->getQuality(), wire::RunQuality::DISTURBED);
  EXPECT_THAT(reasons_of(*judged), ElementsAre("the host was busy", "2 uncorrected memory errors"));
}

} // namespace
} // namespace hive::gpu
