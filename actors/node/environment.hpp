#pragma once

#include "gpu/devices.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <string>
#include <string_view>

namespace hive {

/// The machine that this process measures on: what the kernel says of processor, memory and itself, and the GPUs of
/// `gpus`. What cannot be read is empty or 0.
msg<wire::Environment> describe_environment(const gpu_inventory& gpus);

/// The processor's name in the text of /proc/cpuinfo; empty when it holds none, as on many ARM machines.
std::string cpu_model_of(std::string_view cpuinfo);

/// MemTotal in the text of /proc/meminfo in MiB, or 0.
uint64_t memory_mib_of(std::string_view meminfo);

/// 16 hex digits: the first 8 bytes of the SHA-256 over cpu model, cores, memory, kernel and GPU names. Memory is
/// rounded to GiB, because what a kernel keeps for itself differs by megabytes between boots. The node's name is left
/// out on purpose: a renamed machine measures as before, and two machines of one make may be compared.
std::string fingerprint_of(wire::Environment::Reader environment);

} // namespace hive
