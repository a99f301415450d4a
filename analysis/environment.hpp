#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Properties of a machine, in the order of `environment`.
enum class environment_field : uint8_t {
  cpu_model,
  cores,
  memory_mib,
  kernel,
  gpu,
  driver,
  governor,
  cpu_limit,
  memory_limit,
  unlisted ///< a name that this release does not know; never equal on both sides
};

/// A set of fields.
class environment_fields {
public:
  constexpr environment_fields() = default;
  constexpr environment_fields(std::initializer_list<environment_field> fields) {
    for (auto field : fields)
      add(field);
  }

  constexpr void add(environment_field field) {
    bits_ = static_cast<uint16_t>(bits_ | bit(field));
  }

  constexpr bool contains(environment_field field) const {
    return (bits_ & bit(field)) != 0;
  }

  constexpr bool empty() const {
    return bits_ == 0;
  }

  constexpr bool operator==(const environment_fields&) const = default;

  /// The fields of either.
  friend constexpr environment_fields operator|(environment_fields a, environment_fields b) {
    a.bits_ = static_cast<uint16_t>(a.bits_ | b.bits_);
    return a;
  }

private:
  static constexpr uint16_t bit(environment_field field) {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(field));
  }

  uint16_t bits_ = 0;
};

/// The field of this name, as it is written in JSON and in configurations.
std::optional<environment_field> find_environment_field(std::string_view name);

/// The name of a field; `unlisted` has that of its enumerator.
std::string_view name_of(environment_field field);

/// Names of all fields, for messages: "cpu_model, cores, …".
const std::string& environment_field_names();

/// The machine that a snapshot was taken on. Empty texts and zeros are unknown. Its texts must outlive it.
struct environment {
  std::string_view cpu_model = {};
  uint32_t cores = 0;
  uint64_t memory_mib = 0;
  std::string_view kernel = {};
  std::string_view gpu = {}; ///< names, or `none`; a text that begins with `unknown` is unknown
  std::string_view driver = {};
  std::string_view governor = {};
  std::string_view cpu_limit = {};
  std::string_view memory_limit = {};
};

/// A field whose values differ, or of which a value is unknown.
struct field_difference {
  std::string name;
  std::string was; ///< at most 80 bytes; empty: unknown
  std::string now;
};

/// The fields among `wanted` that are not known to be equal, in the order of `environment`. An unknown value equals
/// nothing. Memory is equal when it rounds to the same GiB, because the kernel's own share varies from boot to boot.
std::vector<field_difference> differing_fields(const environment& was, const environment& now,
                                               environment_fields wanted);

/// "cpu_model: X and Y, cores: 4 and unknown"; empty without differences.
std::string describe_differences(const std::vector<field_difference>& differences);

} // namespace hive::analysis
