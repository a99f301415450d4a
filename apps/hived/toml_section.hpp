#pragma once

#include "apps/hived/effective_config.hpp"

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

/// A configuration that cannot be used; `what()` names file, line and key, in a line for each fault.
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
  /// `path` is the table's name in messages, such as "benchmarks.regression"; empty for the whole file. Into `reading`,
  /// if there is one, go the value of every key that is asked for, and the errors of inner sections, so that one does
  /// not hide those of others.
  toml_section(const toml::table& table, std::string path, std::string file, config_reading* reading = nullptr,
               bool is_array = false);

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

  /// Reads the subtable `key` and finishes it; one that is not there is read as an empty one.
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
  /// Keeps what a key means when all is read. An empty text or list that nobody gave is not set.
  void keep(std::string_view key, const toml::node& value, bool is_empty = false) const;
  void read_inner(const toml::table& table, std::string_view key, bool is_array,
                  const std::function<void(toml_section&)>& read_it) const;
  std::string place(const toml::node* node, const std::string& name) const;
  std::string full_name(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
  std::string file_;
  config_reading* reading_;
  size_t place_ = 0; ///< of the section in `reading_`
  std::set<std::string, std::less<>> known_;
};

} // namespace hive
