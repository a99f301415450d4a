// hived: a node of the hive. Reads its configuration, opens its store, starts its services and serves until it is
// stopped.

#include "apps/hived/command_line.hpp"
#include "apps/hived/last_words.hpp"
#include "apps/hived/node.hpp"
#include "apps/hived/shutdown_guard.hpp"
#include "apps/hived/signal_watcher.hpp"
#include "apps/standard_descriptors.hpp"
#include "platform/log.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>

namespace {

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
/// EX_DATAERR of sysexits.h: the data directory is of a later release, which another start does not change.
constexpr int exit_newer_data = 65;

int run(const hive::node_config& config) {
  hive::signal_watcher signals; // before any thread starts, so that all threads inherit the blocked signals
  hive::shutdown_guard guard;   // must outlive the node, whose end it watches
  auto on_failure = [&guard](const caf::error& why, std::shared_ptr<const hive::write_progress> writes) {
    hive::log::critical("Startup failed: {}", hive::text_of(why));
    if (writes)
      guard.begin(std::move(writes));
  };
  auto node = hive::node::start(config, on_failure);
  if (!node)
    return hive::code_of(node.error()) == hive::ec::unsupported ? exit_newer_data : exit_failed;
  std::printf("hived ready http=%s door=%s node=%s\n", (*node)->http_endpoint().c_str(),
              (*node)->door_endpoint().c_str(), (*node)->id().value.c_str());
  std::fflush(stdout);
  auto failure = (*node)->serve_until(signals, guard);
  if (failure)
    hive::log::critical("hived ends: {}", hive::text_of(failure));
  else
    hive::log::info("hived has stopped");
  return failure ? exit_failed : exit_done;
}

} // namespace

int main(int argc, char** argv) {
  hive::open_standard_descriptors(O_RDWR);
  hive::install_last_words();
  ::umask(S_IRWXG | S_IRWXO); // the files include the node's secret key
  auto command_line = hive::parse_command_line(argc, argv);
  if (!command_line.config)
    return command_line.exit_status;
  hive::name_data_in_last_words(command_line.config->store.directory.string());
  // To standard error: standard output carries only the ready line.
  hive::log::start("hived", command_line.config->log_level);
  return run(*command_line.config);
}
