#include "apps/command_tree/manual_page.hpp"

#include "apps/command_tree/command_tree.hpp"
#include "apps/command_tree/manual_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hive {
namespace {

bool is_group(const CLI::App& command) {
  return !commands_of(command).empty();
}

/// "hivectl-snapshot" of "hivectl snapshot".
std::string page_name(const CLI::App& command) {
  auto name = command_path(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

/// The description without a full stop, as the line NAME has it.
std::string summary_of(const CLI::App& command) {
  auto text = command.get_description();
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// "--name NAME" with the number of characters that are typed as they stand.
std::pair<std::string, size_t> term_of(const CLI::Option& option) {
  if (option.get_positional())
    return {option.get_name(true), option.get_name(true).size()};
  std::string names;
  for (const auto& name : names_of(option))
    names += (names.empty() ? "" : ", ") + name;
  auto value = takes_value(option) ? value_name(option) : std::string{};
  return {value.empty() ? names : names + " " + value, names.size()};
}

std::string text_of(const CLI::Option& option) {
  auto text = option.get_description();
  if (option.get_positional() && !choices_of(option).empty())
    text += " (" + value_name(option) + ")";
  if (option.get_required() && !option.get_positional())
    text += " (required)";
  if (!option.get_envname().empty())
    text += " (environment: " + option.get_envname() + ")";
  return text;
}

void write_options(manual_text& page, const CLI::App& command) {
  for (const auto* option : options_of(command)) {
    if (option == command.get_help_ptr() && command.get_parent())
      continue; // every command has it
    auto [term, bold] = term_of(*option);
    page.entry(term, bold, text_of(*option));
  }
}

std::string arguments_of(const CLI::App& command) {
  std::string out;
  for (const auto* argument : positionals_of(command)) {
    auto name = argument->get_name(true) + (argument->get_items_expected_max() > 1 ? "..." : "");
    out += argument->get_required() ? " " + name : " [" + name + "]";
  }
  auto options = options_of(command);
  bool has_options =
    std::ranges::any_of(options, [&](auto* o) { return !o->get_positional() && o != command.get_help_ptr(); });
  return out + (has_options ? " [OPTION...]" : "");
}

/// A command that is no group, with its arguments and examples, below a heading of its own.
void write_command(manual_text& page, const CLI::App& command) {
  page.subsection(command_path(command) + arguments_of(command));
  page.paragraph(command.get_description());
  write_options(page, command);
  if (command.get_footer().empty() || command.get_footer() == command.get_parent()->get_footer())
    return; // CLI11 hands footers down
  std::string text = command.get_footer();
  page.begin_lines();
  for (size_t begin = 0; begin < text.size();) {
    auto end = std::min(text.find('\n', begin), text.size());
    page.line(text.substr(begin, end - begin));
    begin = end + 1;
  }
  page.end_lines();
}

void write_commands(manual_text& page, const CLI::App& group) {
  for (const auto* command : commands_of(group))
    if (is_group(*command))
      write_commands(page, *command);
    else
      write_command(page, *command);
}

void write_see_also(manual_text& page, std::vector<std::pair<std::string, int>> pages) {
  page.section("See also");
  for (size_t i = 0; i < pages.size(); ++i)
    page.bold(pages[i].first, fmt::format("({}){}", pages[i].second, i + 1 < pages.size() ? "," : ""));
}

void begin(manual_text& page, const CLI::App& command, const manual_about& about) {
  auto name = page_name(command);
  page.title(name, about.section, about.product);
  page.section("Name");
  page.paragraph(name + " - " + summary_of(command)); // man looks for " - "
  page.section("Synopsis");
}

manual_page page_of_group(const CLI::App& program, const CLI::App& group, const manual_about& about) {
  manual_text page;
  begin(page, group, about);
  page.bold(command_path(group), " COMMAND [ARGUMENT...] [OPTION...]");
  page.section("Description");
  page.paragraph(group.get_description() + ". " + page_name(program) + "(" + std::to_string(about.section) +
                 ") describes the options that all commands have, and the exit status.");
  page.section("Commands");
  write_commands(page, group);
  page.footer(group.get_footer());
  auto others = about.see_also;
  others.insert(others.begin(), {page_name(program), about.section});
  write_see_also(page, std::move(others));
  return {page_name(group), page.text()};
}

void write_index(manual_text& page, const CLI::App& program, const manual_about& about) {
  page.section("Commands");
  for (const auto* command : commands_of(program))
    if (is_group(*command))
      page.entry(command->get_name(), command->get_name().size(),
                 fmt::format("{}; see {}({})", command->get_description(), page_name(*command), about.section));
  for (const auto* command : commands_of(program))
    if (!is_group(*command))
      write_command(page, *command);
}

manual_page page_of_program(const CLI::App& program, const manual_about& about) {
  manual_text page;
  begin(page, program, about);
  bool has_commands = is_group(program);
  page.bold(program.get_name(), has_commands ? " COMMAND [ARGUMENT...] [OPTION...]" : " [OPTION...]");
  page.section("Description");
  page.paragraph(program.get_description());
  page.section("Options");
  write_options(page, program);
  if (has_commands)
    write_index(page, program, about);
  page.footer(program.get_footer());
  auto others = about.see_also;
  for (const auto* command : commands_of(program))
    if (is_group(*command))
      others.emplace_back(page_name(*command), about.section);
  write_see_also(page, std::move(others));
  return {page_name(program), page.text()};
}

} // namespace

std::vector<manual_page> manual_pages(const CLI::App& program, const manual_about& about) {
  std::vector<manual_page> out{page_of_program(program, about)};
  for (const auto* command : commands_of(program))
    if (is_group(*command))
      out.push_back(page_of_group(program, *command, about));
  return out;
}

} // namespace hive
