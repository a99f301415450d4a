#pragma once

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <string>
#include <string_view>

namespace hive {

/// Everything that can go wrong, as a caller can act on it. The value travels between nodes: append only.
enum class ec : uint8_t {
  none = 0,
  malformed,          ///< bytes that are no valid message or document; permanent
  invalid,            ///< a well-formed value that breaks a rule of its field; permanent
  not_found,          ///< the named thing does not exist; permanent until it is created
  already_exists,     ///< the named thing exists and is not replaced; permanent
  busy,               ///< the same thing is being done right now; retryable
  no_data,            ///< nothing has been measured that could answer; retryable later
  too_large,          ///< over a documented size limit; permanent
  unauthorized,       ///< no or an unknown token; permanent
  forbidden,          ///< the token's role does not allow it; permanent
  overloaded,         ///< a queue is full, nothing was done; retryable after a pause
  unavailable,        ///< the service is starting, stopping or being restarted; retryable
  timed_out,          ///< the time limit passed and the work was ended; retryable
  outcome_unknown,    ///< no answer came: it may or may not have been done; ask before repeating
  storage_failed,     ///< the store refused a write; the write did not happen
  corrupt,            ///< stored bytes are not what was written; needs an operator
  process_failed,     ///< a child process could not be started or crashed; permanent until mended
  integrity_violated, ///< a signature or a hash does not match; permanent
  unsupported,        ///< not possible on this node or in this form; permanent
  internal,           ///< a defect of Hivemark
  conflict,           ///< the state is not the one that the request builds on; retryable after reading it again
};

/// Number of codes, for tables over all of them.
inline constexpr size_t ec_count = static_cast<size_t>(ec::conflict) + 1;

/// The code's stable name, as it stands in JSON and logs.
std::string_view to_string(ec code);

/// One sentence on what the code means, for people.
std::string_view describe(ec code);

/// An error with context: `text` names the offending thing. Add context at each boundary, log once where handled.
caf::error fail(ec code, std::string text);

/// The code of `err`; CAF's own errors map to the nearest code (request_timeout → outcome_unknown).
ec code_of(const caf::error& err);

/// The context text of `err` without its code; empty for no error.
std::string text_of(const caf::error& err);

/// For `actor_system_config::add_error_category`.
std::string render_error(uint8_t code, caf::atom_value category, const caf::message& context);

} // namespace hive

CAF_ERROR_CODE_ENUM(hive::ec, "hive")
