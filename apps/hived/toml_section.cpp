#include "apps/hived/toml_section.hpp"

#include "messages/ec.hpp"

#include <fmt/format.h>

namespace hive {

toml::table parse_toml(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) // opens like a file, and reads like an empty one
    throw config_error{file.string() + ": is a directory, not a file"};
  try {
    return toml::parse_file(file.string());
  } catch (const toml::parse_error& e) {
    auto line = e.source().begin.line; // 0 when the file could not be read at all
    throw config_error{file.string() + (line > 0 ? ":" + std::to_string(line) : "") + ": " +
                       std::string{e.description()}};
  }
}

toml_section::toml_section(const toml::table& table, std::string path, std::string file)
    : table_{table}, path_{std::move(path)}, file_{std::move(file)} {
}

const toml::node* toml_section::find(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

std::string toml_section::full_name(std::string_view key) const {
  return (path_.empty() ? "" : path_ + ".") + std::string{key};
}

std::string toml_section::place(const toml::node* node, const std::string& name) const {
  auto line = node ? node->source().begin.line : table_.source().begin.line;
  return file_ + ":" + std::to_string(line) + ": " + name;
}

std::string toml_section::place(std::string_view key) const {
  return place(table_.get(key), full_name(key));
}

void toml_section::refuse(std::string_view key, const std::string& why) const {
  throw config_error{place(key) + " " + why};
}

void toml_section::check(const caf::error& wrong) const {
  if (!wrong)
    return;
  finish(); // a misspelt key is why another one is missing
  auto text = text_of(wrong);
  auto space = text.find(' ');
  if (auto key = text.substr(0, space); space != text.npos && known_.contains(key))
    refuse(key, text.substr(space + 1));
  throw config_error{place(nullptr, path_) + ": " + text};
}

void toml_section::read(std::string_view key, std::string& out) {
  auto* node = find(key);
  if (!node)
    return;
  auto value = node->value_exact<std::string>();
  if (!value)
    refuse(key, "must be a string");
  out = std::move(*value);
}

void toml_section::read(std::string_view key, bool& out) {
  auto* node = find(key);
  if (!node)
    return;
  auto value = node->value_exact<bool>();
  if (!value)
    refuse(key, "must be true or false");
  out = *value;
}

void toml_section::read(std::string_view key, double& out, double min, double max) {
  auto* node = find(key);
  if (!node)
    return;
  auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (!value)
    refuse(key, "must be a number");
  if (!(*value >= min && *value <= max)) // also refuses NaN
    refuse(key, fmt::format("must lie between {} and {}", min, max));
  out = *value;
}

void toml_section::read(std::string_view key, uint64_t& out, uint64_t min, uint64_t max) {
  auto* node = find(key);
  if (!node)
    return;
  auto value = node->value_exact<int64_t>();
  if (!value)
    refuse(key, "must be an integer");
  if (*value < 0 || static_cast<uint64_t>(*value) < min || static_cast<uint64_t>(*value) > max)
    refuse(key, "must lie between " + std::to_string(min) + " and " + std::to_string(max));
  out = static_cast<uint64_t>(*value);
}

void toml_section::read(std::string_view key, std::vector<std::string>& out) {
  auto* node = find(key);
  if (!node)
    return;
  auto* array = node->as_array();
  if (!array)
    refuse(key, "must be an array of strings");
  out.clear();
  for (const auto& element : *array) {
    auto value = element.value_exact<std::string>();
    if (!value)
      refuse(key, "must be an array of strings");
    out.push_back(std::move(*value));
  }
}

void toml_section::read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out) {
  auto* node = find(key);
  if (!node)
    return;
  auto* table = node->as_table();
  if (!table)
    refuse(key, "must be a table of strings");
  out.clear();
  for (const auto& [name, element] : *table) {
    auto value = element.value_exact<std::string>();
    if (!value)
      refuse(key, "must be a table of strings");
    out.emplace_back(std::string{name.str()}, std::move(*value));
  }
}

void toml_section::section(std::string_view key, const std::function<void(toml_section&)>& read_it) {
  auto* node = find(key);
  if (!node)
    return;
  auto* table = node->as_table();
  if (!table)
    refuse(key, "must be a section");
  toml_section inner{*table, full_name(key), file_};
  read_it(inner);
  inner.finish();
}

void toml_section::sections(std::string_view key, const std::function<void(toml_section&)>& read_each) {
  auto* node = find(key);
  if (!node)
    return;
  auto* array = node->as_array();
  if (!array)
    refuse(key, "must be an array of sections, written [[…]]");
  for (const auto& element : *array) {
    auto* table = element.as_table();
    if (!table)
      refuse(key, "must be an array of sections, written [[…]]");
    toml_section inner{*table, full_name(key), file_};
    read_each(inner);
    inner.finish();
  }
}

void toml_section::finish() const {
  for (const auto& [key, node] : table_)
    if (!known_.contains(key.str()))
      throw config_error{place(&node, full_name(key.str())) + " is not a known key"};
}

} // namespace hive
