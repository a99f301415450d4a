#pragma once

#include "messages/gpu_probe.capnp.h"
#include "messages/msg.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

struct probe_watch_options {
  using duration = std::chrono::steady_clock::duration;

  /// A probe that has not reported for so long says nothing: its devices are unknown. A report about a poll that began
  /// earlier is as old.
  duration silence = std::chrono::seconds{2};
  /// A silent probe is killed after so long, for a call of the driver that hangs may yet return.
  duration patience = std::chrono::seconds{10};
  /// Time for a killed probe to end. One that has not is stuck in the driver: it is left behind.
  duration kill_grace = std::chrono::seconds{1};
  /// Probes left behind at a time. Each would be stuck in the same driver.
  size_t max_stuck = 3;
  /// Longest line: 64 devices with some hundred processes each.
  size_t max_line_bytes = size_t{1} << 20;
  /// Pause before the first restart; doubles up to `max_backoff` until a probe has reported for `stable`.
  duration min_backoff = std::chrono::milliseconds{500};
  duration max_backoff = std::chrono::seconds{30};
  duration stable = std::chrono::seconds{10};
};

/// What the owner of the probe must do, and tell others, after an event.
struct probe_step {
  std::vector<msg<wire::GpuReport>> reports; ///< new ones, oldest first
  std::optional<std::string> unknown;        ///< the devices are unknown from now on, or for another reason than before
  bool start = false;                        ///< start a probe now, then call `started` or `start_failed`
  bool kill = false;                         ///< kill the probe; `ended` must follow, if it ends at all
  bool leave = false; ///< the killed probe is stuck: wait for it no longer, call `reaped` if it ends
};

/// Judges what a hive-gpu-probe prints, and decides when it is killed and started again. Pure: time is passed in.
class probe_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Starts with unknown devices. `stuck`: probes that were left behind earlier and have not ended.
  explicit probe_watch(time_point now, probe_watch_options options = {}, size_t stuck = 0);

  /// Time passed. Due at `next_tick` at the latest.
  probe_step tick(time_point now);
  time_point next_tick() const;

  probe_step started(time_point now);
  probe_step start_failed(const std::string& why, time_point now);

  /// The probe printed this.
  probe_step feed(std::string_view bytes, time_point now);

  /// The probe has ended, and was reaped.
  probe_step ended(const std::string& why, time_point now);

  /// A probe that was left behind has ended.
  void reaped(time_point now);

  /// The newest report, unless the devices are unknown.
  const std::optional<msg<wire::GpuReport>>& latest() const {
    return latest_;
  }

  /// Why the devices are unknown; empty while they are not.
  const std::string& unknown_reason() const {
    return reason_;
  }

private:
  enum class phase { waiting, starting, running, killed };

  void become_unknown(std::string why, probe_step& out);
  void take_line(std::string_view line, time_point now, probe_step& out);
  void give_up(std::string why, time_point now, probe_step& out);
  void wait_for_restart(time_point now);

  probe_watch_options options_;
  phase phase_ = phase::waiting;
  time_point due_;     ///< of a restart, or of the end of a killed probe
  time_point started_; ///< of the running probe
  time_point printed_; ///< when the last report came, or the start
  bool is_silent_ = false;
  std::chrono::steady_clock::duration backoff_;
  std::string line_; ///< the beginning of a line
  size_t stuck_;
  std::optional<msg<wire::GpuReport>> latest_;
  std::string reason_;
};

} // namespace hive
