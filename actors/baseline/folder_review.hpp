#pragma once

#include "actors/baseline/prompts_file.hpp"
#include "platform/watched_folder.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// Which files of the prompts folder have to be looked at, and what was seen of them. Pure: it reads nothing itself.
///
/// A prompt comes before the recipes of its flows, so that the first baseline of an agent knows its prompt. Only one
/// look at an agent is under way at a time.
class folder_review {
public:
  /// Why a file is looked at.
  struct reasons {
    bool is_touched = false; ///< it was written, moved or removed
    bool is_listed = false;  ///< it was found by a scan, and may be unchanged
    bool is_retried = false; ///< the last look could not be completed
    bool has_prompt = false; ///< the prompt of its agent changed
  };

  struct item {
    std::string name;
    prompts_file file;
    reasons why;
  };

  /// A file was written, moved or removed.
  void touch(const std::string& name);
  /// The last look at a file could not be completed.
  void retry(const std::string& name);
  /// A scan found these files. If it is complete, files seen before that are not among them have gone.
  void list(const std::vector<std::string>& names, bool is_complete);
  /// The store has a recipe of this agent that came from the folder; the file has gone unless it was seen.
  void expect(const stored_agent& who);

  /// The next file to look at; an agent's stays held until `release`. Nothing while there is none.
  std::optional<item> next();
  void release(const stored_agent& who);

  /// Whether the file's content must be read, given its mark now.
  bool must_read(const item& looked_at, const file_mark& now) const;

  /// The file was looked at: its mark, or nothing when there is no such file.
  void settle(const std::string& name, const std::optional<file_mark>& mark);

  /// The hash of a prompt, empty without a file. A new one makes the seen recipes of its flows due.
  void set_prompt(const std::string& prompt, const std::string& hash);
  /// The same, empty when unknown.
  std::string prompt_hash(const std::string& prompt) const;

  /// Number of files of agents and prompts.
  size_t seen() const {
    return seen_.size();
  }

private:
  reasons& due(const std::string& name, const prompts_file& file);

  std::map<std::string, reasons> due_prompts_;
  std::map<std::string, reasons> due_recipes_; ///< and misnamed files
  std::map<std::string, file_mark> seen_;      ///< the folder's files of agents and prompts
  std::map<std::string, std::string> prompts_; ///< hashes by prompt
  std::set<stored_agent> held_;
};

} // namespace hive
