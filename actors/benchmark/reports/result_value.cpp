#include "actors/benchmark/reports/result_value.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <cmath>

namespace hive::detail {
namespace {

/// The member's value, or null.
std::optional<capnp::JsonValue::Reader> find(capnp::JsonValue::Reader value, std::string_view name) {
  if (value.isObject())
    for (auto field : value.getObject())
      if (as_view(field.getName()) == name)
        return field.getValue();
  return std::nullopt;
}

} // namespace

bool result_value::has(std::string_view name) const {
  auto found = find(value_, name);
  return found && !found->isNull();
}

bool result_value::is_true(std::string_view name) const {
  auto found = find(value_, name);
  return found && found->isBoolean() && found->getBoolean();
}

result_value result_value::at(std::string_view name) const {
  auto found = find(value_, name);
  if (!found)
    refuse(value_.isObject() ? "lacks \"" + std::string{name} + "\"" : "is no object");
  return {found.value_or(capnp::JsonValue::Reader{}), place_ + "/" + std::string{name}, into_};
}

std::vector<result_value> result_value::elements() const {
  std::vector<result_value> out;
  if (!value_.isArray()) {
    refuse("is no array");
    return out;
  }
  for (auto element : value_.getArray())
    out.emplace_back(element, place_ + "/" + std::to_string(out.size()), into_);
  return out;
}

std::vector<std::pair<std::string, result_value>> result_value::members() const {
  std::vector<std::pair<std::string, result_value>> out;
  if (!value_.isObject()) {
    refuse("is no object");
    return out;
  }
  for (auto field : value_.getObject()) {
    auto name = std::string{as_view(field.getName())};
    out.emplace_back(name, result_value{field.getValue(), place_ + "/" + name, into_});
  }
  return out;
}

double result_value::number() const {
  if (value_.isNumber() && std::isfinite(value_.getNumber()))
    return value_.getNumber();
  refuse("is no finite number");
  return 0;
}

std::vector<double> result_value::numbers() const {
  std::vector<double> out;
  for (const auto& element : elements())
    out.push_back(element.number());
  return out;
}

std::string result_value::text() const {
  if (value_.isString())
    return std::string{as_view(value_.getString())};
  refuse("is no text");
  return {};
}

} // namespace hive::detail
