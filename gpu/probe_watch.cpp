#include "gpu/probe_watch.hpp"

#include "messages/json.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <utility>

namespace hive {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

/// Bytes of a reason, as in the schema.
constexpr size_t max_reason_bytes = 1024;
/// Bytes of a malformed line that are shown.
constexpr size_t shown_bytes = 80;

std::string seconds(std::chrono::steady_clock::duration time) {
  auto ms = duration_cast<std::chrono::milliseconds>(time).count();
  auto out = std::to_string(ms / 1000);
  return (ms % 1000 ? out + "." + std::to_string(ms % 1000 / 100) : out) + " s";
}

std::string count_of_probes(size_t count) {
  return count == 1 ? "a GPU probe" : std::to_string(count) + " GPU probes";
}

/// How long ago the poll began. Both sides read the machine's monotonic clock.
std::chrono::steady_clock::duration age_of(const msg<wire::GpuReport>& report, probe_watch::time_point now) {
  return now.time_since_epoch() - microseconds{static_cast<int64_t>(report->getMonotonicUs())};
}

} // namespace

probe_watch::probe_watch(time_point now, probe_watch_options options, size_t stuck)
    : options_{options}, due_{now}, started_{now}, printed_{now}, backoff_{options.min_backoff}, stuck_{stuck},
      reason_{"the GPU probe has not reported yet"} {
}

probe_watch::time_point probe_watch::next_tick() const {
  if (phase_ != phase::running)
    return due_;
  return printed_ + (is_silent_ ? options_.patience : options_.silence);
}

probe_step probe_watch::tick(time_point now) {
  probe_step out;
  switch (phase_) {
  case phase::starting:
    break;
  case phase::waiting:
    if (now < due_)
      break;
    if (stuck_ >= options_.max_stuck) {
      become_unknown("the GPU driver hangs: " + count_of_probes(stuck_) +
                       " cannot be killed, and no further one is started until one ends",
                     out);
      due_ = now + options_.max_backoff;
      break;
    }
    phase_ = phase::starting;
    due_ = now + options_.max_backoff;
    out.start = true;
    break;
  case phase::running:
    if (now - printed_ >= options_.silence && !std::exchange(is_silent_, true))
      become_unknown("the GPU probe has been silent for " + seconds(options_.silence), out);
    if (now - printed_ >= options_.patience)
      give_up("the GPU probe was silent for " + seconds(options_.patience) + " and is restarted", now, out);
    break;
  case phase::killed:
    if (now < due_)
      break;
    out.leave = true;
    ++stuck_;
    become_unknown("the GPU driver hangs: a GPU probe cannot be killed", out);
    wait_for_restart(now);
    break;
  }
  return out;
}

probe_step probe_watch::started(time_point now) {
  phase_ = phase::running;
  started_ = printed_ = now;
  is_silent_ = false;
  line_.clear();
  return {};
}

probe_step probe_watch::start_failed(const std::string& why, time_point now) {
  probe_step out;
  become_unknown("the GPU probe does not start: " + why, out);
  wait_for_restart(now);
  return out;
}

probe_step probe_watch::feed(std::string_view bytes, time_point now) {
  probe_step out;
  while (phase_ == phase::running && !bytes.empty()) {
    auto end = bytes.find('\n');
    auto part = bytes.substr(0, end);
    if (line_.size() + part.size() > options_.max_line_bytes) {
      give_up("the GPU probe printed a line of more than " + std::to_string(options_.max_line_bytes) + " bytes", now,
              out);
      break;
    }
    line_ += part;
    if (end == bytes.npos)
      break;
    bytes.remove_prefix(end + 1);
    take_line(line_, now, out);
    line_.clear();
  }
  return out;
}

void probe_watch::take_line(std::string_view line, time_point now, probe_step& out) {
  auto report = from_json<wire::GpuReport>(line);
  if (!report)
    return give_up("the GPU probe printed a malformed line: " + text_of(report.error()) + ": " +
                     printable(cut_text(line, shown_bytes)),
                   now, out);
  printed_ = now;
  is_silent_ = false;
  // What waited in the pipe while this process or the probe was stopped is no news; neither is a poll that took long.
  if (auto age = age_of(*report, now); age >= options_.silence)
    return become_unknown("the GPU probe's newest report is " + seconds(age) + " old", out);
  if (now - started_ >= options_.stable)
    backoff_ = options_.min_backoff;
  reason_.clear();
  latest_ = *report;
  out.unknown.reset();
  out.reports.push_back(std::move(*report));
}

probe_step probe_watch::ended(const std::string& why, time_point now) {
  probe_step out;
  if (phase_ == phase::running)
    become_unknown("the GPU probe ended: " + why, out);
  wait_for_restart(now);
  return out;
}

void probe_watch::reaped(time_point now) {
  if (stuck_ > 0)
    --stuck_;
  if (phase_ == phase::waiting)
    due_ = std::min(due_, now + backoff_);
}

void probe_watch::give_up(std::string why, time_point now, probe_step& out) {
  become_unknown(std::move(why), out);
  line_ = {};
  phase_ = phase::killed;
  due_ = now + options_.kill_grace;
  out.kill = true;
}

void probe_watch::become_unknown(std::string why, probe_step& out) {
  std::string text{cut_text(why, max_reason_bytes)};
  latest_.reset();
  if (text == reason_)
    return;
  reason_ = std::move(text);
  out.unknown = reason_;
}

void probe_watch::wait_for_restart(time_point now) {
  phase_ = phase::waiting;
  due_ = now + backoff_;
  backoff_ = std::min(2 * backoff_, options_.max_backoff);
}

} // namespace hive
