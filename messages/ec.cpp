#include "messages/ec.hpp"

#include <array>
#include <caf/all.hpp>
#include <system_error>

namespace hive {
namespace {

struct description {
  ec code;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<description, ec_count> descriptions{{
  {ec::none, "none", "No error."},
  {ec::malformed, "malformed", "The bytes are not a valid document."},
  {ec::invalid, "invalid", "A value breaks a rule of its field."},
  {ec::not_found, "not_found", "It does not exist."},
  {ec::already_exists, "already_exists", "It exists already."},
  {ec::busy, "busy", "The same thing is being done right now."},
  {ec::no_data, "no_data", "There are no measurements to answer this."},
  {ec::too_large, "too_large", "A size limit is exceeded."},
  {ec::unauthorized, "unauthorized", "A valid token is required."},
  {ec::forbidden, "forbidden", "The token's role does not allow this."},
  {ec::overloaded, "overloaded", "The node is at its limit; nothing was done."},
  {ec::unavailable, "unavailable", "The service is not available now."},
  {ec::timed_out, "timed_out", "The time limit passed."},
  {ec::outcome_unknown, "outcome_unknown", "No answer came in time; it may or may not have been done."},
  {ec::storage_failed, "storage_failed", "The store refused the write."},
  {ec::corrupt, "corrupt", "Stored bytes are damaged."},
  {ec::process_failed, "process_failed", "A child process failed."},
  {ec::integrity_violated, "integrity_violated", "A signature or hash does not match."},
  {ec::unsupported, "unsupported", "This is not possible here."},
  {ec::internal, "internal", "An internal defect."},
  {ec::conflict, "conflict", "The state has changed since the request was prepared."},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < ec_count; ++i)
    if (static_cast<size_t>(descriptions[i].code) != i)
      return false;
  return true;
}
static_assert(in_order(), "every code has its description, in the order of the enum");

/// The category that CAF_ERROR_CODE_ENUM gives to errors of `ec`.
constexpr auto ec_category = caf::atom("hive");

const description& lookup(ec code) {
  auto index = static_cast<size_t>(code);
  return descriptions[index < ec_count ? index : static_cast<size_t>(ec::internal)];
}

} // namespace

std::string_view to_string(ec code) {
  return lookup(code).name;
}

std::string_view describe(ec code) {
  return lookup(code).meaning;
}

caf::error fail(ec code, std::string text) {
  return caf::make_error(code, std::move(text));
}

ec code_of(const caf::error& err) {
  if (!err)
    return ec::none;
  if (err.category() == ec_category)
    return static_cast<ec>(err.code());
  if (err == caf::sec::request_timeout)
    return ec::outcome_unknown;
  if (err == caf::sec::request_receiver_down)
    return ec::unavailable;
  return ec::internal;
}

std::string text_of(const caf::error& err) {
  if (!err)
    return {}; // caf::error::context() requires an error
  if (err.context().match_elements<std::string>())
    return err.context().get_as<std::string>(0);
  if (err.category() == ec_category)
    return std::string{describe(static_cast<ec>(err.code()))};
  return caf::to_string(err);
}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

std::string render_error(uint8_t code, caf::atom_value, const caf::message& context) {
  std::string out{to_string(static_cast<ec>(code))};
  if (context.match_elements<std::string>())
    out += ": " + context.get_as<std::string>(0);
  return out;
}

} // namespace hive
