#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/gpu_view.hpp"
#include "apps/hivectl/lease_client.hpp"
#include "apps/hivectl/lease_options.hpp"
#include "apps/hivectl/signal_receiver.hpp"
#include "apps/hivectl/validators.hpp"
#include "platform/http_client.hpp"

#include <cstdlib>
#include <fmt/format.h>

namespace hive::ctl {
namespace {

constexpr auto gpu_examples = "Examples:\n"
                              "  hivectl gpu list\n"
                              "  hivectl gpu run --vram 4 -- python3 train.py\n"
                              "  hivectl gpu leases\n"
                              "  hivectl gpu why 1-17\n"
                              "  hivectl gpu history --holder trainer\n"
                              "docs/how-to/gpu.md tells what a lease is, and what happens when things go wrong.";

struct take_options {
  lease_options lease;
  std::string key;
  bool no_wait = false;
};

struct lease_history_options {
  std::string holder;
  uint32_t limit = 100;
};

std::string lease_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The lease that a command line means: the one named, or the one under which this process runs.
caf::expected<lease_renewal> named_lease(const std::string& id, const std::string& token) {
  auto own = lease_variable("HIVE_LEASE_ID");
  if (id.empty() && own.empty())
    return fail_as(exit_status::usage, "the id of a lease is needed, as an argument or in $HIVE_LEASE_ID");
  lease_renewal out{id.empty() ? own : id, token};
  if (out.token.empty() && out.id == own)
    out.token = lease_variable("HIVE_LEASE_TOKEN");
  return out;
}

outcome show_answer(session& s, const caf::expected<msg<wire::Lease>>& lease) {
  if (!lease)
    return lease.error();
  s.out.answer(*lease, [&] { show_lease(**lease, s.out); });
  return exit_status::done;
}

outcome list_gpus(session& s) {
  auto list = s.node.ask<wire::GpuList>({.path = "/gpus"});
  if (!list)
    return list.error();
  s.out.answer(*list, [&] { show_gpus(**list, s.out); });
  return exit_status::done;
}

outcome list_leases(session& s) {
  auto list = s.node.ask<wire::LeaseList>({.path = "/gpus/leases"});
  if (!list)
    return list.error();
  s.out.answer(*list, [&] { show_leases(**list, s.out); });
  return exit_status::done;
}

outcome take_and_show(session& s, const take_options& options, const context& ctx) {
  auto request = request_of(options.lease, ctx, options.key.empty() ? random_key() : options.key);
  if (!request)
    return request.error();
  signal_receiver signals;
  auto lease = options.no_wait ? request_lease(s.node, *request) : take_lease(s, *request, signals.end_requested());
  if (!lease && signals.first_end() != 0)
    return static_cast<exit_status>(signals.exit_status());
  auto shown = show_answer(s, lease);
  if (!shown)
    return shown;
  std::string id = (*lease)->getId().cStr();
  if ((*lease)->getState() == wire::LeaseState::QUEUED) {
    s.out.remark("it waits, for a minute after the last time that it was asked for: repeat the request with --key " +
                 std::string{(*request)->getKey().cStr()});
    return exit_status::inconclusive;
  }
  s.out.remark(
    fmt::format("it ends unless it is renewed every {:g} s: 'hivectl gpu renew {}'", (*lease)->getTtlS(), id));
  return exit_status::done;
}

outcome renew_and_show(session& s, const lease_renewal& given) {
  auto named = named_lease(given.id, given.token);
  if (!named)
    return named.error();
  if (named->token.empty())
    return fail_as(exit_status::usage, "the token of the lease is needed: --token, or $HIVE_LEASE_TOKEN");
  named->ready = given.ready;
  named->pid = given.pid;
  return show_answer(s, renew_lease(s.node, *named));
}

outcome release_and_show(session& s, const lease_release& given) {
  auto named = named_lease(given.id, given.token);
  if (!named)
    return named.error();
  auto release = given;
  release.id = named->id;
  release.token = named->token;
  return show_answer(s, release_lease(s.node, release));
}

outcome explain_wait(session& s, const std::string& id) {
  auto why = s.node.ask<wire::LeaseExplanation>({.path = lease_path(id, "/why")});
  if (!why)
    return why.error();
  s.out.answer(*why, [&] { show_explanation(**why, s.out); });
  return exit_status::done;
}

outcome clear_quarantine(session& s, const std::string& uuid) {
  auto gpu = s.node.ask<wire::GpuInfo>({.method = "POST", .path = "/gpus/" + http::url_encode(uuid) + "/clear"});
  if (!gpu)
    return gpu.error();
  s.out.answer(*gpu, [&] { s.out.line(uuid + " is " + name_of((*gpu)->getState()) + " now."); });
  return exit_status::done;
}

outcome show_lease_history(session& s, const lease_history_options& options) {
  auto query = "/gpus/history?limit=" + std::to_string(options.limit) +
               (options.holder.empty() ? "" : "&holder=" + http::url_encode(options.holder));
  auto page = s.node.ask<wire::LeaseHistory>({.path = query});
  if (!page)
    return page.error();
  s.out.answer(*page, [&] {
    history_table table;
    for (auto lease : (*page)->getLeases())
      table.add(lease, s.out);
    if (table.rows().empty())
      s.out.line("No lease has ended yet.");
    else
      s.out.print(table.rows());
    if ((*page)->getNext().size() > 0)
      s.out.line("Older ones are left out: --limit shows more.");
  });
  return exit_status::done;
}

void add_take(CLI::App& group, context& ctx) {
  auto options = std::make_shared<take_options>();
  auto& command = *group.add_subcommand("lease", "Take a lease, and wait until there is one");
  add_lease_options(command, options->lease);
  command.add_option("--key", options->key, "Secret with which the same request can be repeated (default: a new one)")
    ->check(valid_id());
  command.add_flag("--no-wait", options->no_wait, "Return at once; exit status 2 when the request waits");
  ctx.on(command, [options, &ctx](session& s) { return take_and_show(s, *options, ctx); });
}

void add_renew(CLI::App& group, context& ctx) {
  auto options = std::make_shared<lease_renewal>();
  auto& command = *group.add_subcommand("renew", "Extend a lease by its time to live");
  command.add_option("ID", options->id, "The lease (default: $HIVE_LEASE_ID)")->check(valid_id());
  command.add_option("--token", options->token,
                     "Its token (default: $HIVE_LEASE_TOKEN, for the lease of $HIVE_LEASE_ID)");
  command.add_flag("--ready", options->ready, "Its memory is loaded: the next shared lease of its GPU may start");
  command.add_option("--pid", options->pid,
                     "Leader of the process group that uses the memory; the node ends it with the "
                     "lease. Its environment must have HIVE_LEASE_TOKEN");
  ctx.on(command, [options](session& s) { return renew_and_show(s, *options); });
}

void add_release(CLI::App& group, context& ctx) {
  auto options = std::make_shared<lease_release>();
  auto& command = *group.add_subcommand("release", "Give a lease back, withdraw a request, or revoke what others hold");
  command.add_option("ID", options->id, "The lease (default: $HIVE_LEASE_ID)")->check(valid_id());
  command.add_option("--token", options->token,
                     "Its token, or the key of a request; operators need none (default: $HIVE_LEASE_TOKEN, for the "
                     "lease of $HIVE_LEASE_ID)");
  command.add_option("--reason", options->reason, "Why it is revoked");
  command.add_flag("--now", options->now, "Kill its processes without asking first");
  ctx.on(command, [options](session& s) { return release_and_show(s, *options); });
}

void add_with_id(CLI::App& group, context& ctx, const char* name, const char* description, const char* argument,
                 const char* meaning, outcome (*body)(session&, const std::string&)) {
  auto id = std::make_shared<std::string>();
  auto& command = *group.add_subcommand(name, description);
  command.add_option(argument, *id, meaning)->required()->check(valid_id());
  ctx.on(command, [id, body](session& s) { return body(s, *id); });
}

} // namespace

void add_gpu_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "gpu", "The GPUs of a node, and leases of their memory", gpu_examples);
  ctx.on(*group.add_subcommand("list", "List the GPUs, with what is free, leased and used"), list_gpus);
  ctx.on(*group.add_subcommand("leases", "List the leases, and the requests that wait"), list_leases);
  add_gpu_run(group, ctx);
  add_take(group, ctx);
  add_renew(group, ctx);
  add_release(group, ctx);
  add_with_id(group, ctx, "why", "Tell what a request waits for, and until when", "ID", "The request", explain_wait);
  auto past = std::make_shared<lease_history_options>();
  auto& history = *group.add_subcommand("history", "List leases that have ended, newest first");
  history.add_option("--holder", past->holder, "Only those of this holder")->check(valid_id());
  history.add_option("--limit", past->limit, "Most leases (default: 100)")->check(CLI::Range(1, 1'000));
  ctx.on(history, [past](session& s) { return show_lease_history(s, *past); });
  add_with_id(group, ctx, "clear", "End a GPU's quarantine", "UUID", "The GPU", clear_quarantine);
}

} // namespace hive::ctl
