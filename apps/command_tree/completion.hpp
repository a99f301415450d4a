#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

namespace hive {

/// A text that may stand in place of the word at the cursor.
struct candidate {
  std::string text;
  std::string description;

  bool operator==(const candidate&) const = default;
};

/// What the tree of commands knows about the word at the cursor.
struct completion {
  std::string word;                         ///< what is typed of it; of "--option=word" the part after the sign
  std::string before;                       ///< "--option=" when the candidates must repeat it, else empty
  std::vector<candidate> candidates;        ///< commands, options, choices; each begins with `word`
  const CLI::App* command = nullptr;        ///< the command that the words before the cursor name
  const CLI::Option* value = nullptr;       ///< the option whose value the word is, when it has no choices
  bool behind_dashes = false;               ///< the word stands after a lone "--"
  std::map<std::string, std::string> given; ///< the options before the cursor that have a value, by name
};

/// Completes the last of `words`, which are those of a command line after the program's name. bash passes "=" as a word
/// of its own; other shells leave "--option=word" in one.
completion complete(const CLI::App& root, const std::vector<std::string>& words);

} // namespace hive
