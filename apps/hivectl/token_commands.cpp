#include "apps/hivectl/access_commands.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/duration_option.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/guarded_file.hpp"
#include "apps/hivectl/registration.hpp"
#include "apps/hivectl/token_entries.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <sodium.h>

namespace hive::ctl {
namespace {

constexpr auto token_examples =
  "Examples:\n"
  "  hivectl token create ci --role record --expires 90d > ci.token\n"
  "  hivectl token list\n"
  "  hivectl token revoke ci --id 1f0c2a7b9d3e\n"
  "  hivectl token create grafana --role read --file /etc/hivemark/tokens.toml\n"
  "The file is by default the node's http.tokens_file, for which the node is asked. A node "
  "takes a changed file within a minute, and at once after SIGHUP.";

constexpr double max_validity_s = 100.0 * 366 * 86'400;

struct new_token_options {
  std::string name;
  std::string role;
  std::string expires;
  std::string not_before;
  double per_s = 0;
  int64_t burst = 0;
  std::string file;
};

struct revoked_token_options {
  std::string name;
  std::vector<std::string> ids;
  std::string file;
};

/// The file of tokens: the given one, or that of the node, which must then be on this machine.
caf::expected<std::string> find_tokens_file(const session& s, const std::string& given) {
  if (!given.empty())
    return given;
  const std::string advice = "; --file names the file of tokens";
  if (!is_on_this_machine(s.url))
    return fail_as(exit_status::usage, "the node is on another machine" + advice);
  auto answer = s.node.ask<wire::TokenList>({.path = "/tokens"});
  if (!answer)
    return caf::error{
      answer.error().code(), answer.error().category(),
      caf::make_message("the node does not say which file has its tokens: " + text_of(answer.error()) + advice)};
  if (!(*answer)->hasFile())
    return fail_as(exit_status::refused, "the node has no file of tokens (http.tokens_file)" + advice);
  return std::string{as_view((*answer)->getFile())};
}

/// A point in time: one of its own, or a duration from now; 0 for none.
caf::expected<int64_t> point_in_time(const std::string& text, const char* option) {
  if (text.empty())
    return int64_t{0};
  if (auto seconds = parse_duration(text); seconds && *seconds > 0 && *seconds < max_validity_s)
    return (now_unix_micros() / micros_per_s + static_cast<int64_t>(*seconds)) * micros_per_s;
  if (auto time = parse_iso8601(text))
    return *time;
  return fail_as(exit_status::usage, std::string{option} +
                                       " must be a time from now, such as 90d or 12h, or a time "
                                       "such as 2027-01-31T12:00:00Z, not " +
                                       text);
}

caf::expected<token_entry> new_token_entry(const new_token_options& options, const std::string& secret) {
  auto expires = point_in_time(options.expires, "--expires");
  if (!expires)
    return expires.error();
  auto not_before = point_in_time(options.not_before, "--not-before");
  if (!not_before)
    return not_before.error();
  if (*expires != 0 && *expires <= std::max(*not_before, now_unix_micros()))
    return fail_as(exit_status::usage, "--expires is in the past or not after --not-before");
  if (options.burst > 0 && options.per_s == 0)
    return fail_as(exit_status::usage, "--burst has no effect without --per-s");
  return token_entry{.name = options.name,
                     .role = options.role,
                     .sha256 = to_hex(sha256(secret)),
                     .not_before = *not_before,
                     .expires = *expires,
                     .per_s = options.per_s,
                     .burst = options.burst};
}

void remark_on_reload(const output& out) {
  out.remark("A node takes the file within a minute, and at once after SIGHUP (systemctl reload hived).");
}

outcome create_token(session& s, const new_token_options& options) {
  std::array<unsigned char, 32> random{};
  randombytes_buf(random.data(), random.size());
  auto secret = to_hex(random);
  auto entry = new_token_entry(options, secret);
  if (!entry)
    return entry.error();
  auto place = find_tokens_file(s, options.file);
  if (!place)
    return place.error();
  auto file = guarded_file::open(*place);
  if (!file)
    return file.error();
  bool is_new = !file->exists();
  auto text = file->read();
  if (!text)
    return text.error();
  auto changed = with_entry(*text, *entry, file->path());
  if (!changed)
    return changed.error();
  if (auto wrong = file->replace(*changed))
    return wrong;
  auto made = msg<wire::TokenCreated>::build([&](wire::TokenCreated::Builder out) {
    out.setName(entry->name);
    out.setId(entry->id());
    out.setRole(entry->role);
    out.setToken(secret);
    out.setNotBefore(entry->not_before);
    out.setExpires(entry->expires);
    out.setFile(file->path());
  });
  s.out.answer(made, [&] { s.out.line(secret); });
  if (is_new)
    s.out.remark(file->path() + " is new and readable by its owner alone: the node's user has to be able to read it.");
  s.out.remark("Token " + entry->name + " (" + entry->id() + ", role " + entry->role + ") is in " + file->path() +
               " as its hash. It is shown only now.");
  remark_on_reload(s.out);
  return exit_status::done;
}

std::string token_validity(wire::TokenInfo::Reader token) {
  if (token.getIsValid())
    return "yes";
  auto now = now_unix_micros();
  return token.getExpires() != 0 && token.getExpires() <= now ? "expired" : "not yet";
}

void show_tokens(wire::TokenList::Reader list, output& out) {
  table rows{{text_column("NAME"), text_column("ID"), text_column("ROLE"), text_column("VALID"), text_column("FROM"),
              text_column("UNTIL"), number_column("PER S"), text_column("LAST USED")}};
  for (auto each : list.getTokens())
    rows.add_row({each.getName().cStr(), each.getId().cStr(), each.getRole().cStr(), token_validity(each),
                  format_time(each.getNotBefore()), format_time(each.getExpires()),
                  each.getPerS() > 0 ? format_number(each.getPerS()) : "", out.time(each.getLastUsed())});
  out.print(rows);
}

/// The tokens of a file, with what the node knows of them if it answers.
caf::expected<msg<wire::TokenList>> tokens_of_file(session& s, const std::string& path) {
  auto file = guarded_file::open(path);
  if (!file)
    return file.error();
  if (!file->exists())
    return fail_as(exit_status::file_failed, file->path() + " does not exist");
  auto text = file->read();
  if (!text)
    return text.error();
  auto entries = read_entries(*text, file->path());
  if (!entries)
    return entries.error();
  auto list = list_of(*entries, file->path(), now_unix_micros());
  auto known = s.node.ask<wire::TokenList>({.path = "/tokens"});
  if (!known) {
    s.out.remark("When they were last used is not known: " + text_of(known.error()));
    return list;
  }
  std::map<std::string, int64_t> uses;
  for (auto each : (*known)->getTokens())
    uses[each.getId().cStr()] = each.getLastUsed();
  return changed(list, [&uses](wire::TokenList::Builder out) {
    for (auto each : out.getTokens())
      if (auto use = uses.find(each.getId().cStr()); use != uses.end())
        each.setLastUsed(use->second);
  });
}

outcome list_tokens(session& s, const std::string& file) {
  auto answer = file.empty() ? s.node.ask<wire::TokenList>({.path = "/tokens"}) : tokens_of_file(s, file);
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_tokens(**answer, s.out); });
  return exit_status::done;
}

outcome revoke_tokens(session& s, const revoked_token_options& options) {
  auto place = find_tokens_file(s, options.file);
  if (!place)
    return place.error();
  auto file = guarded_file::open(*place);
  if (!file)
    return file.error();
  auto text = file->read();
  if (!text)
    return text.error();
  auto entries = read_entries(*text, file->path());
  if (!entries)
    return entries.error();
  auto is_revoked = [&options](const token_entry& entry) {
    return entry.name == options.name &&
           (options.ids.empty() || std::ranges::find(options.ids, entry.id()) != options.ids.end());
  };
  auto has = [&entries](const auto& test) { return std::ranges::any_of(*entries, test); };
  if (!has(is_revoked))
    return fail_as(exit_status::not_found,
                   file->path() + " has no token " + options.name + (options.ids.empty() ? "" : " of these ids"));
  auto rest = without_entries(*text, is_revoked, file->path());
  if (!rest)
    return rest.error();
  if (auto wrong = file->replace(*rest))
    return wrong;
  bool is_last = !has([&](const token_entry& entry) { return !is_revoked(entry); });
  std::erase_if(*entries, [&](const token_entry& entry) { return !is_revoked(entry); });
  auto gone = list_of(*entries, file->path(), now_unix_micros());
  s.out.answer(gone, [&] {
    for (const auto& entry : *entries)
      s.out.line("Revoked " + entry.name + " (" + entry.id() + ", role " + entry.role + ").");
  });
  if (is_last)
    s.out.remark("No token is left in " + file->path() + ": only the node's operator token has access.");
  remark_on_reload(s.out);
  return exit_status::done;
}

void add_tokens_file_option(CLI::App& command, std::string& file, const char* description) {
  command.add_option("--file", file, description)->envname("HIVE_TOKENS_FILE")->type_name("FILE");
}

constexpr auto changed_tokens_file = "File of tokens (default: the node's http.tokens_file)";

void add_token_create(CLI::App& group, context& ctx) {
  auto options = std::make_shared<new_token_options>();
  auto& command =
    *group.add_subcommand("create", "Make a token, print it once, and add its hash to the file of tokens");
  command.add_option("NAME", options->name, "Whose token it is; a name may have several")
    ->required()
    ->check(valid_id());
  command.add_option("--role", options->role, "What its holder may do")
    ->required()
    ->check(CLI::IsMember{std::vector<std::string>{"read", "record", "operate"}});
  command
    .add_option("--expires", options->expires, "End of its validity: 90d or 12h from now, or a time (default: never)")
    ->type_name("TIME");
  command.add_option("--not-before", options->not_before, "Begin of its validity, likewise (default: now)")
    ->type_name("TIME");
  command.add_option("--per-s", options->per_s, "Requests per second on average (default: as configured)")
    ->check(CLI::Range(0.001, 1e6));
  command.add_option("--burst", options->burst, "Requests at once (default: those of a second)")
    ->check(CLI::Range(1, 1'000'000))
    ->type_name("N");
  add_tokens_file_option(command, options->file, changed_tokens_file);
  ctx.on(command, [options](session& s) { return create_token(s, *options); });
}

} // namespace

void add_token_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "token", "Tokens by which others may use a node", token_examples);
  add_token_create(group, ctx);
  auto listed = std::make_shared<std::string>();
  auto& show = *group.add_subcommand("list", "List tokens, their validity and their last use since the node's start");
  add_tokens_file_option(show, *listed,
                         "File of tokens (default: ask the node, which also knows those of its configuration)");
  ctx.on(show, [listed](session& s) { return list_tokens(s, *listed); });
  auto options = std::make_shared<revoked_token_options>();
  auto& remove = *group.add_subcommand("revoke", "Remove tokens from the file of tokens");
  remove.add_option("NAME", options->name, "Name of the tokens")->required();
  remove.add_option("--id", options->ids, "Only those of these ids, as 'list' shows them")->type_name("ID");
  add_tokens_file_option(remove, options->file, changed_tokens_file);
  ctx.on(remove, [options](session& s) { return revoke_tokens(s, *options); });
}

} // namespace hive::ctl
