#pragma once

#include <caf/expected.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hive::ctl {

/// The token in this file. Fails with ec::not_found or ec::invalid naming it.
caf::expected<std::string> read_token_file(const std::string& path);

/// A file in which the operator token of a node may lie.
struct token_candidate {
  std::string path;
  /// Whoever owns the directory may own the file: only root makes directories in /run, so it is the user of the node's
  /// systemd unit.
  bool directory_of_root = false;
};

/// Where a node of this machine puts its operator token, in the order in which it is looked for; none for a node that
/// is not reached over the loopback, to which no token is sent that nobody named. `data` is $HIVE_DATA and `runtime`
/// $XDG_RUNTIME_DIR, both empty when not set.
std::vector<token_candidate> token_candidates(const std::string& url, const std::string& runtime,
                                              const std::string& data);

/// What a search found.
struct found_token {
  std::string token;               ///< empty: none
  std::vector<std::string> looked; ///< the places in order, the last one the token's, the others with why not
};

/// The first file that holds a token and that nobody but root, this user or the unit's user can have written.
found_token find_token(const std::vector<token_candidate>& candidates);

/// Behind an error of a node that asks for a token: where hivectl got the one it sent, or looked for one.
std::string describe_search(const found_token& found);

} // namespace hive::ctl
