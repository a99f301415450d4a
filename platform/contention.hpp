#pragma once

#include "messages/snapshot.capnp.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string_view>

namespace hive {

/// What a machine has counted since it started, at one moment. NaN: not known.
struct contention_sample {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  double at_s = 0;             ///< on the steady clock
  double busy_s = unknown;     ///< processor time of all processes and of the kernel, over all processors
  double steal_s = unknown;    ///< processor time that the hypervisor gave to other machines
  double all_s = unknown;      ///< processor time in all, idle time among it
  double waited_s = unknown;   ///< time in which at least one task waited for a processor
  double mean_tasks = unknown; ///< that ran or wanted to, over about the last minute
  uint64_t throttled = 0;      ///< times that a processor was slowed because of its temperature; 0: or not known
};

/// Reads /proc/stat, /proc/pressure/cpu, /proc/loadavg and the thermal counters below /sys, all of which any of the
/// machine's containers may lack. `root` stands for / in tests. Takes microseconds, with hundreds of processors
/// milliseconds.
contention_sample sample_contention(const std::filesystem::path& root = "/");

/// Text of /proc/stat: sets busy_s, steal_s and all_s. A text of another form sets nothing; so do those below.
void read_processor_times(std::string_view text, contention_sample& out);
/// Text of /proc/pressure/cpu: sets waited_s.
void read_pressure(std::string_view text, contention_sample& out);
/// Text of /proc/loadavg: sets mean_tasks.
void read_mean_tasks(std::string_view text, contention_sample& out);

/// What else used the machine between two samples. NaN: not known.
struct contention {
  double steal = contention_sample::unknown;
  double pressure = contention_sample::unknown;
  double load = contention_sample::unknown;
  uint64_t throttled = 0;
};

/// Shorter runs have neither steal nor load: processor time is counted in hundredths of a second.
inline constexpr double min_contention_span_s = 0.2;

/// What else used the machine during a run that took `own_s` of processor time itself; with NaN the load is unknown.
/// Where processor time is not counted, the load is the machine's mean number of tasks at the end without the run's
/// own.
contention contention_between(const contention_sample& before, const contention_sample& after, double own_s);

contention read_contention(wire::Contention::Reader from);
/// Leaves `captures` as it is.
void write_contention(const contention& from, wire::Contention::Builder out);

} // namespace hive
