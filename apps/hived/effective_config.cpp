#include "apps/hived/effective_config.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace hive {
namespace {

constexpr auto hidden = "(hidden)";

/// Keys whose value is hidden: the hash of a token helps to guess it.
bool is_secret(std::string_view key) {
  return key == "sha256";
}

/// Tables whose values are hidden, but not their names.
bool holds_secrets(std::string_view key) {
  return key == "environment";
}

std::string as_text(const toml::node& value) {
  std::ostringstream out;
  out << toml::toml_formatter{value, toml::format_flags::none};
  return out.str();
}

std::string as_toml(std::string_view key, const toml::node& value) {
  const auto* table = value.as_table();
  if (!table)
    return as_text(value);
  toml::table shown;
  shown.is_inline(true);
  for (const auto& [name, element] : *table)
    shown.insert_or_assign(name.str(), holds_secrets(key) ? std::string{hidden} : element.value_or(std::string{}));
  return as_text(shown);
}

} // namespace

std::string toml_key(std::string_view key) {
  auto is_bare = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; };
  if (!key.empty() && std::ranges::all_of(key, is_bare))
    return std::string{key};
  std::string out{'"'};
  for (char c : key)
    out.append(c == '"' || c == '\\' ? 1 : 0, '\\') += c;
  return out + '"';
}

size_t effective_config::begin(std::string name, bool is_array) {
  sections_.push_back({std::move(name), is_array, {}});
  return sections_.size() - 1;
}

void effective_config::set(size_t section, std::string_view key, const toml::node* value, std::string source) {
  setting made{std::string{key}, {}, std::move(source)};
  if (value && is_secret(key))
    made.remark += ", hidden";
  else if (value)
    made.value = as_toml(key, *value);
  else
    made.remark = "not set";
  auto& known = sections_[section].settings;
  auto same = std::ranges::find(known, key, &setting::key);
  if (same == known.end())
    known.push_back(std::move(made));
  else
    *same = std::move(made);
}

void effective_config::set(std::string_view full_key, const toml::node& value, std::string source) {
  auto dot = full_key.rfind('.');
  auto found = std::ranges::find(sections_, full_key.substr(0, dot), &section::name);
  set(static_cast<size_t>(found - sections_.begin()), full_key.substr(dot + 1), &value, std::move(source));
}

std::string effective_config::text() const {
  std::string out =
    "# Every key with the value that holds and where it comes from. Keys behind # are not set, or hidden.\n";
  for (const auto& section : sections_) {
    if (section.settings.empty())
      continue;
    out += "\n" + (section.is_array ? "[[" + section.name + "]]\n" : "[" + section.name + "]\n");
    for (const auto& setting : section.settings) {
      auto key = toml_key(setting.key);
      out += (setting.value.empty() ? "# " + key : key + " = " + setting.value) + "  # " + setting.remark + "\n";
    }
  }
  return out;
}

} // namespace hive
