#include "gpu/evidence/device_report.hpp"

#include "tests/gpu/evidence/polls.hpp"

#include <cmath>

namespace hive::gpu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string line(const std::string& uuid, const std::string& bandwidth) {
  return R"({"uuid":")" + uuid +
         R"(","name":"NVIDIA H200","vram_mib":143156,"compute_capability":"9.0","bandwidth_gb_s":)" + bandwidth + "}\n";
}

std::vector<msg<wire::GpuMeasurement>> report(const std::string& text) {
  auto out = read_device_report(text);
  EXPECT_TRUE(out) << text_of(out.error());
  return out ? *out : std::vector<msg<wire::GpuMeasurement>>{};
}

TEST(device_report, is_a_line_per_device) {
  auto both = report(line("GPU-0", "3904.5") + line("GPU-1", "3900.0"));
  ASSERT_EQ(both.size(), 2u);
  EXPECT_STREQ(both[0]->getUuid().cStr(), "GPU-0");
  EXPECT_STREQ(both[0]->getComputeCapability().cStr(), "9.0");
  EXPECT_EQ(both[0]->getVramMib(), 143156u);
  EXPECT_EQ(both[1]->getBandwidthGbS(), 3900);
  EXPECT_THAT(report(""), IsEmpty());
}

TEST(device_report, names_the_line_that_is_wrong) {
  for (const auto* bad : {"oops\n", R"({"bandwidth_gb_s":1})", R"({"uuid":"GPU-1","bandwidth_gb_s":-1})"}) {
    auto refused = read_device_report(line("GPU-0", "1") + bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(text_of(refused.error()), HasSubstr("line 2")) << bad;
  }
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += line("GPU-" + std::to_string(i), "1");
  EXPECT_FALSE(read_device_report(many));
}

using bandwidth = run_scene;

TEST_F(bandwidth, before_and_after_is_part_of_the_evidence) {
  auto seen = evidence(steady(101, 110), 110);
  ASSERT_THAT(reasons_of(*seen), IsEmpty());
  auto same = add_bandwidth(seen, report(line("GPU-9", "1") + line("GPU-0", "2000")), report(line("GPU-0", "1990")));
  EXPECT_EQ(device_of(same).getBandwidthBefore(), 2000);
  EXPECT_EQ(device_of(same).getBandwidthAfter(), 1990);
  EXPECT_EQ(same->getQuality(), wire::RunQuality::CLEAN);
  auto slower = add_bandwidth(seen, report(line("GPU-0", "2000")), report(line("GPU-0", "1500")));
  EXPECT_EQ(slower->getQuality(), wire::RunQuality::DISTURBED);
  EXPECT_THAT(reasons_of(*slower), ElementsAre("its copy bandwidth was 2000 GB/s before and 1500 after"));
}

TEST_F(bandwidth, that_was_measured_once_says_nothing) {
  auto once = add_bandwidth(evidence(steady(101, 110), 110), report(line("GPU-0", "2000")), {});
  EXPECT_EQ(device_of(once).getBandwidthBefore(), 2000);
  EXPECT_TRUE(std::isnan(device_of(once).getBandwidthAfter()));
  EXPECT_EQ(once->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(bandwidth, of_a_report_that_failed_is_unknown) {
  auto seen = add_bandwidth(evidence(steady(101, 110), 110), line("GPU-0", "2000"), "device 0: out of memory\n");
  EXPECT_EQ(device_of(seen).getBandwidthBefore(), 2000);
  EXPECT_TRUE(std::isnan(device_of(seen).getBandwidthAfter()));
  EXPECT_EQ(seen->getQuality(), wire::RunQuality::CLEAN);
}

TEST_F(bandwidth, comes_beside_other_reasons) {
  auto seen = evidence(steady(101, 110, R"("clock_events":{"bits":64},"utilisation_percent":90)"), 110);
  auto slower = add_bandwidth(seen, report(line("GPU-0", "2000")), report(line("GPU-0", "1500")));
  EXPECT_THAT(reasons_of(*slower), ElementsAre(HasSubstr("throttled"), HasSubstr("bandwidth")));
}

} // namespace
} // namespace hive::gpu
