#include "actors/process/run_report.hpp"

#include "actors/process/child_process.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <csignal>

namespace hive {
namespace {

constexpr char escape = '\x1b';
/// Enough to recognise a program.
constexpr size_t max_program_bytes = 200;
/// Room for some lines of a stack trace; a reason may hold 4,096 bytes in total.
constexpr size_t max_stderr_bytes = 600;
constexpr size_t max_stderr_lines = 3;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Length in bytes of the character at the start of `text`; 1 when it is invalid.
size_t character_size(std::string_view text) {
  for (size_t size = 1; size <= std::min<size_t>(4, text.size()); ++size)
    if (is_utf8(text.substr(0, size)))
      return size;
  return 0;
}

/// The last non-blank lines.
std::string_view last_lines(std::string_view text, size_t lines) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return {};
  text = text.substr(0, end + 1);
  size_t begin = text.size();
  for (size_t i = 0; i < lines && begin != std::string_view::npos && begin > 0; ++i)
    begin = text.rfind('\n', begin - 1);
  return begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 1);
}

/// Only the program: arguments may hold secrets, and reasons are visible to all readers.
std::string quoted_program(std::span<const std::string> command) {
  auto text = command.empty() ? std::string{} : printable_tail(command.front(), command.front().size());
  if (text.size() > max_program_bytes)
    text = text.substr(0, max_program_bytes) + "...";
  return "command '" + text + "'";
}

/// A sandbox passes on what ended its command as a shell does.
constexpr int first_signal_status = 128;

std::string describe_status(wire::RunResult::Reader result) {
  auto status = result.getExitStatus();
  auto out = " exited with status " + std::to_string(status);
  if (result.getBoundedBy().size() > 0 && status > first_signal_status && status < first_signal_status + NSIG)
    out += ", as after " + signal_name(status - first_signal_status);
  return out;
}

std::string describe_bounds(wire::RunResult::Reader result) {
  if (result.getExceeded().size() == 0)
    return {};
  return "; it reached its bound of " + std::string{as_view(result.getExceeded())} + " (" +
         std::string{as_view(result.getBoundedBy())} + ")";
}

std::string_view view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

} // namespace

std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != escape || i + 1 == text.size() || text[i + 1] != '[') {
      out += text[i];
      continue;
    }
    // ESC [, parameter and intermediate bytes (0x20 to 0x3f), then one final byte.
    i += 2;
    while (i < text.size() && text[i] >= 0x20 && text[i] <= 0x3f)
      ++i;
  }
  return out;
}

std::string printable_tail(std::string_view text, size_t max_bytes) {
  auto plain = without_escapes(text);
  std::string out;
  for (std::string_view rest = plain; !rest.empty();) {
    auto size = character_size(rest);
    auto c = rest.front();
    if (c == '\n')
      out += " / ";
    else if (c == '\t')
      out += ' ';
    else if (size == 0 || static_cast<unsigned char>(c) < 0x20 || c == '\x7f')
      out += c == '\r' ? "" : "?";
    else
      out += rest.substr(0, size);
    rest.remove_prefix(std::max<size_t>(size, 1));
  }
  if (out.size() <= max_bytes)
    return out;
  auto begin = out.size() - max_bytes;
  while (begin < out.size() && is_continuation(out[begin]))
    ++begin;
  return "..." + out.substr(begin);
}

std::string describe_run(std::span<const std::string> command, wire::RunResult::Reader result) {
  auto out = quoted_program(command);
  if (result.getTimedOut())
    out += " was ended at its time limit after " + std::to_string(static_cast<int64_t>(result.getDurationS())) + " s";
  else if (result.getSignal() != 0)
    out += " was ended by " + signal_name(result.getSignal());
  else
    out += describe_status(result);
  out += describe_bounds(result);
  if (auto lines = last_lines(view(result.getStderr()), max_stderr_lines); !lines.empty())
    out += "; its standard error ends with: " + printable_tail(lines, max_stderr_bytes);
  return out;
}

} // namespace hive
