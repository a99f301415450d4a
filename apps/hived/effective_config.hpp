#pragma once

#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace hive {

/// A key as TOML writes it: in quotes if it has other characters than letters, digits, `_` and `-`.
std::string toml_key(std::string_view key);

/// All keys of a node's configuration with their effective values and sources, in reading order. Does not keep secrets.
class effective_config {
public:
  /// Begins a section; `name` has no brackets. Each table of an array of tables is a section. Returns the section's
  /// index.
  size_t begin(std::string name, bool is_array);

  /// Sets a key of a section; a later value replaces an earlier one. A null `value` means unset. `source` is "default",
  /// FILE:LINE, an option or an environment variable.
  void set(size_t section, std::string_view key, const toml::node* value, std::string source);

  /// The same by full name, such as "http.listen"; the section must exist.
  void set(std::string_view full_key, const toml::node& value, std::string source);

  /// An equivalent TOML document with the source of each value, and unset keys as comments.
  std::string text() const;

private:
  struct setting {
    std::string key;
    std::string value; ///< TOML; empty: unset
    std::string remark;
  };
  struct section {
    std::string name;
    bool is_array;
    std::vector<setting> settings;
  };
  std::vector<section> sections_;
};

/// Results of reading a configuration.
struct config_reading {
  effective_config values;
  std::vector<std::string> errors; ///< each names its place; reading of a section stops at its first error
};

} // namespace hive
