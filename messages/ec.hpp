#pragma once

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <string>
#include <string_view>

namespace hive {

/// Error codes, distinguished by how a caller can react. Their values travel between nodes: only append.
enum class ec : uint8_t {
  none = 0,
  malformed,          ///< not a valid message or document; permanent
  invalid,            ///< well-formed, but breaks a rule of its field; permanent
  not_found,          ///< the named thing does not exist; permanent until it is created
  already_exists,     ///< the named thing exists and is not overwritten; permanent
  busy,               ///< the same operation is already running; retryable
  no_data,            ///< no measurement can answer the question; retryable later
  too_large,          ///< exceeds a documented size limit; permanent
  unauthorized,       ///< missing or unknown token; permanent
  forbidden,          ///< the token's role does not permit it; permanent
  overloaded,         ///< a queue is full and nothing was done; retryable after a pause
  unavailable,        ///< the service is starting, stopping or being restarted; retryable
  timed_out,          ///< the time limit passed and the work was cancelled; retryable
  outcome_unknown,    ///< no answer came, so the operation may have happened; check before repeating it
  storage_failed,     ///< the store refused a write; the write did not happen
  corrupt,            ///< stored bytes differ from what was written; needs an operator
  process_failed,     ///< a child process crashed or could not be started; permanent until fixed
  integrity_violated, ///< a signature or a hash does not match; permanent
  unsupported,        ///< not possible on this node, or not in this form; permanent
  internal,           ///< a bug in Hivemark
  conflict,           ///< the state changed since the request was prepared; retryable after reading the state again
};

/// Number of codes, for tables with one entry per code.
inline constexpr size_t ec_count = static_cast<size_t>(ec::conflict) + 1;

/// The code's stable name, used in JSON and logs.
std::string_view to_string(ec code);

/// One sentence that explains the code to a person.
std::string_view describe(ec code);

/// An error with context: `text` names the offending thing. Each boundary adds its context; the handler logs it once.
caf::error fail(ec code, std::string text);

/// The code of `err`; CAF's own errors map to the nearest code (request_timeout → outcome_unknown).
ec code_of(const caf::error& err);

/// The context text of `err` without its code; empty for no error.
std::string text_of(const caf::error& err);

/// What the system says about the value `error` of errno, as "No such file or directory".
std::string errno_text(int error);

/// Renders an error for logs; pass it to `actor_system_config::add_error_category`.
std::string render_error(uint8_t code, caf::atom_value category, const caf::message& context);

} // namespace hive

CAF_ERROR_CODE_ENUM(hive::ec, "hive")
