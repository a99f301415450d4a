#pragma once

#include "messages/gpu.capnp.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace hive::gpu {

// What disturbs a measurement. docs/reference/benchmarks.md has the table for users.
//
// What is not known disturbs nothing by itself: cards of consumers count no memory errors, virtual machines hide the
// PCIe link, and a rule that took absence for a disturbance would make every result of theirs inconclusive. It is not
// shown as clean either: the field is absent from the evidence. Two things must be known of every device, because the
// probe tells them of all: that it was there (observations), all the time (unobserved).

/// NVML's clock event reasons that slow a device down for power or heat: software power cap, hardware slowdown,
/// software and hardware thermal slowdown, power brake. The others are what somebody set, or an idle device.
inline constexpr uint64_t disturbing_clock_events = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;
/// The device runs nothing and has lowered its clocks.
inline constexpr uint64_t idle_clock_event = 0x1;

/// A device that stood still for a hundredth of the time changes a mean by 1 %, a fifth of what an upgrade check calls
/// a regression. A run of less than 100 s has no poll that is less.
inline constexpr double tolerated_throttled_share = 0.01;

/// An X server on a machine without a desktop keeps some MiB of a device and computes nothing; the smallest CUDA
/// context takes more than 100.
inline constexpr double tolerated_foreign_mib = 64;

/// Copies within a device repeat within 1 %. More apart than what an upgrade check calls a regression, the device was
/// not the same before and after.
inline constexpr double tolerated_bandwidth_share = 0.05;

/// A run of this length has at least two polls, since there is one a second. One poll says nothing of a change.
inline constexpr double unobserved_run_s = 5;
inline constexpr uint32_t min_observations = 2;

/// Nothing is known of a device for what two polls are further apart, which is when the ledger grants nothing on it
/// either.
inline constexpr std::chrono::microseconds longest_gap = std::chrono::seconds{2};

struct judgement {
  wire::RunQuality quality = wire::RunQuality::CLEAN;
  std::vector<std::string> reasons; ///< at most 64, none of them long
};

/// Judges a measurement by what its evidence holds; `quality` and `reasons` of the evidence are not read. Simulated
/// comes before disturbed.
judgement classify(wire::RunEvidence::Reader evidence);

/// Writes the judgement into the evidence, beside reasons that others have found.
void judge(wire::RunEvidence::Builder evidence);

/// Why the clocks were lowered, in words: "power cap, thermal slowdown". Empty when none of the bits disturbs.
std::string describe_clock_events(uint64_t bits);

} // namespace hive::gpu
