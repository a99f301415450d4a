#include "apps/hivectl/generators.hpp"

#include "apps/command_tree/command_tree.hpp"
#include "apps/command_tree/completion.hpp"
#include "apps/command_tree/manual_page.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/value_kind.hpp"
#include "platform/version.hpp"

#include <algorithm>
#include <iostream>

namespace hive::ctl {
namespace {

constexpr size_t max_candidates = 1'000; // more than anybody reads
constexpr auto help_command = "help";

/// The arguments after "hivectl __complete" or "hivectl __man".
std::vector<std::string> words_of(int argc, char** argv) {
  return {argv + 2, argv + argc};
}

/// "hivectl help WORD..." names commands as a command line does.
completion complete_help(const CLI::App& app, std::vector<std::string> words) {
  words.erase(words.begin());
  auto out = complete(app, words);
  std::erase_if(out.candidates, [](const candidate& found) { return found.text.starts_with('-'); });
  out.value = nullptr;
  return out;
}

completion complete_words(const CLI::App& app, const std::vector<std::string>& words) {
  bool is_help = words.size() > 1 && words.front() == help_command && !words.back().starts_with('-');
  return is_help ? complete_help(app, words) : complete(app, words);
}

void print(const candidate& found) {
  std::cout << found.text;
  if (!found.description.empty())
    std::cout << '\t' << found.description.substr(0, found.description.find('\n'));
  std::cout << '\n';
}

int print_candidates(const CLI::App& app, const std::vector<std::string>& words) {
  auto found = complete_words(app, words);
  auto kind = kind_of(found);
  if (kind == value_kind::file)
    std::cout << ":files\n";
  else if (kind == value_kind::directory)
    std::cout << ":directories\n";
  auto names = names_of_node(kind, node_of(found, app));
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(found.word); });
  names.resize(std::min(names.size(), max_candidates));
  for (const auto& name : names)
    print({found.before + name, ""});
  for (const auto& candidate : found.candidates)
    print(candidate);
  return static_cast<int>(exit_status::done);
}

manual_about about_hivectl() {
  manual_about about;
  about.section = 1;
  about.product = std::string{"Hivemark "} + version_text;
  about.see_also = {{"hived", 8}, {"hived.toml", 5}};
  return about;
}

int print_manual(const CLI::App& app, const std::vector<std::string>& words) {
  auto pages = manual_pages(app, about_hivectl());
  if (words.empty()) {
    for (const auto& page : pages)
      std::cout << page.name << '\n';
    return static_cast<int>(exit_status::done);
  }
  auto page = std::ranges::find(pages, words.front(), &manual_page::name);
  if (page == pages.end()) {
    std::cerr << "hivectl: there is no manual page \"" << words.front() << "\"\n";
    return static_cast<int>(exit_status::usage);
  }
  std::cout << page->text;
  return static_cast<int>(exit_status::done);
}

} // namespace

std::optional<int> run_generator(int argc, char** argv, const CLI::App& app) {
  if (argc < 2)
    return std::nullopt;
  if (argv[1] == std::string_view{"__complete"})
    return print_candidates(app, words_of(argc, argv));
  if (argv[1] == std::string_view{"__man"})
    return print_manual(app, words_of(argc, argv));
  return std::nullopt;
}

} // namespace hive::ctl
