#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace hive {

/// The machine that this process measures on: processor, memory, governor and kernel as reported by the kernel, the
/// limits of its control groups, the names of its GPUs, or `none`, or `unknown: why`, and the version of their driver.
/// Other unknown values are empty or 0.
msg<wire::Environment> describe_environment(const std::string& gpu_names, const std::string& driver);

/// The processor's name in the text of /proc/cpuinfo; empty when absent, as on many ARM machines.
std::string cpu_model_of(std::string_view cpuinfo);

/// MemTotal in MiB, from the text of /proc/meminfo; 0 when absent.
uint64_t memory_mib_of(std::string_view meminfo);

/// 16 hex digits: the first 8 bytes of the SHA-256 over cpu model, cores, memory, kernel and GPU names. Memory is
/// rounded to GiB, because the kernel's own share varies by megabytes between boots. The node's name is excluded on
/// purpose: renaming a machine changes no measurement, and two identical machines may be compared. So are driver,
/// governor and limits, which older snapshots lack: their fingerprints stay what they were.
std::string fingerprint_of(wire::Environment::Reader environment);

} // namespace hive
