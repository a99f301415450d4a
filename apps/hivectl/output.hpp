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

  /// Prints an answer as it is with --json, else by calling `show()`, which prints lines and tables.
  template <class T, class Show>
  void answer(const msg<T>& message, Show&& show) {
    if (json_)
      document(to_pretty_json(message));
    else
      show();
  }

  /// A point in time for people: how long ago it was, or with --wide exactly when; empty for 0.
  std::string time(int64_t unix_micros) const;

  /// A line for people; nothing with --json.
  void line(std::string_view text);

  /// A table for people; nothing with --json.
  void print(const table& rows);

  /// A JSON document, whatever the form of output.
  void document(std::string_view json);

  /// A line on standard error, with --json too: what people must know beside the answer.
  void remark(std::string_view text) const;

  /// Writes out what is left. exit_status::file_failed when not all of it could be written, such as on a full disk.
  caf::expected<void> finish();

private:
  bool json_;
  bool wide_;
  charset set_;
};

} // namespace hive::ctl
