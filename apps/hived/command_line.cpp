#include "apps/hived/command_line.hpp"

#include "apps/command_tree/manual_page.hpp"
#include "apps/hived/config_files.hpp"
#include "apps/hived/toml_section.hpp"
#include "platform/version.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <unistd.h>

namespace hive {
namespace {

constexpr int exit_usage = 64; // EX_USAGE of sysexits.h

constexpr const char* footer = R"(
Every option is also an environment variable and a key of the TOML file. The command line wins over the
environment, the environment over the file. docs/reference/configuration.md has all keys, also those without an option.

Examples:
  hived                                     a node on 127.0.0.1:7420 with its data in ./hive-data
  hived --data /var/lib/hive --http 127.0.0.1:0
  hived --config /etc/hivemark/hived.toml
  hived --door 10.0.0.7:7421 --tls /etc/hivemark/tls --join 10.0.0.1:7421
  hived --config /etc/hivemark/hived.toml --check           before a restart
  hived --config /etc/hivemark/hived.toml --print-config    what holds, and why

Once it serves, hived prints one line:  hived ready http=ADDR:PORT door=ADDR:PORT node=ID
SIGTERM and SIGINT stop it gracefully, a second one at once; SIGHUP reads the tokens file and the
certificates again.
A fresh operator token is written at each start, for hivectl and curl on this machine; the log says where.
Exit status: 0 stopped as told, 1 could not start or failed, 64 wrong usage or configuration,
65 the data directory is of a later release.)";

/// Options and environment variables; they override the file.
struct overrides {
  std::string config_file;
  std::string data;
  std::string http;
  std::string door;
  std::vector<std::string> join;
  std::string advertise;
  std::string tls;
  std::string name;
  std::string log_level;
  bool check = false;
  bool print = false;
  /// Option → source of its value: the option itself or its environment variable.
  std::map<std::string, std::string> sources;
  bool accept_losses = false;
};

std::string host_name() {
  char name[65] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "node";
}

/// Applies options and variables to keys, and records the source of each value.
class override_writer {
public:
  override_writer(const overrides& given, effective_config& values) : given_{given}, values_{values} {
  }

  /// Calls `apply` with the text and its source if a value was given, and records the text as the value of `key`.
  template <class Apply>
  void operator()(const char* option, const char* key, const std::string& text, Apply apply) const {
    if (text.empty())
      return;
    const auto& source = given_.sources.at(option);
    apply(text, source);
    values_.set(key, toml::value<std::string>{text}, source);
  }

  void join(door_config& out, std::string& origin) const {
    if (given_.join.empty())
      return;
    origin = given_.sources.at("--join");
    out.join.clear();
    toml::array all;
    for (const auto& text : given_.join) {
      out.join.push_back(parse_endpoint(text, origin));
      all.push_back(text);
    }
    values_.set("door.join", all, origin);
  }

private:
  const overrides& given_;
  effective_config& values_;
};

void apply(const overrides& given, node_config& config, effective_config& values) {
  override_writer set{given, values};
  auto& origins = config.origins;
  set("--data", "node.data", given.data, [&](auto& text, auto&) { config.store.directory = text; });
  set("--http", "http.listen", given.http, [&](auto& text, auto& source) {
    auto at = parse_endpoint(text, source);
    config.http.address = at.address;
    config.http.port = at.port;
    origins.http = source;
  });
  set("--door", "door.listen", given.door, [&](auto& text, auto& source) {
    config.door.listen = parse_endpoint(text, source);
    origins.door = source;
  });
  set("--advertise", "door.advertise", given.advertise,
      [&](auto& text, auto& source) { config.door.advertise = parse_endpoint(text, source); });
  set.join(config.door, origins.join);
  set("--tls", "door.tls", given.tls, [&](auto& text, auto& source) {
    config.door.tls = text;
    origins.tls = source;
  });
  set("--name", "node.name", given.name, [&](auto& text, auto& source) {
    config.name = text;
    origins.name = source;
  });
  set("--log-level", "node.log_level", given.log_level, [&](auto& text, auto& source) {
    config.log_level = text;
    origins.log_level = source;
  });
}

/// Records the default of engines.allow, which depends on other keys.
void keep_allowed(const node_config& config, effective_config& values) {
  if (config.engines.allow)
    return;
  auto policy = engine_policy(config);
  toml::array allowed;
  if (policy.adapters)
    allowed.push_back("adapter");
  if (policy.research)
    allowed.push_back("research");
  values.set("engines.allow", allowed, "default");
}

node_config build_config(const overrides& given, effective_config& values) {
  config_reading reading;
  node_config config;
  config.name = host_name();
  read_config_file(given.config_file, config, reading);
  config.file = given.config_file;
  apply(given, config, reading.values);
  config.store.accept_losses = given.accept_losses;
  read_credentials(config);
  validate(config);
  keep_allowed(config, reading.values);
  values = std::move(reading.values);
  return config;
}

/// Checks or prints instead of starting, if requested.
command_line_result finish(const overrides& given) {
  effective_config values;
  auto config = build_config(given, values);
  if (given.check) {
    check_files(config);
    (given.print ? std::cerr : std::cout) << "configuration is good\n"; // with --print-config, standard output is TOML
  }
  if (given.print)
    std::cout << values.text();
  if (given.check || given.print)
    return {std::nullopt, 0};
  return {std::move(config), 0};
}

manual_about about_hived() {
  manual_about about;
  about.section = 8;
  about.product = std::string{"Hivemark "} + version_text;
  about.see_also = {{"hived.toml", 5}, {"hivectl", 1}};
  return about;
}

/// Prints one line per fault.
void complain(const config_error& wrong) {
  std::istringstream lines{wrong.what()};
  for (std::string line; std::getline(lines, line);)
    std::cerr << "hived: " << line << "\n";
}

/// Tells options from environment variables. CLI11 handles both alike, but only options appear in the parse order.
std::map<std::string, std::string> sources_of(const CLI::App& app) {
  std::map<std::string, std::string> out;
  const auto& parsed = app.parse_order();
  for (const auto* option : app.get_options())
    if (!option->get_envname().empty())
      out[option->get_name()] =
        std::ranges::find(parsed, option) != parsed.end() ? option->get_name() : option->get_envname();
  return out;
}

} // namespace

command_line_result parse_command_line(int argc, char** argv) {
  CLI::App app{"Runs one node of the hive: measures, keeps what was measured, and judges upgrades by it.", "hived"};
  overrides given;
  app.add_option("--config", given.config_file, "TOML configuration file")->envname("HIVE_CONFIG")->type_name("FILE");
  app.add_option("--data", given.data, "Data directory (node.data; default ./hive-data)")
    ->envname("HIVE_DATA")
    ->type_name("DIR");
  app.add_option("--http", given.http, "Where to serve HTTP (http.listen; default 127.0.0.1:7420; port 0: a free one)")
    ->envname("HIVE_HTTP")
    ->type_name("ADDR:PORT");
  app
    .add_option("--door", given.door,
                "Where other nodes come in (door.listen; default: off; usually port 7421; port 0: a free one)")
    ->envname("HIVE_DOOR")
    ->type_name("ADDR:PORT");
  app
    .add_option("--advertise", given.advertise,
                "Where other nodes reach the door, if not where it listens (door.advertise)")
    ->envname("HIVE_ADVERTISE")
    ->type_name("ADDR:PORT");
  app.add_option("--join", given.join, "Door of a node to link with (door.join); may be repeated")
    ->envname("HIVE_JOIN")
    ->type_name("ADDR:PORT")
    ->delimiter(',')
    ->take_all()
    ->allow_extra_args(false);
  app
    .add_option("--tls", given.tls,
                "Directory with ca.pem, cert.pem and key.pem, as hivectl node issue makes it (door.tls)")
    ->envname("HIVE_TLS")
    ->type_name("DIR");
  app.add_option("--name", given.name, "Name of the node (node.name; default: the host name)")
    ->envname("HIVE_NAME")
    ->type_name("NAME");
  app.add_option("--log-level", given.log_level, "trace, debug, info, warning, error or critical (node.log_level)")
    ->envname("HIVE_LOG_LEVEL")
    ->type_name("LEVEL");
  app.add_flag("--check", given.check,
               "Read and check the whole configuration and the files it names, and end: 0 when it is good, else 64");
  app.add_flag("--print-config", given.print,
               "Print every key with the value that holds and where it comes from, without secrets, and end");
  app.add_flag("--accept-losses", given.accept_losses,
               "For one start: open the store although files of it are missing or damaged, and keep what can be read");
  for (auto* option : app.get_options()) // an empty value comes from an unset shell variable
    option->check([](const std::string& value) { return value.empty() ? "must not be empty" : ""; }, "");
  app.set_version_flag("--version", std::string{"hived "} + version_text);
  app.footer(footer);
  if (argc == 2 && argv[1] == std::string_view{"__man"}) {
    std::cout << manual_pages(app, about_hived()).front().text;
    return {std::nullopt, 0};
  }
  try {
    app.parse(argc, argv);
    given.sources = sources_of(app);
    return finish(given);
  } catch (const CLI::ParseError& e) {
    auto status = app.exit(e);
    return {std::nullopt, status == 0 ? 0 : exit_usage};
  } catch (const config_error& e) {
    complain(e);
    return {std::nullopt, exit_usage};
  }
}

} // namespace hive
