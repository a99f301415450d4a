#include "analysis/environment.hpp"

#include "analysis/shorten.hpp"

#include <algorithm>
#include <array>

namespace hive::analysis {
namespace {

/// In the order of environment_field.
constexpr std::array<std::string_view, 9> names{"cpu_model", "cores",    "memory_mib", "kernel",      "gpu",
                                                "driver",    "governor", "cpu_limit",  "memory_limit"};
constexpr std::string_view unlisted_name = "a field that this release does not know";
static_assert(names.size() == static_cast<size_t>(environment_field::unlisted));

constexpr size_t max_value_bytes = 80;

std::string known_number(uint64_t value) {
  return value == 0 ? std::string{} : std::to_string(value);
}

/// The value in words; empty when unknown.
std::string value_of(const environment& machine, environment_field field) {
  switch (field) {
  case environment_field::cpu_model:
    return std::string{machine.cpu_model};
  case environment_field::cores:
    return known_number(machine.cores);
  case environment_field::memory_mib:
    return known_number(machine.memory_mib);
  case environment_field::kernel:
    return std::string{machine.kernel};
  case environment_field::gpu:
    return machine.gpu.starts_with("unknown") ? std::string{} : std::string{machine.gpu};
  case environment_field::driver:
    return std::string{machine.driver};
  case environment_field::governor:
    return std::string{machine.governor};
  case environment_field::cpu_limit:
    return std::string{machine.cpu_limit};
  case environment_field::memory_limit:
    return std::string{machine.memory_limit};
  case environment_field::unlisted:
    break;
  }
  return {};
}

uint64_t gib_of(uint64_t mib) {
  constexpr uint64_t mib_per_gib = 1024;
  return (mib + mib_per_gib / 2) / mib_per_gib;
}

bool is_known_equal(const environment& a, const environment& b, environment_field field) {
  auto value = value_of(a, field), other = value_of(b, field);
  if (value.empty() || other.empty())
    return false;
  if (field == environment_field::memory_mib)
    return gib_of(a.memory_mib) == gib_of(b.memory_mib);
  return value == other;
}

} // namespace

std::optional<environment_field> find_environment_field(std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return std::nullopt;
  return static_cast<environment_field>(found - names.begin());
}

std::string_view name_of(environment_field field) {
  return field == environment_field::unlisted ? "unlisted" : names[static_cast<size_t>(field)];
}

const std::string& environment_field_names() {
  static const std::string all = [] {
    std::string out;
    for (auto name : names)
      out += (out.empty() ? "" : ", ") + std::string{name};
    return out;
  }();
  return all;
}

std::vector<field_difference> differing_fields(const environment& was, const environment& now,
                                               environment_fields wanted) {
  std::vector<field_difference> out;
  for (size_t i = 0; i <= names.size(); ++i) {
    auto field = static_cast<environment_field>(i);
    if (wanted.contains(field) && !is_known_equal(was, now, field))
      out.push_back({std::string{i < names.size() ? names[i] : unlisted_name},
                     shorten(value_of(was, field), max_value_bytes), shorten(value_of(now, field), max_value_bytes)});
  }
  return out;
}

std::string describe_differences(const std::vector<field_difference>& differences) {
  auto value = [](const std::string& text) { return text.empty() ? std::string{"unknown"} : text; };
  std::string out;
  for (const auto& [name, was, now] : differences)
    out += (out.empty() ? "" : ", ") + name + ": " +
           (was.empty() && now.empty() ? "unknown on both sides" : value(was) + " and " + value(now));
  return out;
}

} // namespace hive::analysis
