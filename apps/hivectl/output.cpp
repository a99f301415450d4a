#include "apps/hivectl/output.hpp"

#include "messages/ec.hpp"

#include <iostream>

namespace hive::ctl {

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

void output::remark(std::string_view text) const {
  std::cerr << "hivectl: " << printable(text, set_) << '\n';
}

caf::expected<void> output::finish() {
  std::cout.flush();
  if (!std::cout)
    return fail(ec::storage_failed, "cannot write to standard output");
  return caf::unit;
}

} // namespace hive::ctl
