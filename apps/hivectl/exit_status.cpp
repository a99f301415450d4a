#include "apps/hivectl/exit_status.hpp"

#include "messages/ec.hpp"

#include <array>

namespace hive::ctl {
namespace {

/// Category of errors whose code is an exit status.
constexpr auto own_category = caf::atom("hivectl");

struct meaning {
  ec code;
  exit_status status;
};

/// A node that failed or whose state is unknown counts as unreachable: retrying later may help.
constexpr std::array<meaning, ec_count> meanings{{
  {ec::none, exit_status::done},
  {ec::malformed, exit_status::refused},
  {ec::invalid, exit_status::refused},
  {ec::not_found, exit_status::not_found},
  {ec::already_exists, exit_status::refused},
  {ec::busy, exit_status::refused},
  {ec::no_data, exit_status::not_found},
  {ec::too_large, exit_status::refused},
  {ec::unauthorized, exit_status::not_allowed},
  {ec::forbidden, exit_status::not_allowed},
  {ec::overloaded, exit_status::unreachable},
  {ec::unavailable, exit_status::unreachable},
  {ec::timed_out, exit_status::unreachable},
  {ec::outcome_unknown, exit_status::unreachable},
  {ec::storage_failed, exit_status::unreachable},
  {ec::corrupt, exit_status::unreachable},
  {ec::process_failed, exit_status::refused},
  {ec::integrity_violated, exit_status::rejected},
  {ec::unsupported, exit_status::refused},
  {ec::internal, exit_status::unreachable},
  {ec::conflict, exit_status::refused},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < meanings.size(); ++i)
    if (static_cast<size_t>(meanings[i].code) != i)
      return false;
  return true;
}
static_assert(in_order(), "every code has its exit status, in the order of the enum");

} // namespace

caf::error fail_as(exit_status status, std::string text) {
  return {static_cast<uint8_t>(status), own_category, caf::make_message(std::move(text))};
}

caf::error of_file(const caf::error& err) {
  if (err.category() == own_category)
    return err;
  switch (code_of(err)) {
  case ec::not_found:
  case ec::no_data:
  case ec::unavailable:
  case ec::storage_failed:
    return fail_as(exit_status::file_failed, text_of(err));
  case ec::corrupt:
  case ec::forbidden: // an expired certificate authority
    return fail_as(exit_status::refused, text_of(err));
  default:
    return err;
  }
}

exit_status exit_status_of(const caf::error& err) {
  if (err.category() == own_category)
    return static_cast<exit_status>(err.code());
  auto index = static_cast<size_t>(code_of(err));
  return meanings[index < ec_count ? index : static_cast<size_t>(ec::internal)].status;
}

exit_status exit_status_of_http(int status) {
  switch (status) {
  case 401:
  case 403:
    return exit_status::not_allowed;
  case 404:
  case 410:
    return exit_status::not_found;
  case 408:
  case 429:
    return exit_status::unreachable;
  default:
    return status >= 400 && status <= 499 ? exit_status::refused : exit_status::unreachable;
  }
}

} // namespace hive::ctl
