#pragma once

#include <caf/expected.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hive::ctl {

/// Reads the token in this file. Fails with ec::not_found or ec::invalid; the text names the file.
caf::expected<std::string> read_token_file(const std::string& path);

/// A file that may hold a node's operator token.
struct token_candidate {
  std::string path;
  /// The file may be owned by the directory's owner: only root creates directories in /run, so that owner is the user
  /// of the node's systemd unit.
  bool directory_of_root = false;
};

/// The files in which a node on this machine may put its operator token, in search order. None for a URL outside the
/// loopback: without an explicit token file, no token is sent to other machines. `data` is $HIVE_DATA and `runtime`
/// $XDG_RUNTIME_DIR, empty when unset.
std::vector<token_candidate> token_candidates(const std::string& url, const std::string& runtime,
                                              const std::string& data);

/// Result of a search for a token.
struct found_token {
  std::string token; ///< empty: none
  /// The files tried, in order. The last one held the token; each other entry gives the reason why its file did not.
  std::vector<std::string> looked;
};

/// The first file that holds a token and that only root, this user or the unit's user can have written.
found_token find_token(const std::vector<token_candidate>& candidates);

/// The token for the node at `url`: that of the file `token_file`, or if that is empty, the one that a node on this
/// machine left for its operator. Errors as for read_token_file; a token that nobody left is none.
caf::expected<found_token> choose_token(const std::string& url, const std::string& token_file);

/// Suffix for a node's error about a missing token: where hivectl found the token that it sent, or where it searched.
std::string describe_search(const found_token& found);

} // namespace hive::ctl
