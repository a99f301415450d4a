#pragma once

#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace hive {

/// Every key of a node's configuration with the value that holds and who gave it, in the order in which it is read.
/// Secrets are not kept.
class effective_config {
public:
  /// Begins a section, `name` without brackets. Those of an array of tables each begin one. Returns its place.
  size_t begin(std::string name, bool is_array);

  /// Keeps a key of the section at this place; a value that is given later replaces an earlier one. A key without
  /// `value` is not set. `source`: "default", FILE:LINE, an option or an environment variable.
  void set(size_t section, std::string_view key, const toml::node* value, std::string source);

  /// The same by its full name, such as "http.listen"; the section must have begun.
  void set(std::string_view full_key, const toml::node& value, std::string source);

  /// A TOML document that means the same, with the source of each value behind it, and the keys that are not set as
  /// comments.
  std::string text() const;

private:
  struct setting {
    std::string key;
    std::string value; ///< TOML; empty: not set
    std::string remark;
  };
  struct section {
    std::string name;
    bool is_array;
    std::vector<setting> settings;
  };
  std::vector<section> sections_;
};

/// What is found while a configuration is read.
struct config_reading {
  effective_config values;
  std::vector<std::string> errors; ///< each names its place; a section that has one is not read to its end
};

} // namespace hive
