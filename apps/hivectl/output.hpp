#pragma once

#include "apps/hivectl/table.hpp"
#include "apps/hivectl/text.hpp"
#include "messages/json.hpp"

#include <caf/expected.hpp>
#include <string_view>

namespace hive::ctl {

/// Standard output of one command: text for people, or exactly one JSON document with --json.
class output {
public:
  output(bool json, charset set, bool wide = false) : json_{json}, wide_{wide}, set_{set} {
  }

  /// Prints the answer as JSON with --json, else calls `show()`, which prints lines and tables.
  template <class T, class Show>
  void answer(const msg<T>& message, Show&& show) {
    if (json_)
      document(to_pretty_json(message));
    else
      show();
  }

  /// A time as text: its age, or the exact time with --wide; empty for 0.
  std::string time(int64_t unix_micros) const;

  /// Prints a line; nothing with --json.
  void line(std::string_view text);

  /// Prints a table; nothing with --json.
  void print(const table& rows);

  /// Prints a JSON document, with or without --json.
  void document(std::string_view json);

  /// Prints a document to the byte, since its hash counts, with or without --json; on a terminal like `document`.
  void unchanged(std::string_view document);

  /// Prints a line on standard error, with or without --json: information that is not part of the answer.
  void remark(std::string_view text) const;

  /// Flushes the output. exit_status::file_failed when that fails, for example on a full disk.
  caf::expected<void> finish();

private:
  bool json_;
  bool wide_;
  charset set_;
};

} // namespace hive::ctl
