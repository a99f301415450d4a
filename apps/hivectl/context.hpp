#pragma once

#include "apps/hivectl/client.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/output.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hive::ctl {

/// What a command works with after the command line was accepted.
struct session {
  client node;
  output out;
  bool json = false;
  charset set = charset::ascii;
  std::string url;        ///< the node's URL
  std::string token_file; ///< file of the token that is sent; empty: none

  /// The node as `node`, with the token as its file has it now: every start of a node writes another operator token.
  std::function<caf::expected<client>()> connect;
  /// Where the token comes from, or where one was looked for, as the end of an error's text.
  std::function<std::string()> describe_token;
};

using command_body = std::function<outcome(session&)>;

/// Result of parsing the command line: the global options and the chosen command.
struct context {
  std::string url = "http://127.0.0.1:7420";
  std::string token_file;
  std::string tls;        ///< directory of certificates; empty: none
  std::string name_space; ///< id; empty: the node itself
  bool json = false;
  bool wide = false;

  /// The arguments after a lone "--", unchanged; nothing without "--".
  std::optional<std::vector<std::string>> behind_dashes;

  command_body chosen;

  /// Whether a command accepts arguments after "--".
  enum class trailing { refused, allowed, required };

  /// Sets the body to run when the command line names `command`.
  void on(CLI::App& command, command_body body, trailing arguments = trailing::refused);
};

} // namespace hive::ctl
