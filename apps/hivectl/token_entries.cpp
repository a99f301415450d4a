#include "apps/hivectl/token_entries.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <toml++/toml.h>

namespace hive::ctl {
namespace {

/// Digits of the hash in an id, as in the node.
constexpr size_t id_digits = 12;
constexpr std::string_view none_left = "tokens = [] # nobody but the node's operator has access\n";

/// Lines of a file, from one.
struct line_range {
  size_t first = 0;
  size_t last = 0;
};

struct placed_entry {
  token_entry entry;
  line_range lines;
};

struct parsed_file {
  std::vector<placed_entry> entries;
  std::optional<line_range> empty_list; ///< of the key that says that there are none
};

std::string text_of_time(const toml::node& node) {
  std::ostringstream out;
  if (auto* text = node.as_string())
    out << text->get();
  else if (auto* time = node.as_date_time())
    out << time->get();
  return out.str();
}

void widen(line_range& lines, const toml::source_region& by) {
  if (by.begin.line == 0)
    return;
  lines.first = lines.first == 0 ? by.begin.line : std::min<size_t>(lines.first, by.begin.line);
  lines.last = std::max<size_t>({lines.last, by.begin.line, by.end.line});
}

placed_entry read_entry(const toml::table& table) {
  placed_entry out;
  widen(out.lines, {table.source().begin, table.source().begin, {}}); // toml++ ends some tables at the next one
  for (const auto& [key, node] : table)
    widen(out.lines, node.source());
  auto text = [&](const char* key) { return table[key].value_or(std::string{}); };
  auto time = [&](const char* key) -> int64_t {
    const auto* node = table.get(key);
    return node ? parse_iso8601(text_of_time(*node)).value_or(0) : 0;
  };
  out.entry = {.name = text("name"),
               .role = text("role"),
               .sha256 = text("sha256"),
               .not_before = time("not_before"),
               .expires = time("expires"),
               .per_s = table["per_s"].value_or(0.0),
               .burst = table["burst"].value_or(int64_t{0})};
  return out;
}

caf::expected<parsed_file> parse(const std::string& text, const std::string& file) {
  parsed_file out;
  try {
    auto root = toml::parse(text, file);
    const auto* tokens = root.get_as<toml::array>("tokens");
    if (!tokens)
      return out;
    for (const auto& element : *tokens)
      if (const auto* table = element.as_table())
        out.entries.push_back(read_entry(*table));
    if (tokens->empty()) {
      out.empty_list.emplace();
      widen(*out.empty_list, tokens->source());
    }
  } catch (const toml::parse_error& e) {
    return fail(ec::invalid, file + ":" + std::to_string(e.source().begin.line) + ": " + std::string{e.description()});
  }
  return out;
}

std::vector<token_entry> entries_of(const parsed_file& file) {
  std::vector<token_entry> out;
  for (const auto& each : file.entries)
    out.push_back(each.entry);
  return out;
}

std::string without_lines(const std::string& text, const std::vector<line_range>& gone) {
  std::istringstream in{text};
  std::string out, line;
  for (size_t number = 1; std::getline(in, line); ++number)
    if (!std::ranges::any_of(gone, [&](const auto& lines) { return number >= lines.first && number <= lines.last; }))
      out += line + "\n";
  return out;
}

std::string entry_text(const token_entry& entry) {
  auto out =
    fmt::format("[[tokens]]\nname = \"{}\"\nrole = \"{}\"\nsha256 = \"{}\"\n", entry.name, entry.role, entry.sha256);
  if (entry.not_before != 0)
    out += fmt::format("not_before = \"{}\"\n", format_iso8601(entry.not_before));
  if (entry.expires != 0)
    out += fmt::format("expires = \"{}\"\n", format_iso8601(entry.expires));
  if (entry.per_s > 0)
    out += fmt::format("per_s = {}\n", entry.per_s);
  if (entry.burst > 0)
    out += fmt::format("burst = {}\n", entry.burst);
  return out;
}

/// A change of text is believed only if it reads as intended.
caf::expected<std::string> checked(std::string text, const std::vector<token_entry>& wanted, const std::string& file) {
  auto read = read_entries(text, file);
  if (!read || *read != wanted)
    return fail(ec::invalid, file + " cannot be changed by hivectl, because its tokens are not written as [[tokens]] "
                                    "with a line for each key: change it with an editor");
  return text;
}

} // namespace

std::string token_entry::id() const {
  return sha256.substr(0, id_digits);
}

caf::expected<std::vector<token_entry>> read_entries(const std::string& text, const std::string& file) {
  auto parsed = parse(text, file);
  if (!parsed)
    return parsed.error();
  return entries_of(*parsed);
}

caf::expected<std::string> with_entry(const std::string& text, const token_entry& added, const std::string& file) {
  auto parsed = parse(text, file);
  if (!parsed)
    return parsed.error();
  auto out = parsed->empty_list ? without_lines(text, {*parsed->empty_list}) : text;
  if (!out.empty() && !out.ends_with('\n'))
    out += '\n';
  if (!out.empty())
    out += '\n';
  out += entry_text(added);
  auto wanted = entries_of(*parsed);
  wanted.push_back(added);
  return checked(std::move(out), wanted, file);
}

caf::expected<std::string> without_entries(const std::string& text,
                                           const std::function<bool(const token_entry&)>& is_revoked,
                                           const std::string& file) {
  auto parsed = parse(text, file);
  if (!parsed)
    return parsed.error();
  std::vector<line_range> gone;
  std::vector<token_entry> left;
  for (const auto& each : parsed->entries)
    if (is_revoked(each.entry))
      gone.push_back(each.lines);
    else
      left.push_back(each.entry);
  auto out = without_lines(text, gone);
  if (left.empty() && !parsed->empty_list)
    out = std::string{none_left} + out;
  return checked(std::move(out), left, file);
}

msg<wire::TokenList> list_of(const std::vector<token_entry>& entries, const std::string& file,
                             int64_t now_unix_micros) {
  return msg<wire::TokenList>::build([&](wire::TokenList::Builder out) {
    auto tokens = out.initTokens(static_cast<uint32_t>(entries.size()));
    for (uint32_t i = 0; i < tokens.size(); ++i) {
      const auto& entry = entries[i];
      tokens[i].setId(entry.id());
      tokens[i].setName(entry.name);
      tokens[i].setRole(entry.role);
      tokens[i].setNotBefore(entry.not_before);
      tokens[i].setExpires(entry.expires);
      tokens[i].setIsValid(entry.not_before <= now_unix_micros &&
                           (entry.expires == 0 || now_unix_micros < entry.expires));
      tokens[i].setPerS(entry.per_s);
      tokens[i].setBurst(static_cast<uint32_t>(entry.burst));
    }
    out.setFile(file);
  });
}

} // namespace hive::ctl
