#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace hive {

/// A configuration that cannot be used; `what()` names file, line and key.
class config_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

/// The whole of a TOML file. Throws config_error when it cannot be read or is no TOML.
toml::table parse_toml(const std::filesystem::path& file);

/// One table of a TOML file, read strictly: each key must be asked for by the time `finish` is called, and must have
/// the type and range it is asked with. Everything else throws config_error.
class toml_section {
public:
  /// `path` is the table's name in messages, such as "benchmarks.regression"; empty for the whole file.
  toml_section(const toml::table& table, std::string path, std::string file);

  /// Whether the key is given.
  bool has(std::string_view key) const {
    return table_.contains(key);
  }

  /// Each leaves `out` as it is when the key is not given.
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, double& out, double min, double max);
  void read(std::string_view key, uint64_t& out, uint64_t min, uint64_t max);
  void read(std::string_view key, std::vector<std::string>& out);
  /// A table of strings, such as environment variables.
  void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);

  /// Reads the subtable `key`, if it is there, and finishes it.
  void section(std::string_view key, const std::function<void(toml_section&)>& read_it);
  /// The same for each table of an array of tables.
  void sections(std::string_view key, const std::function<void(toml_section&)>& read_each);

  /// Refuses keys that nobody asked for.
  void finish() const;

  /// Refuses the value of `key` with `why`.
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

  /// For a section that has been read: refuses what the `validate` of its options struct says, if it says anything, at
  /// the key that its text begins with, else at the section.
  void check(const caf::error& wrong) const;

  /// FILE:LINE: KEY with the key's full name; the line is the section's when the key is not given.
  std::string place(std::string_view key) const;

private:
  const toml::node* find(std::string_view key);
  std::string place(const toml::node* node, const std::string& name) const;
  std::string full_name(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
  std::string file_;
  std::set<std::string, std::less<>> known_;
};

} // namespace hive
