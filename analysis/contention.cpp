#include "analysis/contention.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace hive::analysis {
namespace {

std::string three_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string percent(double share) {
  constexpr double per_cent = 100;
  return three_digits(share * per_cent) + "%";
}

std::string counted(uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

bool are_known(double a, double b) {
  return !std::isnan(a) && !std::isnan(b);
}

std::string tell_change(const char* what, const run_contention& a, const std::string& was, const run_contention& b,
                        const std::string& now) {
  return std::string{what} + " changed from " + was + " during " + std::string{a.run} + " to " + now + " during " +
         std::string{b.run};
}

/// Reasons that a run has alone.
void add_bursts(const run_contention& during, std::vector<std::string>& out) {
  auto run = " during " + std::string{during.run};
  if (during.steal > max_steal)
    out.push_back("the hypervisor took " + percent(during.steal) + " of the processors' time" + run);
  if (during.throttled > 0)
    out.push_back("a processor was throttled " + counted(during.throttled, "time", "times") + run);
  if (during.captures > 0)
    out.push_back(counted(during.captures, "other capture", "other captures") + " of this node ran" + run);
}

} // namespace

std::vector<std::string> disturbances_between(const run_contention& a, const run_contention& b, uint32_t processors) {
  std::vector<std::string> out;
  add_bursts(a, out);
  add_bursts(b, out);
  if (are_known(a.load, b.load)) {
    if (std::abs(a.load - b.load) > max_load_difference * processors)
      out.push_back(
        tell_change("the load of other programs", a, three_digits(a.load), b, three_digits(b.load) + " processors"));
  } else if (are_known(a.pressure, b.pressure) && std::abs(a.pressure - b.pressure) > max_pressure_difference) {
    out.push_back(tell_change("the share of time in which a task waited for a processor", a, percent(a.pressure), b,
                              percent(b.pressure)));
  }
  return out;
}

std::string describe_contention(const run_contention& during) {
  std::string out;
  auto add = [&](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (during.steal > max_steal)
    add("steal " + percent(during.steal));
  if (during.load > notable_load)
    add("load of others " + three_digits(during.load));
  else if (std::isnan(during.load) && during.pressure > notable_pressure)
    add("processors were waited for " + percent(during.pressure) + " of the time");
  if (during.throttled > 0)
    add("throttled " + counted(during.throttled, "time", "times"));
  if (during.captures > 0)
    add(counted(during.captures, "other capture", "other captures"));
  return out;
}

} // namespace hive::analysis
