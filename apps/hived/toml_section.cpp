#include "apps/hived/toml_section.hpp"

#include "messages/ec.hpp"

#include <fmt/format.h>
#include <limits>
#include <sstream>

namespace hive {

toml::table parse_toml(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) // a directory opens like a file and reads like an empty one
    throw config_error{file.string() + ": is a directory, not a file"};
  try {
    return toml::parse_file(file.string());
  } catch (const toml::parse_error& e) {
    auto line = e.source().begin.line; // 0 when the file could not be read at all
    throw config_error{file.string() + (line > 0 ? ":" + std::to_string(line) : "") + ": " +
                       std::string{e.description()}};
  }
}

toml_section::toml_section(const toml::table& table, std::string path, std::string file, config_reading* reading,
                           bool is_array)
    : table_{table}, path_{std::move(path)}, file_{std::move(file)}, reading_{reading} {
  if (reading_ && !path_.empty())
    place_ = reading_->values.begin(path_, is_array);
}

void toml_section::keep(std::string_view key, const toml::node& value, bool is_empty) const {
  if (!reading_)
    return;
  const auto* given = table_.get(key);
  auto source = given ? file_ + ":" + std::to_string(given->source().begin.line) : "default";
  reading_->values.set(place_, key, given || !is_empty ? &value : nullptr, std::move(source));
}

const toml::node* toml_section::find(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

std::string toml_section::full_name(std::string_view key) const {
  return (path_.empty() ? "" : path_ + ".") + toml_key(key);
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
  finish(); // reports unknown keys first: the missing key may be misspelt
  auto text = text_of(wrong);
  auto space = text.find(' ');
  if (auto key = text.substr(0, space); space != text.npos && known_.contains(key))
    refuse(key, text.substr(space + 1));
  throw config_error{place(nullptr, path_) + ": " + text};
}

std::vector<std::string> toml_section::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : table_)
    out.emplace_back(key.str());
  return out;
}

bool toml_section::is_table(std::string_view key) const {
  const auto* node = table_.get(key);
  return node && node->is_table();
}

void toml_section::read(std::string_view key, std::string& out) {
  if (auto* node = find(key)) {
    auto value = node->value_exact<std::string>();
    if (!value)
      refuse(key, "must be a string");
    out = std::move(*value);
  }
  keep(key, toml::value<std::string>{out}, out.empty());
}

void toml_section::read_time(std::string_view key, std::string& out) {
  auto* node = find(key);
  auto* time = node ? node->as_date_time() : nullptr;
  if (!time)
    return read(key, out);
  std::ostringstream text;
  text << time->get();
  out = text.str();
  keep(key, toml::value<std::string>{out});
}

void toml_section::read(std::string_view key, bool& out) {
  if (auto* node = find(key)) {
    auto value = node->value_exact<bool>();
    if (!value)
      refuse(key, "must be true or false");
    out = *value;
  }
  keep(key, toml::value<bool>{out});
}

void toml_section::read(std::string_view key, double& out, double min, double max) {
  if (auto* node = find(key)) {
    auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value)
      refuse(key, "must be a number");
    if (!(*value >= min && *value <= max)) // also rejects NaN
      refuse(key, max == std::numeric_limits<double>::max() ? fmt::format("must be a finite number of at least {}", min)
                                                            : fmt::format("must lie between {} and {}", min, max));
    out = *value;
  }
  keep(key, toml::value<double>{out});
}

void toml_section::read(std::string_view key, uint64_t& out, uint64_t min, uint64_t max) {
  if (auto* node = find(key)) {
    auto value = node->value_exact<int64_t>();
    if (!value)
      refuse(key, "must be an integer");
    if (*value < 0 || static_cast<uint64_t>(*value) < min || static_cast<uint64_t>(*value) > max)
      refuse(key, "must lie between " + std::to_string(min) + " and " + std::to_string(max));
    out = static_cast<uint64_t>(*value);
  }
  keep(key, toml::value<int64_t>{static_cast<int64_t>(out)});
}

void toml_section::read(std::string_view key, std::optional<bool>& out) {
  bool value = false;
  if (find(key))
    read(key, value), out = value;
  else
    keep(key, toml::value<bool>{value}, true);
}

void toml_section::read(std::string_view key, std::optional<double>& out, double min, double max) {
  double value = 0;
  if (find(key))
    read(key, value, min, max), out = value;
  else
    keep(key, toml::value<double>{value}, true);
}

void toml_section::read(std::string_view key, std::vector<std::string>& out) {
  if (auto* node = find(key)) {
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
  toml::array all;
  for (const auto& text : out)
    all.push_back(text);
  keep(key, all, all.empty());
}

void toml_section::read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out) {
  if (auto* node = find(key)) {
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
  toml::table all;
  for (const auto& [name, value] : out)
    all.insert_or_assign(name, value);
  keep(key, all, all.empty());
}

void toml_section::read_inner(const toml::table& table, std::string_view key, bool is_array,
                              const std::function<void(toml_section&)>& read_it) const {
  toml_section inner{table, full_name(key), file_, reading_, is_array};
  try {
    read_it(inner);
    inner.finish();
  } catch (const config_error& wrong) {
    if (!reading_)
      throw;
    reading_->errors.emplace_back(wrong.what());
  }
}

void toml_section::section(std::string_view key, const std::function<void(toml_section&)>& read_it) {
  static const toml::table nothing;
  auto* node = find(key);
  auto* table = node ? node->as_table() : &nothing;
  if (!table)
    refuse(key, "must be a section");
  read_inner(*table, key, false, read_it);
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
    read_inner(*table, key, true, read_each);
  }
}

void toml_section::finish() const {
  std::string unknown;
  for (const auto& [key, node] : table_)
    if (!known_.contains(key.str()))
      unknown += (unknown.empty() ? "" : "\n") + place(&node, full_name(key.str())) + " is not a known key";
  if (!unknown.empty())
    throw config_error{unknown};
}

} // namespace hive
