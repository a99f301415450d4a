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

/// What a command works with once the whole command line was accepted.
struct session {
  client node;
  output out;
  bool json = false;
  charset set = charset::ascii;
  std::string url;        ///< of the node
  std::string token_file; ///< of the token that is sent; empty: none is
};

using command_body = std::function<outcome(session&)>;

/// The command line while it is being read: the global options, and the command that it chose.
struct context {
  std::string url = "http://127.0.0.1:7420";
  std::string token_file;
  bool json = false;
  bool wide = false;

  /// The arguments behind a lone "--", untouched. Nothing when there was no "--".
  std::optional<std::vector<std::string>> behind_dashes;

  command_body chosen;

  /// Whether a command takes arguments behind "--".
  enum class trailing { refused, allowed, required };

  /// Makes `body` what runs when the command line names `command`.
  void on(CLI::App& command, command_body body, trailing arguments = trailing::refused);
};

} // namespace hive::ctl
