#include "apps/hived/config.hpp"

#include "actors/hive/link/door.hpp"
#include "actors/http/site.hpp"
#include "apps/hived/config_values.hpp"
#include "apps/hived/http_config.hpp"
#include "apps/hived/toml_section.hpp"
#include "messages/ids.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <sstream>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_labels = 64; // as in a node's card
constexpr size_t max_engine_commands = 256;
constexpr size_t max_hosts = 64;
constexpr size_t max_threads = 1'024;

/// Throws `wrong`, prefixed with `origin`, if it is an error.
void require(const std::string& origin, const caf::error& wrong) {
  if (wrong)
    throw config_error{origin + ": " + text_of(wrong)};
}

/// Records the key's location, if the key is set.
void note(const toml_section& in, std::string_view key, std::string& origin) {
  if (in.has(key))
    origin = in.place(key);
}

struct setting {
  std::string_view key;
  uint64_t value;
};

/// Rejects two incompatible values at a key that is set in the file; the other one may be a default.
[[noreturn]] void refuse_pair(const toml_section& in, const setting& one, const std::string& relation,
                              const setting& other) {
  in.finish(); // reports unknown keys first: a misspelt key may have left a default
  auto text = [&](const setting& what) {
    return std::string{what.key} + " = " + std::to_string(what.value) + (in.has(what.key) ? "" : " (the default)");
  };
  in.refuse(in.has(one.key) ? one.key : other.key,
            "cannot be used: " + text(one) + " is " + relation + " " + text(other));
}

void read_endpoint(toml_section& in, std::string_view key, std::optional<endpoint>& out) {
  auto text = out ? out->text() : std::string{};
  in.read(key, text);
  if (!in.has(key))
    return;
  out = endpoint::parse(text);
  if (!out)
    in.refuse(key, "must be ADDRESS:PORT");
}

void read_milliseconds(toml_section& in, std::string_view key, std::chrono::milliseconds& out, uint64_t min,
                       uint64_t max) {
  auto value = static_cast<uint64_t>(out.count());
  in.read(key, value, min, max);
  out = std::chrono::milliseconds{value};
}

constexpr std::array tiers{"flat", "regional", "central"}; // in the order of wire::NodeTier

void read_tier(toml_section& in, wire::NodeTier& out) {
  std::string text = tiers[static_cast<size_t>(out)];
  in.read("tier", text);
  auto found = std::find(tiers.begin(), tiers.end(), text);
  if (found == tiers.end())
    in.refuse("tier", "must be flat, regional or central");
  out = static_cast<wire::NodeTier>(found - tiers.begin());
}

void read_labels(toml_section& in, std::vector<std::string>& out) {
  in.read("labels", out);
  if (out.size() > max_labels)
    in.refuse("labels", "has more than " + std::to_string(max_labels) + " elements");
  if (!std::all_of(out.begin(), out.end(), is_valid_id))
    in.refuse("labels", "has an element that is no label: each " + std::string{id_rule});
}

void read_door(toml_section& in, door_config& out) {
  read_endpoint(in, "listen", out.listen);
  read_endpoint(in, "advertise", out.advertise);
  read_path(in, "tls", out.tls);
  std::vector<std::string> join;
  in.read("join", join);
  for (const auto& text : join) {
    auto at = endpoint::parse(text);
    if (!at)
      in.refuse("join", "must be an array of ADDRESS:PORT");
    out.join.push_back(*at);
  }
  read_milliseconds(in, "heartbeat_ms", out.network.heartbeat, 10, 60'000);
  read_milliseconds(in, "timeout_ms", out.network.link_timeout, 20, 600'000);
  if (out.network.validate())
    refuse_pair(in, {"timeout_ms", static_cast<uint64_t>(out.network.link_timeout.count())}, "less than twice",
                {"heartbeat_ms", static_cast<uint64_t>(out.network.heartbeat.count())});
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in{text};
  return {std::istream_iterator<std::string>{in}, {}};
}

void read_engines(toml_section& in, engines_config& out) {
  std::vector<std::string> commands;
  std::vector<std::string> allow;
  in.read("allow", allow);
  if (in.has("allow"))
    out.allow = allow;
  constexpr std::array kinds{"adapter", "research", "benchmark"};
  if (out.allow &&
      !std::ranges::all_of(*out.allow, [&](const auto& kind) { return std::ranges::find(kinds, kind) != kinds.end(); }))
    in.refuse("allow", "must be an array of adapter, research and benchmark");
  uint64_t quota = out.policy.quota;
  in.read("quota", quota, 0, defaults::max_spawned);
  out.policy.quota = quota;
  in.read("commands", commands);
  if (commands.size() > max_engine_commands)
    in.refuse("commands", "has more than " + std::to_string(max_engine_commands) + " elements");
  for (const auto& command : commands) {
    out.policy.commands.push_back(words_of(command));
    if (out.policy.validate())
      in.refuse("commands", "must each begin with the absolute path of a program, not \"" + command + "\"");
  }
  in.read("stay_allowed", out.policy.stay);
}

void read_node(toml_section& in, node_config& config) {
  in.read("name", config.name);
  read_tier(in, config.tier);
  read_labels(in, config.labels);
  in.read("log_level", config.log_level);
  in.read("threads", config.threads, 1, max_threads);
  read_path(in, "data", config.store.directory);
  auto checkout = config.checkout.string();
  in.read("checkout", checkout); // empty: captures record no commit
  config.checkout = checkout;
  note(in, "name", config.origins.name);
  note(in, "log_level", config.origins.log_level);
}

void read_store(toml_section& in, database_options& out) {
  uint64_t min_free_mib = out.min_free_bytes >> 20;
  uint64_t block_cache_mib = out.block_cache_bytes >> 20;
  in.read("min_free_mib", min_free_mib, 16, 1 << 20);
  in.read("block_cache_mib", block_cache_mib, 8, 1 << 20);
  out.min_free_bytes = min_free_mib << 20;
  out.block_cache_bytes = block_cache_mib << 20;
}

void read_token(toml_section& in, std::vector<http::access_token>& out) {
  std::string name, role, hash;
  in.read("name", name);
  in.read("role", role);
  in.read("sha256", hash);
  in.finish(); // reports unknown keys first: the missing key may be misspelt
  if (!http::find_role(role))
    in.refuse("role", "must be read, record or operate, not \"" + role + "\"");
  auto token = http::make_access_token(name, role, hash);
  if (!token)
    in.refuse("sha256", "must be 64 hexadecimal digits");
  out.push_back(std::move(*token));
}

/// Reads tokens from a separate file, which can have stricter permissions and is read again on SIGHUP.
void read_tokens_file(const fs::path& file, std::vector<http::access_token>& out) {
  auto known = out.size();
  auto table = parse_toml(file);
  toml_section root{table, "", file.string()};
  root.sections("tokens", [&](toml_section& entry) { read_token(entry, out); });
  root.finish();
  if (out.size() == known) // an empty file would let everybody in
    throw config_error{file.string() + " holds no [[tokens]]"};
}

void read_token_keys(toml_section& in, token_sources& from, std::vector<http::access_token>& out) {
  in.sections("tokens", [&](toml_section& entry) { read_token(entry, from.configured); });
  read_path(in, "tokens_file", from.file);
  try {
    out = read_tokens(from);
  } catch (const config_error& e) {
    in.refuse("tokens_file", std::string{"cannot be used: "} + e.what());
  }
}

/// Reads what is accessible without a token, and the node's host names.
void read_access(toml_section& in, http::server_options& out) {
  std::string open{to_string(out.open)};
  in.read("open", open);
  auto role = http::find_open_role(open);
  if (!role)
    in.refuse("open", "must be none, read, record or operate, not \"" + open + "\"");
  out.open = *role;
  in.read("hosts", out.hosts);
  if (out.hosts.size() > max_hosts)
    in.refuse("hosts", "has more than " + std::to_string(max_hosts) + " elements");
  for (const auto& name : out.hosts)
    if (auto wrong = http::site::check_name(name))
      in.refuse("hosts", "has an element that is no host: " + text_of(wrong));
}

void read_http(toml_section& in, http::server_options& out, token_sources& tokens) {
  std::optional listen{endpoint{out.address, out.port}};
  read_endpoint(in, "listen", listen);
  out.address = listen->address;
  out.port = listen->port;
  in.read("insecure", out.insecure);
  uint64_t max_body_mib = out.max_body_bytes >> 20;
  in.read("max_body_mib", max_body_mib, 1, defaults::max_body_bytes >> 20);
  out.max_body_bytes = max_body_mib << 20;
  uint64_t max_in_flight = out.max_in_flight;
  in.read("max_in_flight", max_in_flight, 1, 65'536);
  out.max_in_flight = max_in_flight;
  read_http_transports(in, out);
  read_access(in, out);
  read_token_keys(in, tokens, out.tokens);
  if (in.has("open") && out.open != http::role::anyone && !out.tokens.empty())
    in.refuse("open", "has no effect beside tokens, which are then needed for everything: leave it out");
}

void read_simulated_gpu(toml_section& in, simulated_gpu& out) {
  in.read("name", out.name);
  in.read("vram_mib", out.vram_mib, 0, uint64_t{1} << 32);
  in.check(out.validate());
}

void read_gpu(toml_section& in, gpu_options& out) {
  in.read("library", out.library);
  read_path(in, "probe", out.probe);
  uint64_t island = out.island;
  in.read("island", island, 0, 64);
  out.island = static_cast<uint32_t>(island);
  in.sections("simulated", [&](toml_section& entry) { read_simulated_gpu(entry, out.simulated.emplace_back()); });
  auto others = out;
  // read_simulated_gpu reports these errors
  std::erase_if(others.simulated, [](const simulated_gpu& device) { return bool(device.validate()); });
  in.check(others.validate());
}

void read_review(toml_section& in, review_options& out) {
  std::vector<std::string> read_only;
  in.read("tests", out.tests);
  in.read("results_file", out.results_file);
  read_test_format(in, "format", out.format);
  in.read("lint_command", out.lint);
  read_choice(in, "lint", "report", "block", out.lint_blocks);
  in.read("guardian", out.guardian);
  in.read("environment", out.environment);
  read_timeout(in, "timeout_s", out.timeout);
  read_choice(in, "sandbox", "off", "required", out.sandbox);
  in.read("read_only", read_only);
  out.read_only.assign(read_only.begin(), read_only.end());
  in.read("protected", out.protected_paths);
  in.read("manifest", out.manifest);
  read_path(in, "public_key", out.public_key);
  in.read("prompts", out.prompts);
  read_choice(in, "policy", "threshold", "strict", out.strict);
  in.check(out.validate());
}

void read_install(toml_section& in, install_options& out) {
  constexpr uint64_t max_mib = uint64_t{1} << 20;
  uint64_t mib = out.max_bytes >> 20;
  in.read("allowed", out.allowed);
  read_path(in, "directory", out.directory);
  in.read("network", out.network);
  in.read("index", out.index);
  read_timeout(in, "timeout_s", out.timeout);
  in.read("max_mib", mib, 1, max_mib);
  out.max_bytes = mib << 20;
  in.read("python", out.python);
}

void read_sandbox(toml_section& in, sandbox::host_options& out) {
  constexpr uint64_t mib = uint64_t{1} << 20;
  uint64_t first_user = out.first_user;
  uint64_t users = out.users;
  uint64_t memory_mib = out.memory_bytes / mib;
  in.read("first_user", first_user, 1'000, UINT32_MAX);
  in.read("users", users, 1, 100'000);
  in.read("memory_mib", memory_mib, 0, uint64_t{1} << 30);
  in.read("control_groups", out.control_groups);
  out.first_user = static_cast<uint32_t>(first_user);
  out.users = static_cast<uint32_t>(users);
  out.memory_bytes = memory_mib * mib;
  in.check(out.validate());
}

void read_tracker(toml_section& in, tracker_options& out) {
  in.read("max_records", out.max_records, 0, UINT64_MAX);
  uint64_t max_age_days = std::chrono::duration_cast<std::chrono::days>(out.max_age).count();
  in.read("max_age_days", max_age_days, 0, 36'500);
  out.max_age = std::chrono::days{max_age_days};
  std::vector<std::pair<std::string, std::string>> heuristics;
  in.read("heuristics", heuristics);
  for (auto& [task_type, tool] : heuristics)
    out.heuristics.insert_or_assign(task_type, tool);
}

/// A version is a directory, or a table that says more.
void read_versions(toml_section& in, version_targets& out) {
  for (const auto& version : in.keys()) {
    auto& target = out.versions[version];
    if (version != "*" && !is_valid_id(version))
      in.refuse(version, "is no version: it " + std::string{id_rule});
    if (!in.is_table(version)) {
      in.read(version, target.directory);
      continue;
    }
    in.section(version, [&](toml_section& about) {
      about.read("directory", target.directory);
      about.read("container", target.container);
      about.read("environment", target.environment);
    });
  }
  in.check(out.validate());
}

void read_federation(toml_section& in, node_config& config) {
  auto& out = config.gossip;
  std::string profile = "lan";
  in.read("profile", profile);
  auto named = find_profile(profile);
  if (!named)
    in.refuse("profile", "must be lan, full, constrained or minimal");
  out = *named;
  uint64_t interval_ms = static_cast<uint64_t>(out.interval.count());
  in.read("interval_ms", interval_ms, 10, 86'400'000);
  out.interval = std::chrono::milliseconds{interval_ms};
  auto run_directory = config.run_directory.string(); // empty: none
  in.read("run_directory", run_directory);
  config.run_directory = run_directory;
  in.read("mesh_limit", config.overlay.mesh_limit, 2, defaults::max_known_nodes);
  in.read("active_links", config.overlay.active, 2, defaults::max_known_nodes);
  if (config.overlay.active > config.overlay.mesh_limit)
    refuse_pair(in, {"active_links", config.overlay.active}, "larger than", {"mesh_limit", config.overlay.mesh_limit});
}

void read_daemon(toml_section& in, node_config& config) {
  double tick_s = std::chrono::duration<double>(config.coding_daemon.tick).count();
  in.read("tick_s", tick_s, 0.1, 86'400);
  auto& agents = config.agent_daemon;
  agents.tick = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(tick_s));
  config.coding_daemon.tick = agents.tick;
  in.read("remediate_every", agents.remediate_every, 1, 1'000'000);
  in.read("active_days", config.agents.active_days, 1, 36'500);
  in.read("world_model_shift", agents.shift.change, 0, 1);
  in.read("world_model_records", agents.shift.records, 1, 1'000'000'000);
}

void read_agents(toml_section& in, node_config& config) {
  in.read("false_alarms_per_week", config.baselines.false_alarms_per_week, 0.001, 1'000);
  read_path(in, "prompts", config.prompts);
}

void note_origins(const toml_section& door, setting_origins& out) {
  note(door, "listen", out.door);
  note(door, "join", out.join);
  note(door, "tls", out.tls);
}

/// Checks the addresses that the door would reject when it opens.
void check_door(const node_config& config) {
  if (!config.door.listen) {
    if (!config.door.join.empty())
      throw config_error{config.origins.join + ": a node that joins others needs a door of its own (--door or "
                                               "door.listen)"};
    return;
  }
  door_options options;
  options.listen = *config.door.listen;
  options.shown = config.door.shown;
  require(config.origins.door, options.validate());
  options.join = config.door.join;
  require(config.origins.join, options.validate());
}

} // namespace

void read_config_file(const fs::path& file, node_config& config, config_reading& reading) {
  auto table = file.empty() ? toml::table{} : parse_toml(file);
  toml_section root{table, "", file.string(), &reading};
  root.section("node", [&](toml_section& s) { read_node(s, config); });
  root.section("store", [&](toml_section& s) { read_store(s, config.store); });
  root.section("backup", [&](toml_section& s) { read_backup(s, config.backup); });
  root.section("http", [&](toml_section& s) {
    read_http(s, config.http, config.tokens);
    uint64_t metric_series = config.metric_series;
    s.read("metric_series", metric_series, 0, 100'000);
    config.metric_series = metric_series;
    note(s, "listen", config.origins.http);
  });
  root.section("door", [&](toml_section& s) {
    read_door(s, config.door);
    note_origins(s, config.origins);
  });
  root.section("engines", [&](toml_section& s) { read_engines(s, config.engines); });
  root.section("benchmarks", [&](toml_section& s) { read_benchmarks(s, config); });
  root.sections("metrics", [&](toml_section& s) { read_metrics(s, config.metric_rules); });
  root.section("gpu", [&](toml_section& s) { read_gpu(s, config.gpu); });
  root.section("review", [&](toml_section& s) { read_review(s, config.review); });
  root.section("dynamic", [&](toml_section& s) { read_install(s, config.install); });
  root.section("sandbox", [&](toml_section& s) { read_sandbox(s, config.sandboxes); });
  root.section("upgrade", [&](toml_section& s) { read_upgrade(s, config); });
  root.section("versions", [&](toml_section& s) { read_versions(s, config.versions); });
  root.section("tracker", [&](toml_section& s) { read_tracker(s, config.tracker); });
  root.section("federation", [&](toml_section& s) { read_federation(s, config); });
  root.section("agents", [&](toml_section& s) { read_agents(s, config); });
  root.section("namespaces", [&](toml_section& s) { s.read("max", config.max_namespaces, 0, 100'000); });
  root.section("daemon", [&](toml_section& s) { read_daemon(s, config); });
  try {
    root.finish();
  } catch (const config_error& unknown) {
    reading.errors.insert(reading.errors.begin(), unknown.what());
  }
  if (!reading.errors.empty())
    throw config_error{fmt::format("{}", fmt::join(reading.errors, "\n"))};
}

std::vector<http::access_token> read_tokens(const token_sources& from) {
  auto out = from.configured;
  if (!from.file.empty())
    read_tokens_file(from.file, out);
  return out;
}

endpoint parse_endpoint(std::string_view text, std::string_view option) {
  auto out = endpoint::parse(text);
  if (!out)
    throw config_error{std::string{option} + " must be ADDRESS:PORT, not " + std::string{text}};
  return *out;
}

void validate(const node_config& config) {
  const auto& origins = config.origins;
  if (!is_valid_id(config.name))
    throw config_error{origins.name + " " + std::string{id_rule} + ", not \"" + config.name + "\""};
  constexpr std::array levels{"trace", "debug", "info", "warning", "error", "critical"};
  if (std::find(levels.begin(), levels.end(), config.log_level) == levels.end())
    throw config_error{origins.log_level + " must be trace, debug, info, warning, error or critical, not \"" +
                       config.log_level + "\""};
  require(origins.http, config.http.validate());
  if (const auto& backups = config.backup.options.directory; !backups.empty())
    require("backup.directory", check_backup_place(backups, config.store.directory));
  check_door(config);
}

} // namespace hive
