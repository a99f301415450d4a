#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hive::heavy {

/// The options of a program. Only command_line.cpp includes CLI11, which takes seconds to compile.
class command_line {
public:
  /// `description` is the text that `--help` begins with, `footer` the one that it ends with.
  command_line(const std::string& name, const std::string& description, const std::string& footer);
  ~command_line();

  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;

  /// Options that set `value`, which is also the default.
  void text(const std::string& option, std::string& value, const std::string& help);
  void count(const std::string& option, uint64_t& value, uint64_t least, uint64_t most, const std::string& help);
  void flag(const std::string& option, bool& value, const std::string& help);

  /// Whether the command line gave this option.
  bool given(const std::string& option) const;

  /// Nothing when the program is to run. Otherwise, after --help or a wrong option, its exit status; the text is
  /// printed.
  std::optional<int> parse(int argc, char** argv);

private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

} // namespace hive::heavy
