#include "tests/support/gpu_probe_program.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cmath>
#include <gmock/gmock.h>

// The real hive-gpu-probe on the fake library.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class hive_gpu_probe : public testing::Test {
protected:
  hive_gpu_probe() {
    gpus.enter_environment();
  }

  static std::vector<std::string> once(const std::string& library = fake_gpus::library()) {
    return {"--once", "--library", library};
  }

  static std::vector<std::string> often() {
    return {"--library", fake_gpus::library(), "--interval-ms", "10"};
  }

  msg<wire::GpuReport> look() {
    gpus.write();
    return gpu_probe_program{once()}.report();
  }

  temporary_directory temp;
  fake_gpus gpus{temp.path()};
};

/// A process that does nothing until it is killed.
class idle_process {
public:
  idle_process() : pid_{::fork()} {
    if (pid_ == 0)
      for (;;)
        ::pause();
  }
  ~idle_process() {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  idle_process(const idle_process&) = delete;
  idle_process& operator=(const idle_process&) = delete;

  /// It stays a zombie, as a process does whose parent does not look.
  void kill() const {
    ::kill(pid_, SIGKILL);
  }
  pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_;
};

TEST_F(hive_gpu_probe, tells_everything_of_a_device) {
  idle_process holder;
  gpus.devices = {
    {.uuid = "GPU-a", .name = "H200 \"x\"", .total_mib = 1000, .reserved_mib = 100, .more = "ecc=3 minor=7"}};
  gpus.devices[0].name = "H200";
  gpus.devices[0].more +=
    " corrected_rows=1 uncorrected_rows=2 pending_rows=1 failed_rows=1 retired_pending=1 "
    "reasons=0x28 sm_mhz=1 max_sm_mhz=2 memory_mhz=3 max_memory_mhz=4 power_mw=1500 limit_mw=2500 "
    "energy_mj=3500 temperature=61 pcie_generation=4 pcie_width=8 max_pcie_generation=5 "
    "max_pcie_width=16 compute_mode=3 persistence=0 utilisation=50 memory_utilisation=25";
  gpus.processes = {{.uuid = "GPU-a", .pid = holder.pid(), .mib = "200", .more = "peak=250"}};
  gpus.lines = {"foreign device=GPU-a mib=50"};
  auto report = look();
  EXPECT_EQ(report->getLibraryState(), wire::GpuLibraryState::USABLE);
  EXPECT_FALSE(report->hasFailure());
  EXPECT_STREQ(report->getDriver().cStr(), "615.43.02");
  ASSERT_EQ(report->getDevices().size(), 1u);
  auto json = to_json<wire::GpuReading>(report->getDevices()[0]);
  EXPECT_EQ(json, R"({"index":0,"uuid":"GPU-a","name":"H200","minor":7,"state":"ok",)"
                  R"("memory":{"total_mib":1000,"reserved_mib":100,"used_mib":250,"free_mib":650},)"
                  R"("processes":{"list":[{"pid":)" +
                    std::to_string(holder.pid()) +
                    R"(,"used_mib":200,"max_used_mib":250}]},)"
                    R"("mig_mode":"disabled","mig_pending":"disabled","mig_parent":false,"ecc_uncorrected":3,)"
                    R"("remapped_rows":{"correctable":1,"uncorrectable":2,"pending":true,"failed":true},)"
                    R"("retired_pages_pending":"yes","clock_events":{"bits":40},)"
                    R"("sm_mhz":1,"max_sm_mhz":2,"memory_mhz":3,"max_memory_mhz":4,)"
                    R"("power_w":1.5,"power_limit_w":2.5,"energy_j":3.5,"temperature_c":61,)"
                    R"("pcie_generation":4,"pcie_width":8,"max_pcie_generation":5,"max_pcie_width":16,)"
                    R"("compute_mode":"exclusive_process","persistence":"no",)"
                    R"("utilisation_percent":50,"memory_utilisation_percent":25,"accounting":"yes"})");
}

TEST_F(hive_gpu_probe, tells_nothing_of_what_is_not_available) {
  idle_process holder;
  gpus.devices[0].more =
    "minor=na mig=na ecc=na corrected_rows=na retired_pending=na reasons=na sm_mhz=na max_sm_mhz=na "
    "memory_mhz=na max_memory_mhz=na power_mw=na limit_mw=na energy_mj=na temperature=na "
    "pcie_generation=na pcie_width=na max_pcie_generation=na max_pcie_width=na compute_mode=na "
    "persistence=na utilisation=na accounting=na";
  gpus.processes = {{.pid = holder.pid(), .mib = "na"}};
  auto report = look();
  auto device = report->getDevices()[0];
  EXPECT_EQ(device.getState(), wire::GpuState::OK);
  EXPECT_EQ(device.getMigMode(), wire::GpuMigMode::UNSUPPORTED);
  EXPECT_FALSE(device.hasRemappedRows());
  EXPECT_FALSE(device.hasClockEvents());
  ASSERT_EQ(device.getProcesses().getList().size(), 1u);
  EXPECT_TRUE(std::isnan(device.getProcesses().getList()[0].getUsedMib()));
  EXPECT_TRUE(std::isnan(device.getProcesses().getList()[0].getMaxUsedMib()));
  auto json = to_json<wire::GpuReading>(device);
  for (const char* name :
       {"minor", "ecc_uncorrected", "sm_mhz", "max_sm_mhz", "memory_mhz", "max_memory_mhz", "power_w", "power_limit_w",
        "energy_j", "temperature_c", "pcie_generation", "pcie_width", "max_pcie_generation", "max_pcie_width",
        "utilisation_percent", "memory_utilisation_percent"})
    EXPECT_THAT(json, HasSubstr("\"" + std::string{name} + "\":null"));
  for (const char* name : {"retired_pages_pending", "compute_mode", "persistence", "accounting"})
    EXPECT_THAT(json, HasSubstr("\"" + std::string{name} + "\":\"unknown\""));
}

TEST_F(hive_gpu_probe, a_process_list_that_cannot_be_read_is_not_an_empty_one) {
  EXPECT_TRUE(look()->getDevices()[0].hasProcesses());
  gpus.lines = {"call name=nvmlDeviceGetComputeRunningProcesses_v3 code=4"};
  EXPECT_FALSE(look()->getDevices()[0].hasProcesses());
  gpus.lines = {"call name=nvmlDeviceGetMPSComputeRunningProcesses_v3 code=3"};
  EXPECT_TRUE(look()->getDevices()[0].hasProcesses());
}

TEST_F(hive_gpu_probe, an_old_library_that_lacks_all_else_is_enough) {
  gpu_probe_program probe{once(HIVE_FAKE_OLD_NVML_FILE)};
  auto report = probe.report();
  auto device = report->getDevices()[0];
  EXPECT_EQ(device.getState(), wire::GpuState::OK);
  EXPECT_EQ(device.getMemory().getTotalMib(), 8192u);
  EXPECT_EQ(device.getMigMode(), wire::GpuMigMode::UNKNOWN);
  EXPECT_FALSE(device.hasProcesses());
  EXPECT_TRUE(std::isnan(device.getTemperatureC()));
  EXPECT_FALSE(report->hasDriver());
}

TEST_F(hive_gpu_probe, tells_each_state_and_drops_no_device) {
  gpus.devices = {{.uuid = "GPU-0"},
                  {.uuid = "GPU-1", .state = "lost"},
                  {.uuid = "GPU-2", .state = "reset"},
                  {.uuid = "GPU-3", .more = "mig=on"}};
  gpus.lines = {"call name=nvmlDeviceGetMemoryInfo_v2 device=GPU-3 code=999"};
  auto report = look();
  auto devices = report->getDevices();
  ASSERT_EQ(devices.size(), 4u);
  EXPECT_EQ(devices[0].getState(), wire::GpuState::OK);
  EXPECT_FALSE(devices[0].hasFault());
  EXPECT_EQ(devices[1].getState(), wire::GpuState::LOST);
  EXPECT_EQ(devices[1].getFault().getCode(), 15);
  EXPECT_THAT(devices[1].getFault().getText().cStr(), HasSubstr("the GPU is lost"));
  EXPECT_FALSE(devices[1].hasMemory());
  EXPECT_EQ(devices[2].getState(), wire::GpuState::RESET_REQUIRED);
  EXPECT_EQ(devices[2].getFault().getCode(), 16);
  EXPECT_EQ(devices[3].getState(), wire::GpuState::UNREADABLE);
  EXPECT_STREQ(devices[3].getFault().getText().cStr(), "nvmlDeviceGetMemoryInfo_v2: NVML error 999: unknown error");
  EXPECT_TRUE(devices[3].getMigParent());
  EXPECT_FALSE(devices[3].hasMemory());
}

TEST_F(hive_gpu_probe, remembers_which_device_was_lost) {
  gpus.devices = {{.uuid = "GPU-0", .name = "First"}, {.uuid = "GPU-1", .name = "Second"}};
  gpus.write();
  gpu_probe_program probe{often()};
  probe.report();
  gpus.devices[0].state = "lost";
  gpus.write();
  auto lost = probe.await([](const auto& r) { return r->getDevices()[0].getState() == wire::GpuState::LOST; });
  EXPECT_STREQ(lost->getDevices()[0].getUuid().cStr(), "GPU-0");
  EXPECT_STREQ(lost->getDevices()[0].getName().cStr(), "First");
  EXPECT_EQ(lost->getDevices()[1].getState(), wire::GpuState::OK);
  // The driver no longer counts it, and the other one moves up.
  gpus.devices[0].state = "absent";
  gpus.write();
  auto gone =
    probe.await([](const auto& r) { return std::string_view{r->getDevices()[0].getUuid().cStr()} == "GPU-1"; });
  ASSERT_EQ(gone->getDevices().size(), 2u);
  EXPECT_EQ(gone->getDevices()[0].getState(), wire::GpuState::OK);
  EXPECT_STREQ(gone->getDevices()[1].getUuid().cStr(), "GPU-0");
  EXPECT_EQ(gone->getDevices()[1].getState(), wire::GpuState::LOST);
  EXPECT_THAT(gone->getDevices()[1].getFault().getText().cStr(), HasSubstr("no longer lists"));
  gpus.devices[0].state = "ok";
  gpus.write();
  auto back = probe.await([](const auto& r) {
    return r->getDevices()[0].getState() == wire::GpuState::OK && r->getDevices()[1].getState() == wire::GpuState::OK;
  });
  EXPECT_EQ(back->getDevices().size(), 2u);
}

TEST_F(hive_gpu_probe, a_device_that_hangs_makes_it_silent_until_the_driver_answers) {
  gpu_probe_program probe{often()};
  probe.report();
  gpus.devices[0].state = "hang";
  gpus.write();
  while (probe.line(1s)) {
  }
  EXPECT_FALSE(probe.has_ended());
  gpus.devices[0].state = "ok";
  gpus.write();
  EXPECT_EQ(probe.report()->getDevices().size(), 1u);
}

TEST_F(hive_gpu_probe, ends_with_its_input_even_while_the_driver_hangs) {
  {
    gpu_probe_program probe{often()};
    probe.report();
    probe.close_input();
    EXPECT_EQ(probe.status(), 0);
  }
  gpus.lines = {"call name=nvmlInit_v2 hang"};
  gpus.write();
  gpu_probe_program probe{often()};
  EXPECT_FALSE(probe.line(300ms));
  EXPECT_FALSE(probe.has_ended());
  probe.close_input();
  EXPECT_EQ(probe.status(), 0);
}

TEST_F(hive_gpu_probe, without_a_library_it_says_that_there_is_none) {
  gpu_probe_program probe{once("libno-such-nvml.so.1")};
  auto report = probe.report();
  EXPECT_EQ(report->getLibraryState(), wire::GpuLibraryState::ABSENT);
  EXPECT_STREQ(report->getFailure().cStr(), "no NVIDIA driver on this machine: libno-such-nvml.so.1 is not there");
  EXPECT_EQ(report->getDevices().size(), 0u);
  EXPECT_EQ(probe.status(), 0);
}

TEST_F(hive_gpu_probe, a_library_that_cannot_be_used_is_not_an_absent_one) {
  auto text = put_file(temp.path() / "text.so", "no library");
  struct {
    std::string library;
    std::vector<std::string> lines;
    std::string failure;
    wire::GpuLibraryState state = wire::GpuLibraryState::UNUSABLE;
  } cases[]{
    {text.string(), {}, "cannot be loaded"},
    {"libm.so.6", {}, "libm.so.6 is no NVML of a known ABI: it lacks nvmlInit_v2"},
    {fake_gpus::library(),
     {"call name=nvmlInit_v2 code=18"},
     "NVML error 18: library and driver have different versions"},
    {fake_gpus::library(), {"call name=nvmlInit_v2 code=9"}, "NVML error 9", wire::GpuLibraryState::ABSENT},
    {fake_gpus::library(), {"call name=nvmlDeviceGetCount_v2 code=999"}, "cannot count its GPUs"},
    {fake_gpus::library(),
     {"abi other"},
     "is an NVML of another ABI: nvmlDeviceGetMemoryInfo_v2 refuses version 0x2000028"},
  };
  for (const auto& [library, lines, failure, state] : cases) {
    SCOPED_TRACE(failure);
    gpus.lines = lines;
    gpus.write();
    gpu_probe_program probe{once(library)};
    auto report = probe.report();
    EXPECT_EQ(report->getLibraryState(), state);
    EXPECT_THAT(report->getFailure().cStr(), HasSubstr(failure));
    for (auto device : report->getDevices())
      EXPECT_NE(device.getState(), wire::GpuState::OK);
  }
}

TEST_F(hive_gpu_probe, follows_a_driver_that_comes_later) {
  gpus.lines = {"call name=nvmlInit_v2 code=9"};
  gpus.write();
  gpu_probe_program probe{often()};
  EXPECT_EQ(probe.report()->getLibraryState(), wire::GpuLibraryState::ABSENT);
  gpus.lines.clear();
  gpus.write();
  auto later = probe.await([](const auto& r) { return r->getLibraryState() == wire::GpuLibraryState::USABLE; });
  EXPECT_FALSE(later->hasFailure());
}

TEST_F(hive_gpu_probe, lists_however_many_processes) {
  std::vector<std::unique_ptr<idle_process>> holders;
  for (size_t count : {1, 31, 32, 33, 100}) {
    SCOPED_TRACE(count);
    while (holders.size() < count)
      holders.push_back(std::make_unique<idle_process>());
    gpus.processes.clear();
    for (const auto& holder : holders)
      gpus.processes.push_back({.pid = holder->pid(), .mib = "10"});
    auto report = look();
    auto list = report->getDevices()[0].getProcesses().getList();
    ASSERT_EQ(list.size(), count);
    for (uint32_t i = 0; i + 1 < list.size(); ++i)
      EXPECT_LT(list[i].getPid(), list[i + 1].getPid());
    EXPECT_EQ(report->getDevices()[0].getMemory().getUsedMib(), 10 * count);
  }
}

TEST_F(hive_gpu_probe, a_process_of_two_kinds_is_one) {
  idle_process holder;
  gpus.processes = {{.pid = holder.pid(), .mib = "10", .more = "kind=graphics"},
                    {.pid = holder.pid(), .mib = "30", .more = "kind=compute"}};
  auto report = look();
  auto list = report->getDevices()[0].getProcesses().getList();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].getUsedMib(), 30);
}

/// Of the fake library as much as of the probe: the tests of leases stand on it.
TEST_F(hive_gpu_probe, memory_follows_real_processes) {
  auto used = [](const msg<wire::GpuReport>& r) { return r->getDevices()[0].getMemory().getUsedMib(); };
  auto processes = [](const msg<wire::GpuReport>& r) { return r->getDevices()[0].getProcesses().getList().size(); };
  idle_process quick, slow, leaking;
  gpus.processes = {{.pid = quick.pid(), .mib = "100"},
                    {.pid = slow.pid(), .mib = "1000", .free_ms = "300"},
                    {.pid = leaking.pid(), .mib = "2000", .free_ms = "never"}};
  gpus.write();
  gpu_probe_program probe{often()};
  EXPECT_EQ(used(probe.report()), 3100u);
  quick.kill();
  probe.await([&](const auto& r) { return used(r) == 3000 && processes(r) == 2; });
  slow.kill();
  probe.await([&](const auto& r) { return used(r) == 3000 && processes(r) == 1; });
  probe.await([&](const auto& r) { return used(r) == 2000; });
  leaking.kill();
  probe.await([&](const auto& r) { return used(r) == 2000 && processes(r) == 0; });
  // A process that registers itself.
  idle_process self;
  auto line = "device=GPU-0 pid=" + std::to_string(self.pid()) + " mib=";
  put_file(gpus.registry(), line + "5\n" + line + "7\n" + line + "9"); // the last line is not complete
  probe.await([&](const auto& r) { return used(r) == 2007 && processes(r) == 1; });
}

TEST_F(hive_gpu_probe, the_parts_of_memory_never_exceed_the_whole) {
  gpus.devices[0].total_mib = 1000;
  gpus.devices[0].reserved_mib = 100;
  gpus.lines = {"foreign device=GPU-0 mib=5000"};
  auto report = look();
  auto memory = report->getDevices()[0].getMemory();
  EXPECT_EQ(memory.getReservedMib() + memory.getUsedMib() + memory.getFreeMib(), memory.getTotalMib());
  EXPECT_EQ(memory.getFreeMib(), 0u);
}

TEST_F(hive_gpu_probe, changes_its_pace_at_once) {
  gpu_probe_program probe{{"--library", fake_gpus::library(), "--interval-ms", "3600000"}};
  auto first = probe.report();
  probe.write("interval 10\n");
  auto second = probe.report();
  EXPECT_GT(second->getMonotonicUs(), first->getMonotonicUs());
  probe.report();
  probe.write("interval 0\ninterval x\nnonsense\ninterval 99999999999999999999\n" + std::string(100'000, 'x') + "\n");
  for (int i = 0; i < 3; ++i)
    probe.report();
  EXPECT_THAT(probe.errors(), HasSubstr("ignored a line of standard input"));
}

TEST_F(hive_gpu_probe, explains_itself_and_refuses_wrong_arguments) {
  gpu_probe_program help{{"--help"}};
  EXPECT_THAT(help.line().value_or(""), StartsWith("Usage: hive-gpu-probe"));
  EXPECT_EQ(help.status(), 0);
  struct {
    std::vector<std::string> arguments;
    std::string why;
  } cases[]{{{"--nonsense"}, "unknown argument '--nonsense'"},
            {{"--library"}, "--library has no value"},
            {{"--library="}, "--library is empty"},
            {{"--interval-ms", "9"}, "--interval-ms must lie between 10 and 3600000, not '9'"},
            {{"--interval-ms=10x"}, "--interval-ms must lie between 10 and 3600000, not '10x'"},
            {{"--once=1"}, "unknown argument '--once=1'"}};
  for (const auto& [arguments, why] : cases) {
    gpu_probe_program probe{arguments};
    EXPECT_EQ(WEXITSTATUS(probe.status()), 64);
    EXPECT_THAT(probe.errors(), HasSubstr(why));
  }
}

} // namespace
} // namespace hive
