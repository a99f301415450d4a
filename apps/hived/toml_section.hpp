#pragma once

#include "apps/hived/effective_config.hpp"

#include <caf/error.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace hive {

/// An unusable configuration; `what()` has one line per fault, naming file, line and key.
class config_error : public std::runtime_error {
public:
  using runtime_error::runtime_error;
};

/// Parses a TOML file. Throws config_error when it cannot be read or is not TOML.
toml::table parse_toml(const std::filesystem::path& file);

/// One table of a TOML file, read strictly: every key must be requested before `finish`, and its value must have the
/// requested type and range. Anything else throws config_error.
class toml_section {
public:
  /// `path` is the table's name for messages, such as "benchmarks.regression"; empty for the whole file. `reading`, if
  /// any, collects the value of every requested key, and the errors of inner sections, so that one error does not hide
  /// others.
  toml_section(const toml::table& table, std::string path, std::string file, config_reading* reading = nullptr,
               bool is_array = false);

  /// Whether the key is set.
  bool has(std::string_view key) const {
    return table_.contains(key);
  }

  /// Each `read` leaves `out` unchanged when the key is not set.
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, double& out, double min, double max);
  void read(std::string_view key, uint64_t& out, uint64_t min, uint64_t max);
  void read(std::string_view key, std::vector<std::string>& out);
  /// A point in time, which may be a string or TOML's date and time, as ISO 8601; not checked further.
  void read_time(std::string_view key, std::string& out);
  /// Keys without a default.
  void read(std::string_view key, std::optional<bool>& out);
  void read(std::string_view key, std::optional<double>& out, double min, double max);
  /// A table of strings, such as environment variables.
  void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);

  /// The names of all keys, for a table whose keys are names of something.
  std::vector<std::string> keys() const;
  bool is_table(std::string_view key) const;

  /// Reads the subtable `key` and finishes it; a missing subtable is read as empty.
  void section(std::string_view key, const std::function<void(toml_section&)>& read_it);
  /// The same for each table in an array of tables.
  void sections(std::string_view key, const std::function<void(toml_section&)>& read_each);

  /// Rejects keys that were not requested.
  void finish() const;

  /// Rejects the value of `key`; `why` is the reason.
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

  /// Rejects a fully read section if the `validate` of its options struct failed: at the key with which the error's
  /// text begins, else at the section.
  void check(const caf::error& wrong) const;

  /// FILE:LINE: KEY with the key's full name; the section's line when the key is not set.
  std::string place(std::string_view key) const;

private:
  const toml::node* find(std::string_view key);
  /// Records the effective value of a key. An empty text or list that was not given counts as unset.
  void keep(std::string_view key, const toml::node& value, bool is_empty = false) const;
  void read_inner(const toml::table& table, std::string_view key, bool is_array,
                  const std::function<void(toml_section&)>& read_it) const;
  std::string place(const toml::node* node, const std::string& name) const;
  std::string full_name(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
  std::string file_;
  config_reading* reading_;
  size_t place_ = 0; ///< the section's index in `reading_`
  std::set<std::string, std::less<>> known_;
};

} // namespace hive
