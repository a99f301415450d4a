#include "apps/hivectl/exit_status.hpp"

#include "messages/ec.hpp"

namespace hive::ctl {

exit_status exit_status_of(const caf::error& err) {
  switch (code_of(err)) {
  case ec::unavailable:
  case ec::overloaded:
    return exit_status::unreachable;
  default:
    return exit_status::rejected;
  }
}

} // namespace hive::ctl
