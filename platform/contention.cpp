#include "platform/contention.hpp"

#include "platform/read_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// The next number of a line, which it is removed from; NaN when none follows.
double take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  double value = 0;
  auto [end, wrong] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (wrong != std::errc{})
    return contention_sample::unknown;
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  return value;
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

uint64_t count_in(const fs::path& file) {
  auto text = read_kernel_file(file);
  uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Each processor counts for its core, and all of a package count for the package.
uint64_t count_throttled(const fs::path& processors) {
  uint64_t cores = 0, package = 0;
  std::error_code failed;
  for (fs::directory_iterator entry{processors, failed}, end; !failed && entry != end; entry.increment(failed)) {
    auto counters = entry->path() / "thermal_throttle";
    std::error_code missing;
    if (!fs::is_directory(counters, missing))
      continue;
    cores += count_in(counters / "core_throttle_count");
    package = std::max(package, count_in(counters / "package_throttle_count"));
  }
  return cores + package;
}

double share(double part, double whole) {
  return std::clamp(part / whole, 0.0, 1.0); // NaN stays NaN
}

} // namespace

void read_processor_times(std::string_view text, contention_sample& out) {
  constexpr std::string_view name = "cpu ";
  auto line = first_line(text);
  if (!line.starts_with(name))
    return;
  line.remove_prefix(name.size());
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user and nice.
  std::array<double, 8> ticks{};
  double all = 0;
  for (auto& each : ticks)
    all += each = take_number(line);
  if (std::isnan(all))
    return;
  auto [user, nice, system, idle, iowait, irq, softirq, steal] = ticks;
  auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  out.busy_s = (user + nice + system + irq + softirq) / per_second;
  out.steal_s = steal / per_second;
  out.all_s = all / per_second;
}

void read_pressure(std::string_view text, contention_sample& out) {
  constexpr std::string_view total = "total=";
  constexpr double micros_per_s = 1e6;
  auto line = first_line(text);
  auto at = line.find(total);
  if (!line.starts_with("some ") || at == line.npos)
    return;
  line.remove_prefix(at + total.size());
  out.waited_s = take_number(line) / micros_per_s;
}

void read_mean_tasks(std::string_view text, contention_sample& out) {
  out.mean_tasks = take_number(text);
}

contention_sample sample_contention(const fs::path& root) {
  contention_sample out;
  out.at_s = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  read_processor_times(read_kernel_file(root / "proc/stat"), out);
  read_pressure(read_kernel_file(root / "proc/pressure/cpu"), out);
  read_mean_tasks(read_kernel_file(root / "proc/loadavg"), out);
  out.throttled = count_throttled(root / "sys/devices/system/cpu");
  return out;
}

contention contention_between(const contention_sample& before, const contention_sample& after, double own_s) {
  contention out;
  auto span_s = after.at_s - before.at_s;
  if (!(span_s > 0))
    return out;
  out.pressure = share(after.waited_s - before.waited_s, span_s);
  out.throttled = after.throttled - std::min(before.throttled, after.throttled);
  if (span_s < min_contention_span_s)
    return out;
  auto all_s = after.all_s - before.all_s;
  bool is_counted = all_s > 0; // false for NaN; some containers show a file that stands still
  if (is_counted)
    out.steal = share(after.steal_s - before.steal_s, all_s);
  auto others = is_counted ? (after.busy_s - before.busy_s - own_s) / span_s : after.mean_tasks - own_s / span_s;
  if (!std::isnan(others))
    out.load = std::max(others, 0.0);
  return out;
}

contention read_contention(wire::Contention::Reader from) {
  return {from.getSteal(), from.getPressure(), from.getLoad(), from.getThrottled()};
}

void write_contention(const contention& from, wire::Contention::Builder out) {
  out.setSteal(from.steal);
  out.setPressure(from.pressure);
  out.setLoad(from.load);
  out.setThrottled(from.throttled);
}

} // namespace hive
