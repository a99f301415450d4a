#pragma once

#include "actors/benchmark/reports/result_metrics.hpp"

#include <capnp/compat/json.h>

namespace hive::detail {

/// A JSON value of a result file and its place there. What it lacks is refused at `into`, and reads as empty.
class result_value {
public:
  result_value(capnp::JsonValue::Reader value, std::string place, result_metrics& into)
      : value_{value}, place_{std::move(place)}, into_{into} {
  }

  bool is_object() const {
    return value_.isObject();
  }
  bool is_number() const {
    return value_.isNumber();
  }
  /// Whether it is an object with a member of this name that is not null.
  bool has(std::string_view name) const;
  /// The member of an object, which must be there.
  result_value at(std::string_view name) const;
  /// The elements of an array.
  std::vector<result_value> elements() const;
  /// The members of an object by name.
  std::vector<std::pair<std::string, result_value>> members() const;

  double number() const;
  std::vector<double> numbers() const;
  std::string text() const;
  /// true; anything else, and no member of this name, is false.
  bool is_true(std::string_view name) const;

  const std::string& place() const {
    return place_;
  }
  void refuse(const std::string& why, ec code = ec::malformed) const {
    into_.refuse(code, place_, why);
  }

private:
  capnp::JsonValue::Reader value_;
  std::string place_;
  result_metrics& into_;
};

} // namespace hive::detail
