#include "apps/hived/config_values.hpp"

#include <string>

namespace hive {
namespace {

constexpr double max_timeout_s = 86'400; // one day: nobody waits longer for a measurement

} // namespace

void read_path(toml_section& in, std::string_view key, std::filesystem::path& out) {
  auto text = out.string();
  in.read(key, text);
  if (in.has(key) && text.empty())
    in.refuse(key, "must not be empty");
  out = text;
}

void read_timeout(toml_section& in, std::string_view key, std::chrono::milliseconds& out) {
  double seconds = std::chrono::duration<double>(out).count();
  in.read(key, seconds, 0.1, max_timeout_s);
  out = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

void read_choice(toml_section& in, std::string_view key, const std::string& no, const std::string& yes, bool& out) {
  auto word = out ? yes : no;
  in.read(key, word);
  if (word != no && word != yes)
    in.refuse(key, "must be \"" + no + "\" or \"" + yes + "\", not \"" + word + "\"");
  out = word == yes;
}

void read_test_format(toml_section& in, std::string_view key, test_format& out) {
  std::string format = "auto";
  in.read(key, format);
  auto parsed = parse_test_format(format);
  if (!parsed)
    in.refuse(key, "must be auto, pytest, ctest, junit, tap or go");
  out = *parsed;
}

} // namespace hive
