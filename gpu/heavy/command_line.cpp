#include "gpu/heavy/command_line.hpp"

#include "gpu/heavy/program.hpp"

#include <CLI/CLI.hpp>

namespace hive::heavy {
namespace {

/// CLI11 reads -1 as the largest number.
std::string refuse_sign(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos ? "" : text + " is no whole number";
}

} // namespace

struct command_line::parser {
  CLI::App app;
};

command_line::command_line(const std::string& name, const std::string& description, const std::string& footer)
    : parser_{new parser{CLI::App{description, name}}} {
  parser_->app.footer(footer);
}

command_line::~command_line() = default;

void command_line::text(const std::string& option, std::string& value, const std::string& help) {
  parser_->app.add_option(option, value, help)->capture_default_str()->type_name("TEXT");
}

void command_line::count(const std::string& option, uint64_t& value, uint64_t least, uint64_t most,
                         const std::string& help) {
  auto range = std::to_string(least) + " to " + std::to_string(most);
  CLI::Validator digits{refuse_sign, "", "digits"};
  parser_->app.add_option(option, value, help + " (" + range + ")")
    ->capture_default_str()
    ->type_name("N")
    ->check(digits)
    ->check(CLI::Range(least, most).description(""));
}

void command_line::flag(const std::string& option, bool& value, const std::string& help) {
  parser_->app.add_flag(option, value, help);
}

bool command_line::given(const std::string& option) const {
  return parser_->app.count(option) > 0;
}

std::optional<int> command_line::parse(int argc, char** argv) {
  try {
    parser_->app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    return parser_->app.exit(e) == 0 ? exit_done : exit_usage;
  }
}

} // namespace hive::heavy
