#include "apps/hivectl/lease_options.hpp"

#include "messages/ids.hpp"
#include "platform/hex.hpp"

#include <array>
#include <pwd.h>
#include <sodium/randombytes.h>
#include <unistd.h>

namespace hive::ctl {
namespace {

/// What a lease of whole devices asks for when it does not say: any device has that much.
constexpr double any_vram_gb = 0.001;

/// Name of this user; empty if there is none, or if it cannot name a holder.
std::string user_name() {
  auto* user = ::getpwuid(::geteuid());
  return user && is_valid_id(user->pw_name) ? user->pw_name : "";
}

} // namespace

void add_lease_options(CLI::App& command, lease_options& options) {
  command.add_option("--vram", options.vram_gb, "GB (10^9 bytes) of memory on each GPU; needed with --shared")
    ->type_name("GB")
    ->check(CLI::Range(0.001, 100'000.0));
  command.add_option("--devices", options.devices, "Number of GPUs, all or none (default: 1)")
    ->check(CLI::Range(1, 64));
  auto* shared = command.add_flag("--shared", options.shared, "Others may have leases on the same GPU");
  command.add_flag("--exclusive", options.exclusive, "The whole GPU, with all its memory (default)")->excludes(shared);
  command.add_flag("--timed", options.timed, "For measurements of time: no other timed lease of the node meanwhile")
    ->excludes(shared);
  command.add_option("--priority", options.priority, "-100 to 100; each step counts as ten minutes of waiting")
    ->check(CLI::Range(-100, 100));
  add_duration_option(command, "--max-duration", options.max_duration_s,
                      "Longest duration, such as 90, 20m or 1.5h (default: from the holder's earlier leases)")
    .check(CLI::Range(0.0, 604'800.0));
  add_duration_option(command, "--ttl", options.ttl_s, "Ends when it is not renewed for this long (default: 30)")
    .check(CLI::Range(1.0, 3'600.0));
  command.add_option("--holder", options.holder, "Who holds it (default: the name of the token, or of this user)");
}

caf::expected<msg<wire::RequestLease>> request_of(const lease_options& options, const context& ctx,
                                                  const std::string& key) {
  if (options.shared && options.vram_gb == 0)
    return fail_as(exit_status::usage, "a shared lease must say how much memory: --vram GB");
  if (!options.holder.empty() && !is_valid_id(options.holder))
    return fail_as(exit_status::usage, "--holder " + std::string{id_rule});
  return msg<wire::RequestLease>::build([&](wire::RequestLease::Builder out) {
    out.setVramGb(options.vram_gb == 0 ? any_vram_gb : options.vram_gb);
    // Where a token is named, it may be that of somebody else than this user.
    out.setHolder(options.holder.empty() && ctx.token_file.empty() ? user_name() : options.holder);
    out.setTtlS(options.ttl_s);
    out.setMaxDurationS(options.max_duration_s);
    out.setShared(options.shared);
    out.setPriority(options.priority);
    out.setDevices(options.devices);
    out.setKey(key);
    out.setWait(false);
    out.setTimed(options.timed);
  });
}

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

} // namespace hive::ctl
