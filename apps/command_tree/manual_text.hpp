#pragma once

#include <string>
#include <string_view>

namespace hive {

/// Writes troff with the man macros. What it is given is text: troff's own characters in it lose their meaning.
class manual_text {
public:
  /// The heading of the page, which comes first.
  void title(const std::string& name, int section, const std::string& product);
  void section(std::string_view heading);
  void subsection(std::string_view heading);
  void paragraph(std::string_view text);
  /// An entry of a list: `term` as it is typed, in bold up to `bold` characters.
  void entry(std::string_view term, size_t bold, std::string_view text);
  /// A line that keeps its spaces; some of them stand together.
  void begin_lines();
  void line(std::string_view text);
  void end_lines();
  /// A name in bold and the rest in the ordinary font.
  void bold(std::string_view name, std::string_view rest);
  /// The last part of a help: paragraphs and indented examples. A line that ends in a colon becomes the heading of a
  /// section.
  void footer(const std::string& text);

  const std::string& text() const {
    return out_;
  }

private:
  void separate();
  void put(std::string_view line);

  std::string out_;
};

/// The text as troff: backslashes, leading dots, and hyphens that are typed. For a whole line.
std::string troff(std::string_view text);

} // namespace hive
