#include "apps/hived/command_line.hpp"

#include "apps/hived/toml_section.hpp"
#include "apps/version.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <unistd.h>

namespace hive {
namespace {

constexpr int exit_usage = 64; // EX_USAGE of sysexits.h

constexpr const char* footer = R"(
Every option is also an environment variable and a key of the TOML file. The command line wins over the
environment, the environment over the file. docs/configuration.md has all keys, also those without an option.

Examples:
  hived                                     a node on 127.0.0.1:7420 with its data in ./hive-data
  hived --data /var/lib/hive --http 127.0.0.1:0
  hived --config /etc/hivemark/hived.toml
  hived --door 10.0.0.7:7421 --tls /etc/hivemark/tls --join 10.0.0.1:7421

Once it serves, hived prints one line:  hived ready http=ADDR:PORT door=ADDR:PORT node=ID
SIGTERM and SIGINT stop it gracefully, a second one at once.
Exit status: 0 stopped as told, 1 could not start or failed, 64 wrong usage or configuration.)";

/// What was given outside the file; the file is read first and these win.
struct overrides {
  std::string config_file;
  std::string data;
  std::string http;
  std::string door;
  std::vector<std::string> join;
  std::string tls;
  std::string name;
  std::string log_level;
  bool accept_losses = false;
};

std::string host_name() {
  char name[65] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "node";
}

void apply_door(const overrides& given, door_config& out) {
  if (!given.door.empty())
    out.listen = parse_endpoint(given.door, "--door");
  if (!given.join.empty())
    out.join.clear();
  for (const auto& text : given.join)
    out.join.push_back(parse_endpoint(text, "--join"));
  if (!given.tls.empty())
    out.tls = given.tls;
}

void note_origins(const overrides& given, setting_origins& out) {
  if (!given.name.empty())
    out.name = "--name";
  if (!given.log_level.empty())
    out.log_level = "--log-level";
  if (!given.http.empty())
    out.http = "--http";
  if (!given.door.empty())
    out.door = "--door";
  if (!given.join.empty())
    out.join = "--join";
  if (!given.tls.empty())
    out.tls = "--tls";
}

node_config build_config(const overrides& given) {
  node_config config;
  config.name = host_name();
  if (!given.config_file.empty())
    read_config_file(given.config_file, config);
  if (!given.data.empty())
    config.store.directory = given.data;
  config.store.accept_losses = given.accept_losses;
  if (!given.http.empty()) {
    auto at = parse_endpoint(given.http, "--http");
    config.http.address = at.address;
    config.http.port = at.port;
  }
  apply_door(given, config.door);
  if (!given.name.empty())
    config.name = given.name;
  if (!given.log_level.empty())
    config.log_level = given.log_level;
  note_origins(given, config.origins);
  read_credentials(config);
  validate(config);
  return config;
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
  app.add_flag("--accept-losses", given.accept_losses,
               "For one start: open the store although files of it are missing or damaged, and keep what can be read");
  for (auto* option : app.get_options()) // an empty one is a shell variable that was not set
    option->check([](const std::string& value) { return value.empty() ? "must not be empty" : ""; }, "");
  app.set_version_flag("--version", std::string{"hived "} + version_text);
  app.footer(footer);
  try {
    app.parse(argc, argv);
    return {build_config(given), 0};
  } catch (const CLI::ParseError& e) {
    auto status = app.exit(e);
    return {std::nullopt, status == 0 ? 0 : exit_usage};
  } catch (const config_error& e) {
    std::cerr << "hived: " << e.what() << "\n";
    return {std::nullopt, exit_usage};
  }
}

} // namespace hive
