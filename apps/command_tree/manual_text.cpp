#include "apps/command_tree/manual_text.hpp"

#include <chrono>
#include <cstdlib>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sstream>

namespace hive {
namespace {

/// The day in UTC of SOURCE_DATE_EPOCH, with which packages are built, or today.
std::string day_of_build() {
  const char* fixed = std::getenv("SOURCE_DATE_EPOCH");
  auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(fixed ? static_cast<std::time_t>(std::atoll(fixed)) : now));
}

std::string upper(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool is_heading(const std::string& line) {
  return !line.empty() && line.front() != ' ' && line.ends_with(':');
}

} // namespace

std::string troff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\''))
    out += "\\&"; // else it would be a macro
  for (char c : text)
    switch (c) {
    case '\\':
      out += "\\e";
      break;
    case '-':
      out += "\\-"; // so that it can be copied into a shell
      break;
    case '"':
      out += "\\(dq"; // also within the argument of a macro
      break;
    case '~':
      out += "\\(ti";
      break;
    case '^':
      out += "\\(ha";
      break;
    default:
      out += c;
    }
  return out;
}

void manual_text::put(std::string_view line) {
  out_ += line;
  out_ += '\n';
}

void manual_text::title(const std::string& name, int section, const std::string& product) {
  put(fmt::format(".TH \"{}\" \"{}\" \"{}\" \"{}\" \"{}\"", troff(upper(name)), section, day_of_build(), troff(product),
                  "Hivemark"));
}

void manual_text::section(std::string_view heading) {
  put(fmt::format(".SH \"{}\"", troff(upper(heading))));
}

void manual_text::subsection(std::string_view heading) {
  put(fmt::format(".SS \"{}\"", troff(heading)));
}

void manual_text::paragraph(std::string_view text) {
  separate();
  put(troff(text));
}

void manual_text::separate() {
  auto last = out_.rfind('\n', out_.size() - 2) + 1;
  if (!std::string_view{out_}.substr(last).starts_with(".S")) // headings separate by themselves
    put(".PP");
}

void manual_text::entry(std::string_view term, size_t bold, std::string_view text) {
  put(".TP");
  auto rest = term.substr(bold);
  put("\\fB" + troff(term.substr(0, bold)) + "\\fR" + (rest.empty() ? "" : troff(rest)));
  put(troff(text));
}

void manual_text::begin_lines() {
  separate();
  put(".nf");
}

void manual_text::line(std::string_view text) {
  put(troff(text));
}

void manual_text::end_lines() {
  put(".fi");
}

void manual_text::bold(std::string_view name, std::string_view rest) {
  put("\\fB" + troff(name) + "\\fR" + troff(rest));
}

void manual_text::footer(const std::string& text) {
  std::istringstream lines{text};
  bool indented = false;
  bool begun = false; // a section, with which the paragraphs belong
  for (std::string line; std::getline(lines, line);) {
    bool is_indented = line.starts_with(' ');
    if (indented && !is_indented)
      end_lines();
    if (!indented && is_indented)
      begin_lines();
    indented = is_indented;
    if (is_heading(line)) {
      section(line.substr(0, line.size() - 1));
      begun = true;
    } else if (is_indented) {
      this->line(line);
    } else if (!line.empty()) {
      if (!begun)
        section("Notes");
      begun = true;
      paragraph(line);
    }
  }
  if (indented)
    end_lines();
}

} // namespace hive
