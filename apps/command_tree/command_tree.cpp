#include "apps/command_tree/command_tree.hpp"

namespace hive {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  size_t begin = 0;
  for (auto end = text.find(separator); end != text.npos; begin = end + 1, end = text.find(separator, begin))
    out.push_back(text.substr(begin, end - begin));
  out.push_back(text.substr(begin));
  return out;
}

/// CLI11 writes "TYPE:CHECK" for an option with a check; the type of the value itself says little.
std::string without_type(const std::string& text) {
  for (const char* type : {"TEXT:", "INT:", "UINT:", "FLOAT:"})
    if (text.starts_with(type))
      return text.substr(text.find(':') + 1);
  return text;
}

} // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
  return command.get_subcommands(
    [](const CLI::App* below) { return !below->get_name().empty() && !below->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  auto out = command.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
  for (const auto* group : command.get_subcommands([](const CLI::App* below) { return below->get_name().empty(); }))
    for (const auto* option : options_of(*group))
      out.push_back(option);
  return out;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& command) {
  auto out = options_of(command);
  std::erase_if(out, [](const CLI::Option* option) { return !option->get_positional(); });
  return out;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const auto& name : option.get_snames())
    out.push_back("-" + name);
  for (const auto& name : option.get_lnames())
    out.push_back("--" + name);
  return out;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  auto type = option.get_type_name();
  auto begin = type.starts_with('{') ? 0 : type.find(":{");
  if (begin == type.npos || !type.ends_with('}'))
    return {};
  auto brace = type.find('{', begin);
  return split(type.substr(brace + 1, type.size() - brace - 2), ',');
}

std::string value_name(const CLI::Option& option) {
  if (auto choices = choices_of(option); !choices.empty()) {
    std::string out;
    for (const auto& choice : choices)
      out += (out.empty() ? "" : "|") + choice;
    return out;
  }
  return without_type(option.get_type_name());
}

std::string command_path(const CLI::App& command) {
  return command.get_parent() ? command_path(*command.get_parent()) + " " + command.get_name() : command.get_name();
}

} // namespace hive
