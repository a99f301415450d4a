#include "apps/command_tree/completion.hpp"

#include "apps/command_tree/command_tree.hpp"

#include <algorithm>

namespace hive {
namespace {

/// The option of `command` or of a command above it that has this name. Options of the commands above are accepted
/// anywhere, as hivectl's root says with fallthrough().
const CLI::Option* find_option(const CLI::App& command, const std::string& name) {
  for (const auto* option : options_of(command))
    if (std::ranges::count(names_of(*option), name) > 0)
      return option;
  return command.get_parent() ? find_option(*command.get_parent(), name) : nullptr;
}

class walk {
public:
  explicit walk(const CLI::App& root) {
    result_.command = &root;
  }

  /// Takes a word before the cursor.
  void pass(const std::string& word) {
    if (result_.behind_dashes)
      return;
    if (word == "=" && pending_) // from bash; the value follows
      return;
    if (pending_) {
      keep(*pending_, word);
      pending_ = nullptr;
    } else if (word == "--") {
      result_.behind_dashes = true;
    } else if (word.size() > 1 && word.starts_with('-')) {
      pass_option(word);
    } else if (const auto* below = find_command(word)) {
      result_.command = below;
      positional_ = 0;
    } else {
      ++positional_;
    }
  }

  /// Completes the word at the cursor.
  completion finish(const std::string& word) {
    result_.word = word == "=" && pending_ ? "" : word;
    if (result_.behind_dashes)
      return std::move(result_);
    auto sign = word.find('=');
    if (pending_)
      offer_value(*pending_);
    else if (word.starts_with("--") && sign != word.npos)
      offer_joined_value(word.substr(0, sign), sign);
    else if (word.starts_with('-'))
      offer_options();
    else
      offer_words();
    return std::move(result_);
  }

private:
  const CLI::App* find_command(const std::string& name) const {
    auto below = commands_of(*result_.command);
    auto found = std::ranges::find(below, name, [](const CLI::App* command) { return command->get_name(); });
    return found == below.end() ? nullptr : *found;
  }

  void pass_option(const std::string& word) {
    auto sign = word.find('=');
    const auto* option = find_option(*result_.command, word.substr(0, sign));
    if (!option || !takes_value(*option))
      return;
    if (sign == word.npos)
      pending_ = option;
    else
      keep(*option, word.substr(sign + 1));
  }

  void keep(const CLI::Option& option, const std::string& value) {
    for (const auto& name : names_of(option))
      result_.given[name] = value;
  }

  void offer(const std::string& text, const std::string& description) {
    if (text.starts_with(result_.word))
      result_.candidates.push_back({result_.before + text, description});
  }

  void offer_value(const CLI::Option& option) {
    auto choices = choices_of(option);
    for (const auto& choice : choices)
      offer(choice, "");
    if (choices.empty())
      result_.value = &option;
  }

  void offer_joined_value(const std::string& name, size_t sign) {
    const auto* option = find_option(*result_.command, name);
    if (!option || !takes_value(*option))
      return;
    result_.before = name + "=";
    result_.word = result_.word.substr(sign + 1);
    offer_value(*option);
  }

  void offer_options() {
    for (const auto* command = result_.command; command; command = command->get_parent())
      for (const auto* option : options_of(*command))
        for (const auto& name : names_of(*option))
          if (!is_offered(name))
            offer(name, option->get_description());
  }

  /// Every command has its own --help.
  bool is_offered(const std::string& text) const {
    return std::ranges::find(result_.candidates, text, &candidate::text) != result_.candidates.end();
  }

  void offer_words() {
    for (const auto* below : commands_of(*result_.command))
      offer(below->get_name(), below->get_description());
    auto positionals = positionals_of(*result_.command);
    if (positionals.empty())
      return;
    // The last one may take all that follows.
    auto place = std::min(positional_, positionals.size() - 1);
    if (place == positional_ || positionals[place]->get_items_expected_max() > 1)
      offer_value(*positionals[place]);
  }

  completion result_;
  const CLI::Option* pending_ = nullptr; ///< its value comes next
  size_t positional_ = 0;                ///< number of positional arguments before the cursor
};

} // namespace

completion complete(const CLI::App& root, const std::vector<std::string>& words) {
  walk at{root};
  for (size_t i = 0; i + 1 < words.size(); ++i)
    at.pass(words[i]);
  return at.finish(words.empty() ? std::string{} : words.back());
}

} // namespace hive
