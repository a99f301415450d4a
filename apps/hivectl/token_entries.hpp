#pragma once

#include "messages/audit.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// An entry of a file of tokens, `[[tokens]]`, as far as hivectl shows it. The node checks the file more strictly.
struct token_entry {
  std::string name;
  std::string role;
  std::string sha256;
  int64_t not_before = 0; ///< microseconds since 1970; 0: absent
  int64_t expires = 0;
  double per_s = 0;
  int64_t burst = 0;

  bool operator==(const token_entry&) const = default;

  /// The node's id of the token.
  std::string id() const;
};

// Pure functions over the text of such a file. `file` is its name for errors, which are ec::invalid.

caf::expected<std::vector<token_entry>> read_entries(const std::string& text, const std::string& file);

/// The text with one entry more. Keeps all that is there, comments too.
caf::expected<std::string> with_entry(const std::string& text, const token_entry& added, const std::string& file);

/// The text without the entries for which `is_revoked`. A file that has none left says so, so that the node takes it.
caf::expected<std::string> without_entries(const std::string& text,
                                           const std::function<bool(const token_entry&)>& is_revoked,
                                           const std::string& file);

/// A list of tokens as a node shows them, at this time.
msg<wire::TokenList> list_of(const std::vector<token_entry>& entries, const std::string& file, int64_t now_unix_micros);

} // namespace hive::ctl
