#include "apps/hivectl/output.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/timestamp.hpp"

#include <iostream>
#include <unistd.h>

namespace hive::ctl {

std::string output::time(int64_t unix_micros) const {
  return wide_ ? format_time(unix_micros) : format_age(unix_micros, now_unix_micros());
}

void output::line(std::string_view text) {
  if (!json_)
    std::cout << printable(text, set_) << '\n';
}

void output::print(const table& rows) {
  if (!json_)
    std::cout << rows.render(set_);
}

void output::document(std::string_view json) {
  std::cout << printable_json(json);
  if (!json.ends_with('\n'))
    std::cout << '\n';
}

void output::unchanged(std::string_view text) {
  if (::isatty(STDOUT_FILENO))
    document(text);
  else
    std::cout << text;
}

void output::remark(std::string_view text) const {
  std::cerr << "hivectl: " << printable(text, set_) << '\n';
}

caf::expected<void> output::finish() {
  std::cout.flush();
  if (!std::cout)
    return fail_as(exit_status::file_failed, "cannot write to standard output");
  return caf::unit;
}

} // namespace hive::ctl
